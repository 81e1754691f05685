/** `models`: what --model can name, and how to get rid of it. */

import { formatBytes } from "../base/bytes";
import { listEntries, type ModelEntry } from "../library/modelEntries";
import { catalogStates, type CatalogState, deleteDownload } from "../library/addModel";
import { readCatalog } from "../library/catalog";
import type { CliContext } from "./cliContext";
import { EXIT } from "./failure";
import { formatTable } from "./text";

/**
 * Lists the demo, the models of the store and the catalogue.
 * @throws AppError as `readCatalog`.
 */
export async function models(context: CliContext): Promise<number> {
  const { printer, store, host } = context;
  const entries = await listEntries(store, host.demoCheckpoint);
  const catalog = await readCatalog(host.catalogFile);
  const states = await catalogStates(catalog, { store, environment: host.environment });
  if (printer.isJson) {
    printer.json({
      folder: store.modelsDir,
      models: entries,
      catalog: states.map(({ entry, ...state }) => ({ ...entry, ...state })),
      later: catalog.later,
    });
  } else {
    printer.text(`${modelTable(entries, store.modelsDir)}\n${catalogTable(states)}`);
  }
  return EXIT.ok;
}

/**
 * Deletes a model of the store, or a download that was not finished.
 * @throws AppError as `deleteModel` and `deleteDownload`.
 */
export async function removeModel(context: CliContext, name: string): Promise<number> {
  const { printer, store, host } = context;
  const { deleteModel } = await import("../library/deleteModel");
  const { demoCheckpoint } = host;
  const download = await unfinished(context, name);
  const { freedBytes } =
    download === undefined ? await deleteModel({ name, store, demoCheckpoint }) : await download();
  if (printer.isJson) printer.json({ name, freedBytes });
  else printer.text(`Deleted ${name}: ${formatBytes(freedBytes)} are free again\n`);
  return EXIT.ok;
}

/** What deletes the download of a name that no model has; undefined when there is none. */
async function unfinished(
  { store, host }: CliContext,
  name: string,
): Promise<(() => Promise<{ readonly freedBytes: number }>) | undefined> {
  const catalog = await readCatalog(host.catalogFile);
  const states = await catalogStates(catalog, { store, environment: host.environment });
  const state = states.find(({ entry }) => entry.name === name);
  if (state === undefined || state.partialBytes === 0 || state.models.includes(name)) {
    return undefined;
  }
  return () => deleteDownload(name, { catalog, store });
}

/** What can be added, at what price. */
export function catalogTable(states: readonly CatalogState[]): string {
  const rows = states.map((state) => {
    const { name, downloadBytes, licence, goodAt, costs } = state.entry;
    const { balanced, small } = costs;
    return [
      name,
      formatBytes(downloadBytes),
      `${formatBytes(small.diskBytes)} to ${formatBytes(balanced.diskBytes)}`,
      `${formatBytes(small.memoryBytes)} to ${formatBytes(balanced.memoryBytes)}`,
      licence,
      arrivalText(state),
      goodAt,
    ];
  });
  const heading = ["CAN BE ADDED", "DOWNLOAD", "DISK", "MEMORY", "LICENCE", "STATE", "GOOD AT"];
  return `${formatTable([heading, ...rows], [1, 2, 3])}\nsightline models add NAME\n`;
}

function arrivalText({ models, partialBytes, cacheFolder }: CatalogState): string {
  if (models.length > 0) return "added";
  if (partialBytes > 0) return `${formatBytes(partialBytes)} arrived`;
  return cacheFolder === undefined ? "" : "in Hugging Face's cache";
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
