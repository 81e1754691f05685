/** `models`: what --model can name, and how to get rid of it. */

import { formatBytes } from "../base/bytes";
import { listEntries, type ModelEntry } from "../library/modelEntries";
import type { CliContext } from "./cliContext";
import { EXIT } from "./failure";
import { formatTable } from "./text";

/** Lists the demo and the models of the store. */
export async function models(context: CliContext): Promise<number> {
  const { printer, store, host } = context;
  const entries = await listEntries(store, host.demoCheckpoint);
  if (printer.isJson) printer.json({ folder: store.modelsDir, models: entries });
  else printer.text(modelTable(entries, store.modelsDir));
  return EXIT.ok;
}

/**
 * Deletes a model of the store.
 * @throws AppError as `deleteModel`.
 */
export async function removeModel(context: CliContext, name: string): Promise<number> {
  const { printer, store, host } = context;
  const { deleteModel } = await import("../library/deleteModel");
  const { demoCheckpoint } = host;
  const { freedBytes } = await deleteModel({ name, store, demoCheckpoint });
  if (printer.isJson) printer.json({ name, freedBytes });
  else printer.text(`Deleted ${name}: ${formatBytes(freedBytes)} are free again\n`);
  return EXIT.ok;
}

export function modelTable(entries: readonly ModelEntry[], folder: string): string {
  const rows = entries.map((entry) => [
    entry.name,
    entry.kind ?? "",
    entry.languageModel?.toUpperCase() ?? "",
    entry.precision ?? "",
    entry.bytes === undefined ? "" : formatBytes(entry.bytes),
    stateText(entry),
  ]);
  const heading = ["NAME", "KIND", "LANGUAGE MODEL", "PRECISION", "SIZE", "STATE"];
  return `${formatTable([heading, ...rows], [4])}\nModels are kept in ${folder}\n`;
}

function stateText({ state, problem }: ModelEntry): string {
  if (state === "bundled") return "converted when first used";
  return problem === undefined ? state : `${state}: ${problem}`;
}
