/** Getting a published model: what it costs, the user's consent, the download with the time it takes. */

import * as vscode from "vscode";
import { formatBytes } from "../base/bytes";
import { durationOf, TimeLeft } from "../base/timeLeft";
import type { AddModelReply, CatalogEntryReply, Progress } from "../protocol/engineMessages";
import { progressMessage, withEngineProgress } from "./engineProgress";
import { hasRoom } from "./modelImport";
import type { Services } from "./services";

/** Where the engine looks when no endpoint is set. */
const USUAL_HUB = "huggingface.co";
/** Where the editor keeps the token. */
const TOKEN_KEY = "hubToken";

/**
 * Says what a model costs, and gets it once the user has agreed; nothing is asked of a network before.
 * What has arrived when it is cancelled or fails is kept, and the next call goes on from there.
 * @returns undefined when the user changed their mind.
 * @throws AppError `hub.*`, `download.*`, `checkpoint.*`, `convert.failed`, `model.busy`,
 * `request.cancelled`, `engine.*`.
 */
export async function getModel(
  { engine, settings, context }: Pick<Services, "engine" | "settings" | "context">,
  entry: CatalogEntryReply,
  freeBytes: number,
): Promise<AddModelReply | undefined> {
  const modelBytes = missingDownload(entry) + entry.diskBytes;
  if (!(await hasRoom({ name: entry.title, modelBytes, freeBytes }))) return undefined;
  const { endpoint = USUAL_HUB } = settings.hub;
  if (!(await isAgreed(entry, { endpoint, freeBytes }))) return undefined;
  const token = await context.secrets.get(TOKEN_KEY);
  const hub = token === undefined ? settings.hub : { ...settings.hub, token };
  return await withEngineProgress(
    {
      title: vscode.l10n.t("Getting {0}", entry.title),
      place: "notification",
      describe: describer(),
    },
    (options) => engine.addModel({ name: entry.name, hub }, options),
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

/** Bytes that have still to be downloaded. */
export function missingDownload({
  isCached,
  downloadBytes,
  partialBytes,
}: CatalogEntryReply): number {
  return isCached ? 0 : Math.max(0, downloadBytes - partialBytes);
}

interface Circumstances {
  readonly endpoint: string;
  readonly freeBytes: number;
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

function detailOf(entry: CatalogEntryReply, { endpoint, freeBytes }: Circumstances): string {
  const { repository, licence, partialBytes, diskBytes, memoryBytes } = entry;
  const missing = formatBytes(missingDownload(entry));
  const source = entry.isCached
    ? vscode.l10n.t("{0} is in Hugging Face's cache on this disk and stays there.", repository)
    : vscode.l10n.t("{0} are downloaded: {1} from {2}.", missing, repository, endpoint);
  return [
    source,
    ...(partialBytes > 0
      ? [vscode.l10n.t("{0} have arrived already.", formatBytes(partialBytes))]
      : []),
    vscode.l10n.t(
      "The model takes up to {0} of the disk and about {1} of memory. A download is deleted once it is converted.",
      formatBytes(diskBytes),
      formatBytes(memoryBytes),
    ),
    vscode.l10n.t("{0} are free on the disk.", formatBytes(freeBytes)),
    vscode.l10n.t("Licence: {0}", licence),
  ].join("\n");
}

/** "1.2 of 15.5 GB (7 %), 12 min left" */
function describer(): (progress: Progress) => string {
  const timeLeft = new TimeLeft(() => performance.now());
  return (progress) => {
    const seconds = timeLeft.update(progress);
    const bytes = progressMessage(progress);
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
