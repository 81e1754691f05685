/** Getting a published model: what it costs, the user's consent, the download with the time it takes. */

import { totalmem } from "node:os";
import * as vscode from "vscode";
import { formatBytes } from "../base/bytes";
import { durationOf, TimeLeft } from "../base/timeLeft";
import { usualProfile } from "../host/modelChoices";
import type {
  AddModelReply,
  CatalogEntryReply,
  ProfileCostReply,
  ProfileName,
  Progress,
} from "../protocol/engineMessages";
import { progressMessage, withEngineProgress } from "./engineProgress";
import { hasRoom } from "./modelImport";
import { pickProfile } from "./profilePicker";
import type { Services } from "./services";

/** Where the engine looks when no endpoint is set. */
const USUAL_HUB = "huggingface.co";
/**
 * No weight file of a published checkpoint is larger, and the disk needs room for one of them at a time;
 * what it needs exactly is known, and looked at, when the download begins.
 */
const LARGEST_FILE_BYTES = 10e9;
/** Where the editor keeps the token. */
const TOKEN_KEY = "hubToken";

/** Under which circumstances a model is got. */
export interface GetOptions {
  /** Of the store's disk. */
  readonly freeBytes: number;
  /** To suggest. @default what fits this machine */
  readonly profile?: ProfileName | undefined;
}

/**
 * Asks for the precision, says what a model costs, and gets it once the user has agreed; nothing is asked
 * of a network before.
 * What has arrived when it is cancelled or fails is kept, and the next call goes on from there, in the
 * precision in which it was begun.
 * @returns undefined when the user changed their mind.
 * @throws AppError `hub.*`, `download.*`, `checkpoint.*`, `convert.failed`, `model.busy`,
 * `request.cancelled`, `engine.*`.
 */
export async function getModel(
  { engine, settings, context }: Pick<Services, "engine" | "settings" | "context">,
  entry: CatalogEntryReply,
  { freeBytes, profile }: GetOptions,
): Promise<AddModelReply | undefined> {
  const begun = begunPrecision(entry);
  const precision = begun ?? (await choosePrecision(entry, profile));
  if (precision === undefined) return undefined;
  const cost = entry.costs.find((known) => known.profile === precision);
  if (!(await mayFit(entry, { cost, freeBytes }))) return undefined;
  const { endpoint = USUAL_HUB } = settings.hub;
  if (!(await isAgreed(entry, { endpoint, freeBytes, precision, cost }))) return undefined;
  const token = await context.secrets.get(TOKEN_KEY);
  const hub = token === undefined ? settings.hub : { ...settings.hub, token };
  return await withEngineProgress(
    {
      title: vscode.l10n.t("Getting {0}", entry.title),
      place: "notification",
      describe: describer(),
    },
    (options) => engine.addModel({ name: entry.name, precision, hub }, options),
  );
}

/** Asks for the token of the user's account; an empty one forgets it. */
export async function setHubToken({ secrets }: Services["context"]): Promise<void> {
  const token = await vscode.window.showInputBox({
    title: vscode.l10n.t("Hugging Face token"),
    prompt: vscode.l10n.t(
      "It is kept in the system's secret storage and sent only to the endpoint of the settings. Leave it empty to forget it.",
    ),
    password: true,
    ignoreFocusOut: true,
  });
  if (token === undefined) return;
  if (token.trim() === "") await secrets.delete(TOKEN_KEY);
  else await secrets.store(TOKEN_KEY, token.trim());
}

/** Whether a token is kept, and nothing more of it. */
export async function hubTokenState({
  secrets,
}: Pick<Services["context"], "secrets">): Promise<"kept" | "none"> {
  return (await secrets.get(TOKEN_KEY)) === undefined ? "none" : "kept";
}

/** Bytes that have still to be downloaded. */
export function missingDownload({
  isCached,
  downloadBytes,
  partialBytes,
}: CatalogEntryReply): number {
  return isCached ? 0 : Math.max(0, downloadBytes - partialBytes);
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
  const modelBytes = Math.min(missingDownload(entry), LARGEST_FILE_BYTES) + cost.diskBytes;
  return await hasRoom({ name: entry.title, modelBytes, freeBytes });
}

interface Circumstances {
  readonly endpoint: string;
  readonly freeBytes: number;
  readonly precision: string;
  /** Undefined for a precision that is no profile. */
  readonly cost: ProfileCostReply | undefined;
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
  const missing = formatBytes(missingDownload(entry));
  const source = entry.isCached
    ? vscode.l10n.t("{0} is in Hugging Face's cache on this disk and stays there.", repository)
    : vscode.l10n.t("{0} are downloaded: {1} from {2}.", missing, repository, endpoint);
  return [
    source,
    ...(partialBytes > 0
      ? [vscode.l10n.t("{0} have arrived already.", formatBytes(partialBytes))]
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
            "The model ({0}) takes {1} of the disk and up to {2} of memory. A download is deleted once it is converted.",
            cost.profile,
            formatBytes(cost.diskBytes),
            formatBytes(cost.memoryBytes),
          ),
        ]),
    vscode.l10n.t("{0} are free on the disk.", formatBytes(freeBytes)),
    vscode.l10n.t("Licence: {0}", licence),
  ].join("\n");
}

/** "1.2 of 15.5 GB (7 %), 300 MB converted, 12 min left" */
function describer(): (progress: Progress) => string {
  const timeLeft = new TimeLeft(() => performance.now());
  return (progress) => {
    const seconds = timeLeft.update(progress);
    const { convertedBytes } = progress;
    const bytes =
      convertedBytes === undefined
        ? progressMessage(progress)
        : vscode.l10n.t(
            "{0}, {1} converted",
            progressMessage(progress),
            formatBytes(convertedBytes),
          );
    const text = progress.step === "convert" ? vscode.l10n.t("Converting: {0}", bytes) : bytes;
    return seconds === undefined ? text : `${text}, ${durationText(seconds)}`;
  };
}

function durationText(seconds: number): string {
  const duration = durationOf(seconds);
  if (duration.hours > 0) {
    return vscode.l10n.t("{0} h {1} min left", duration.hours, duration.minutes);
  }
  return duration.minutes > 0
    ? vscode.l10n.t("{0} min left", duration.minutes)
    : vscode.l10n.t("{0} s left", duration.seconds);
}
