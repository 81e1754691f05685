/** `models`: what --model can name, and how to get rid of it. */

import { formatBytes } from "../base/bytes";
import { AppError } from "../base/errors";
import { listEntries, type ModelEntry } from "../library/modelEntries";
import { catalogStates, type CatalogState, deleteDownload } from "../library/addModel";
import { type Catalog, readCatalog } from "../library/catalog";
import type { CliContext } from "./cliContext";
import { EXIT } from "./failure";
import type { OutputFlags } from "./flags";
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
    printer.text(`${modelTable(entries, store.modelsDir)}\n${catalogTable(states, catalog.later)}`);
  }
  return EXIT.ok;
}

export interface RemoveFlags extends OutputFlags {
  /** Deletes the download of that name, and leaves a model of that name alone. */
  readonly download?: boolean;
}

/**
 * Deletes a model of the store, or a download that was not finished: a name that both have means the
 * model, unless the flag says otherwise.
 * @throws AppError as `deleteModel` and `deleteDownload`; `model.missing` when there is no such download.
 */
export async function removeModel(
  context: CliContext,
  name: string,
  flags: RemoveFlags,
): Promise<number> {
  const { printer, store, host } = context;
  const { deleteModel } = await import("../library/deleteModel");
  const { demoCheckpoint } = host;
  const catalog = await readCatalog(host.catalogFile);
  const isDownload = await isDownloadMeant(name, { context, catalog, flags });
  const { freedBytes } = isDownload
    ? await deleteDownload(name, { catalog, store })
    : await deleteModel({ name, store, demoCheckpoint });
  if (printer.isJson) printer.json({ name, freedBytes });
  else {
    const what = flags.download === true ? `the download of ${name}` : name;
    printer.text(`Deleted ${what}: ${formatBytes(freedBytes)} are free again\n`);
  }
  return EXIT.ok;
}

async function isDownloadMeant(
  name: string,
  at: { readonly context: CliContext; readonly catalog: Catalog; readonly flags: RemoveFlags },
): Promise<boolean> {
  const { store, host } = at.context;
  const states = await catalogStates(at.catalog, { store, environment: host.environment });
  const state = states.find(({ entry }) => entry.name === name);
  const hasDownload = state !== undefined && state.partialBytes > 0;
  if (at.flags.download !== true) return hasDownload && !state.models.includes(name);
  if (hasDownload) return true;
  throw new AppError(
    "model.missing",
    `There is no unfinished download of "${name}". "sightline models" lists those that there are.`,
    { detail: { model: name } },
  );
}

/** What can be added, at what price, and what cannot be had yet. */
export function catalogTable(states: readonly CatalogState[], later: Catalog["later"]): string {
  const rows = states.map((state) => {
    const { name, downloadBytes, licence, goodAt, costs } = state.entry;
    const { balanced, small } = costs;
    return [
      name,
      formatBytes(downloadBytes),
      `${formatBytes(small.diskBytes)} to ${formatBytes(balanced.diskBytes)}`,
      `${formatBytes(small.memoryBytes)} to ${formatBytes(balanced.memoryBytes)}`,
      `${state.entry.imageSize} px`,
      licence,
      arrivalText(state),
      goodAt,
    ];
  });
  const heading = [
    ...["CAN BE ADDED", "DOWNLOAD", "DISK", "MEMORY", "IMAGE"],
    ...["LICENCE", "STATE", "GOOD AT"],
  ];
  const table = formatTable([heading, ...rows], [1, 2, 3, 4]);
  return `${table}\nsightline models add NAME\n${laterTable(later)}`;
}

function laterTable(later: Catalog["later"]): string {
  if (later.length === 0) return "";
  const rows = later.map(({ name, imageSize, reason }) => [name, `${imageSize} px`, reason]);
  return `\n${formatTable([["CANNOT BE HAD YET", "IMAGE", "WHY"], ...rows], [1])}`;
}

function arrivalText(state: CatalogState): string {
  const { models, partialBytes, isUnfinished, cacheFolder } = state;
  const word = isUnfinished ? "arrived" : "kept";
  const arrived = partialBytes > 0 ? `${formatBytes(partialBytes)} ${word}` : undefined;
  // Another precision of it may be on its way.
  if (models.length > 0) return arrived === undefined ? "added" : `added; ${arrived}`;
  if (arrived !== undefined) return arrived;
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
