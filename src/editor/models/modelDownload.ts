/** Getting a published model: what it costs, the user's consent, the download with the time it takes. */

import { totalmem } from "node:os";
import * as vscode from "vscode";
import { peakDiskBytes } from "../../model/precision/modelAdvice";
import { TimeLeft } from "../../base/timeLeft";
import { withEngineProgress } from "../engine/engineProgress";
import { hubWithToken, USUAL_HUB } from "./hubOptions";
import { hasRoom } from "./modelImport";
import { timeLeftText } from "../engine/durations";
import { progressMessage, sizeText } from "../shell/numbers";
import { pickProfile } from "./profilePicker";
import type { Services } from "../shell/services";
import { missingDownload, usualProfile } from "../../host/models/modelChoices";
import type { ProfileName } from "../../model/ask/kinds";
import type { AddedModel } from "../../model/ask/models";
import type { Progress } from "../../model/ask/progress";
import type { CatalogEntryReply } from "../../protocol/methods";

/** Under which circumstances a model is got. */
export interface GetOptions {
  /** Of the store's disk. */
  readonly freeBytes: number;
  /** To suggest. @default what fits this machine */
  readonly profile?: ProfileName | undefined;
}

/** What the user has agreed to; it may be tried more than once. */
export type Download = () => Promise<AddedModel>;

/**
 * Asks for the precision and says what a model costs; nothing is asked of a network before the user has
 * agreed.
 * @returns what gets the model: after a cancel or a failure another call goes on from what has arrived, in
 * the precision in which it was begun. It throws AppError `hub.*`, `download.*`, `checkpoint.*`,
 * `convert.failed`, `model.busy`, `request.cancelled`, `engine.*`. Undefined when the user changed their
 * mind.
 */
export async function agreeToDownload(
  services: Pick<Services, "engine" | "settings" | "context">,
  entry: CatalogEntryReply,
  { freeBytes, profile }: GetOptions,
): Promise<Download | undefined> {
  const { engine, settings } = services;
  const begun = begunPrecision(entry);
  const precision = begun ?? (await choosePrecision(entry, profile));
  if (precision === undefined) return undefined;
  const cost = entry.costs.find((known) => known.profile === precision);
  if (!(await mayFit(entry, { cost, freeBytes }))) return undefined;
  const { endpoint = USUAL_HUB } = settings.hub;
  if (!(await isAgreed(entry, { endpoint, freeBytes, precision, cost }))) return undefined;
  const title = vscode.l10n.t("Getting {0}", entry.title);
  return () =>
    withEngineProgress({ title, place: "notification", describe: describer() }, async (options) => {
      // Looked up for each try: the user may have set a mirror or a token meanwhile.
      const hub = await hubWithToken(services);
      return await engine.call("addModel", { name: entry.name, precision, hub }, options);
    });
}

/** What is converted already cannot be changed; a checkpoint in the cache is converted from the start. */
function begunPrecision({ isCached, begunPrecision }: CatalogEntryReply): string | undefined {
  return isCached ? undefined : begunPrecision;
}

async function choosePrecision(
  { title, costs }: CatalogEntryReply,
  profile: ProfileName | undefined,
): Promise<ProfileName | undefined> {
  const usual = profile ?? usualProfile(costs, totalmem());
  return await pickProfile(vscode.l10n.t("Get {0}", title), costs, usual);
}

/** Says what is missing on the disk. @returns true when nothing is, as far as it is known. */
async function mayFit(
  entry: CatalogEntryReply,
  { cost, freeBytes }: Pick<Circumstances, "cost" | "freeBytes">,
): Promise<boolean> {
  // How much of the model a begun download has written is known when it goes on, and looked at then.
  if (cost === undefined || (entry.partialBytes > 0 && !entry.isCached)) return true;
  const modelBytes = peakDiskBytes(missingDownload(entry), cost);
  return await hasRoom({ name: entry.title, modelBytes, freeBytes });
}

interface Circumstances {
  readonly endpoint: string;
  readonly freeBytes: number;
  readonly precision: string;
  /** Undefined for a precision that is no profile. */
  readonly cost: CatalogEntryReply["costs"][number] | undefined;
}

async function isAgreed(entry: CatalogEntryReply, at: Circumstances): Promise<boolean> {
  const go = entry.isCached ? vscode.l10n.t("Import") : vscode.l10n.t("Download");
  const chosen = await vscode.window.showInformationMessage(
    vscode.l10n.t("Get {0}?", entry.title),
    { modal: true, detail: detailOf(entry, at) },
    go,
  );
  return chosen === go;
}

function detailOf(entry: CatalogEntryReply, at: Circumstances): string {
  const { endpoint, freeBytes, precision, cost } = at;
  const { repository, licence, partialBytes } = entry;
  const missing = sizeText(missingDownload(entry));
  const source = entry.isCached
    ? vscode.l10n.t("{0} is in Hugging Face's cache on this disk and stays there.", repository)
    : vscode.l10n.t("{0} are downloaded: {1} from {2}.", missing, repository, endpoint);
  return [
    source,
    ...(partialBytes > 0
      ? [vscode.l10n.t("{0} have arrived already.", sizeText(partialBytes))]
      : []),
    ...(begunPrecision(entry) === undefined
      ? []
      : [
          vscode.l10n.t(
            "A part of it is converted as {0}, and the rest will be. For another precision, delete the download first.",
            precision,
          ),
        ]),
    ...(cost === undefined
      ? []
      : [
          vscode.l10n.t(
            "The model ({0}) takes {1} of the disk and up to {2} of memory.",
            cost.profile,
            sizeText(cost.diskBytes),
            sizeText(cost.memoryBytes),
          ),
          ...(entry.isCached
            ? []
            : [
                vscode.l10n.t(
                  "While it is made, up to {0} of the disk are needed: each file of the download is deleted once it is converted.",
                  sizeText(peakDiskBytes(missingDownload(entry), cost)),
                ),
              ]),
        ]),
    vscode.l10n.t("{0} are free on the disk.", sizeText(freeBytes)),
    vscode.l10n.t("Licence: {0}", licence),
  ].join("\n");
}

/** "1.2 of 15.5 GB (7%), 300 MB converted, 12 min left" */
function describer(): (progress: Progress) => string {
  const timeLeft = new TimeLeft(() => performance.now());
  return (progress) => {
    const seconds = timeLeft.update(progress);
    const { convertedBytes } = progress;
    const bytes =
      convertedBytes === undefined
        ? progressMessage(progress)
        : vscode.l10n.t("{0}, {1} converted", progressMessage(progress), sizeText(convertedBytes));
    const text = progress.step === "convert" ? vscode.l10n.t("Converting: {0}", bytes) : bytes;
    return seconds === undefined ? text : `${text}, ${timeLeftText(seconds)}`;
  };
}
