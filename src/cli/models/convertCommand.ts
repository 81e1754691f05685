/** `convert`: a checkpoint becomes a model folder. */

import { formatBytes } from "../../base/bytes";
import type { ConvertResult } from "../../convert/convertModel";
import { findCheckpoint } from "../../library/checkpoints/findCheckpoint";
import { importModel } from "../../library/checkpoints/importModel";
import { formatPrecision } from "../../model/precision/precision";
import type { CliContext } from "../terminal/cliContext";
import { EXIT } from "../terminal/failure";
import type { OutputFlags } from "../terminal/flags";

export interface ConvertFlags extends OutputFlags {
  readonly precision: string;
}

/**
 * Converts, with progress on stderr; leaves nothing behind when it is cancelled.
 * @throws AppError as `importModel`.
 */
export async function convert(
  context: CliContext,
  paths: { readonly checkpoint: string; readonly out: string },
  flags: ConvertFlags,
): Promise<number> {
  const { printer, signal, store, host } = context;
  const progress = printer.progress("Converting");
  let result: ConvertResult;
  try {
    const { precision } = flags;
    const onProgress = progress.update;
    const { startWorkers } = host;
    const run = { precision, signal, onProgress, startWorkers };
    const { folder: checkpoint } = await findCheckpoint(paths.checkpoint);
    result = await importModel({ ...paths, checkpoint, ...run }, store);
  } finally {
    progress.end();
  }
  const { folder, manifest, dropped } = result;
  const bytes = manifest.files.reduce((sum, file) => sum + file.bytes, 0);
  if (printer.isJson) {
    const parts = manifest.parts.map(({ name, precision }) => ({
      name,
      precision: formatPrecision(precision),
    }));
    printer.json({ folder, bytes, parts, dropped });
  } else {
    for (const { name, reason } of dropped) printer.note(`Left out ${name}: ${reason}.`);
    printer.text(`${folder}: ${formatBytes(bytes)} in ${manifest.files.length} files\n`);
  }
  return EXIT.ok;
}
