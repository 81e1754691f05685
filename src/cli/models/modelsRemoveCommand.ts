/** `models remove`: one model or download by name, or with --all everything that the store holds. */

import { formatBytes } from "../../base/bytes";
import { AppError } from "../../base/errors";
import { readCatalog } from "../../library/checkpoints/catalog";
import { type EmptyOptions, emptyStore, storeContents } from "../../library/store/emptyStore";
import type { CliContext } from "../terminal/cliContext";
import { isConfirmed } from "../terminal/consent";
import { EXIT } from "../terminal/failure";
import { type RemoveFlags, removeModel } from "./modelsCommand";

export interface RemoveAllFlags extends RemoveFlags {
  readonly all?: boolean;
  /** Consent to --all. */
  readonly yes?: boolean;
}

/** @throws AppError as `removeModel` and `emptyStore`; `option.invalid` for a name and --all, or neither. */
export async function remove(
  context: CliContext,
  name: string | undefined,
  flags: RemoveAllFlags,
): Promise<number> {
  if (flags.all === true) {
    if (name === undefined && flags.download !== true) return await removeAll(context, flags);
    throw new AppError("option.invalid", "--all stands alone: give no name and no --download.");
  }
  if (name !== undefined) return await removeModel(context, name, flags);
  throw new AppError("option.invalid", "Give the name of a model, or --all for all of them.");
}

async function removeAll(context: CliContext, flags: RemoveAllFlags): Promise<number> {
  const { printer, store, host } = context;
  const { entries } = await readCatalog(host.catalogFile);
  const options = { store, downloads: entries.map((entry) => entry.name) };
  if (flags.yes !== true && !(await isAgreed(context, options))) {
    printer.note("Nothing was deleted.");
    return EXIT.failed;
  }
  const { freedBytes, left } = await emptyStore(options);
  if (printer.isJson) printer.json({ folder: store.root, freedBytes, left });
  else {
    const kept = left.map((file) => `Left alone: ${file}\n`).join("");
    const freed = formatBytes(freedBytes);
    printer.text(`Deleted all models and caches: ${freed} are free again\n${kept}`);
  }
  return EXIT.ok;
}

async function isAgreed(context: CliContext, options: EmptyOptions): Promise<boolean> {
  const { host, printer } = context;
  const { folder, bytes, foreign } = await storeContents(options);
  const what = `${formatBytes(bytes)} of models, downloads and caches in ${folder}`;
  if (host.stdin().isTTY !== true || printer.isJson) {
    throw new AppError(
      "option.invalid",
      `These are ${what}, and nobody can be asked here. Add --yes to delete them.`,
    );
  }
  for (const file of foreign) printer.note(`Not Sightline's, and left alone: ${file}`);
  return await isConfirmed(context, `Delete ${what}? [y/N] `);
}
