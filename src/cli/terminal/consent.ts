/** What a download costs, and the question before it. */

import { totalmem } from "node:os";
import { createInterface } from "node:readline/promises";
import { formatBytes } from "../../base/bytes";
import { defaultProfile } from "../../model/precision/defaultProfile";
import { AppError, throwIfAborted } from "../../base/errors";
import { peakDiskBytes } from "../../model/precision/modelAdvice";
import type { CatalogState } from "../../library/checkpoints/addModel";
import { withoutPassword } from "../../library/download/hubRoutes";
import { freeBytesAt } from "../../library/store/diskSpace";
import type { CliContext } from "./cliContext";

export interface ConsentFlags {
  readonly precision: string | undefined;
  readonly endpoint: string | undefined;
  readonly yes: boolean | undefined;
  readonly keep: boolean | undefined;
}

/**
 * Says what will be downloaded and asks; with --yes it only says it.
 * @returns false when the user would rather not.
 * @throws AppError `option.invalid` where nobody can be asked; `request.cancelled`.
 */
export async function agreeToDownload(
  context: CliContext,
  state: CatalogState,
  flags: ConsentFlags,
): Promise<boolean> {
  const { host, printer } = context;
  const bytes = missingBytes(state);
  if (flags.yes !== true && (host.stdin().isTTY !== true || printer.isJson)) {
    throw new AppError(
      "option.invalid",
      `${state.entry.name} is a download of ${formatBytes(bytes)}, and nobody can be asked here. Add --yes to agree.`,
    );
  }
  for (const line of await costLines(context, state, flags)) printer.note(line);
  if (flags.yes === true) return true;
  return await isConfirmed(context, `Download ${formatBytes(bytes)}? [y/N] `);
}

function missingBytes({
  entry,
  partialBytes,
}: Pick<CatalogState, "entry" | "partialBytes">): number {
  return Math.max(0, entry.downloadBytes - partialBytes);
}

async function costLines(
  { store }: CliContext,
  state: CatalogState,
  flags: ConsentFlags,
): Promise<readonly string[]> {
  const { entry, partialBytes, begunPrecision } = state;
  const { title, repository, licence, costs } = entry;
  const usual = defaultProfile(costs.balanced.memoryBytes, totalmem());
  const precision = flags.precision ?? begunPrecision ?? usual;
  const cost = Object.entries(costs).find(([profile]) => profile === precision)?.[1];
  const arrived = partialBytes > 0 ? ` (${formatBytes(partialBytes)} have arrived already)` : "";
  const from = withoutPassword(flags.endpoint ?? "huggingface.co");
  return [
    `${title}: ${entry.goodAt}.`,
    `${formatBytes(missingBytes(state))} are downloaded: ${repository} from ${from}${arrived}.`,
    ...(cost === undefined
      ? []
      : [
          `The model (${precision}) takes ${formatBytes(cost.diskBytes)} of the disk and up to ${formatBytes(cost.memoryBytes)} of memory.`,
          peakLine(state, { diskBytes: cost.diskBytes, isKept: flags.keep === true }),
        ]),
    `It goes to ${store.modelsDir}, where ${formatBytes(await freeBytesAt(store.modelsDir))} are free. Licence: ${licence}.`,
  ];
}

/** What the disk must hold at the worst moment, which is not what stays. */
function peakLine(
  { entry, partialBytes }: CatalogState,
  { diskBytes, isKept }: { readonly diskBytes: number; readonly isKept: boolean },
): string {
  if (isKept) {
    const bytes = formatBytes(entry.downloadBytes + diskBytes);
    return `With the download, which is kept, that is ${bytes} of the disk.`;
  }
  // Of what has arrived, some may be converted already; that is looked at when it goes on.
  const bytes = formatBytes(peakDiskBytes(missingBytes({ entry, partialBytes }), { diskBytes }));
  return `While it is made, up to ${bytes} of the disk are needed: each file of the download is deleted once it is converted.`;
}

/** Asks on a terminal; anything but yes is no. @throws AppError `request.cancelled`. */
export async function isConfirmed(
  { host, signal }: CliContext,
  question: string,
): Promise<boolean> {
  host.stderr.write(question);
  const lines = createInterface({ input: host.stdin(), terminal: false });
  try {
    const ended = new Promise<string>((resolve) => {
      lines.once("line", resolve);
      lines.once("close", () => {
        resolve("");
      });
      signal.addEventListener("abort", () => {
        resolve("");
      });
    });
    const answer = await ended;
    throwIfAborted(signal);
    return /^\s*y(es)?\s*$/i.test(answer);
  } finally {
    lines.close();
  }
}
