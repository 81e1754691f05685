/** `models`: what --model can name, and how to get rid of it. */

import { totalmem } from "node:os";
import { formatBytes } from "../../base/bytes";
import { AppError } from "../../base/errors";
import {
  type Advice,
  advise,
  type Candidate,
  LARGEST_FILE_BYTES,
  type Machine,
} from "../../model/precision/modelAdvice";
import type { CliContext } from "../terminal/cliContext";
import { EXIT } from "../terminal/failure";
import type { OutputFlags } from "../terminal/flags";
import { formatTable } from "../terminal/text";
import { type CatalogState, catalogStates } from "../../library/checkpoints/addModel";
import {
  deleteNamedDownload,
  type SetState,
  setStates,
} from "../../library/checkpoints/catalogSets";
import { type Catalog, readCatalog } from "../../library/checkpoints/catalog";
import { freeBytesAt } from "../../library/store/diskSpace";
import { listEntries } from "../../library/store/modelEntries";
import { unknownModel } from "../../library/store/modelStore";
import type { Task } from "../../model/ask/modelSets";
import { modelsOnlyIn } from "../../model/ask/setsInStore";
import type { StoreEntry } from "../../library/store/modelEntries";

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
      sets: setStates(states).map(({ entry, set, ...state }) => ({
        ...{ ...entry, ...state, members: set.members },
      })),
      catalog: states.map(({ entry, ...state }) => ({ ...entry, ...state })),
      later: catalog.later,
    });
  } else {
    const machine = { memoryBytes: totalmem(), freeBytes: await freeBytesAt(store.root) };
    const list = catalogList(states, catalog.later, machine);
    printer.text(`${modelTable(entries, store.modelsDir)}\n${list}`);
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
  const { deleteModel } = await import("../../library/store/deleteModel");
  const { demoCheckpoint } = host;
  const catalog = await readCatalog(host.catalogFile);
  const states = await catalogStates(catalog, { store, environment: host.environment });
  const isDownload = isDownloadMeant(name, states, flags);
  const sets = setStates(states).map((state) => ({ ...state, name: state.entry.name }));
  const set = sets.find((known) => known.name === name);
  const names = set === undefined ? [name] : modelsOnlyIn(set, { sets });
  let freedBytes = 0;
  if (isDownload) ({ freedBytes } = await deleteNamedDownload(name, { catalog, store }));
  else {
    if (names.length === 0) throw await unknownModel(name, store);
    for (const model of names) {
      freedBytes += (await deleteModel({ name: model, store, demoCheckpoint })).freedBytes;
    }
  }
  if (printer.isJson) printer.json({ name, freedBytes });
  else {
    const what = flags.download === true ? `the download of ${name}` : name;
    printer.text(`Deleted ${what}: ${formatBytes(freedBytes)} are free again\n`);
  }
  return EXIT.ok;
}

function isDownloadMeant(
  name: string,
  states: readonly CatalogState[],
  flags: RemoveFlags,
): boolean {
  const all = [...states, ...setStates(states)];
  const state = all.find(({ entry }) => entry.name === name);
  const hasDownload = state !== undefined && state.partialBytes > 0;
  const isHere =
    state !== undefined && ("set" in state ? state.models.length > 0 : state.models.includes(name));
  if (flags.download !== true) return hasDownload && !isHere;
  if (hasDownload) return true;
  throw new AppError(
    "model.missing",
    `There is no unfinished download of "${name}". "sightline models" lists those that there are.`,
    { detail: { model: name } },
  );
}

/**
 * What can be added, at what price, and what is imported from parts: a block for each, so that it can be read
 * in a terminal of 80 columns.
 */
export function catalogList(
  states: readonly CatalogState[],
  later: Catalog["later"],
  machine: Machine,
): string {
  const sets = setStates(states);
  const rows = advise([...sets, ...states], candidateOf, machine);
  const blocksOf = (isSet: boolean): string =>
    rows
      .filter(({ model }) => "set" in model === isSet)
      .map(({ model, advice }) => blockOf(model, advice))
      .join("\n");
  const heading = 'These can be added with "sightline models add NAME":';
  const setHeading = "These sets are one choice, with a model for each task:";
  const setBlocks = sets.length === 0 ? "" : `${setHeading}\n\n${blocksOf(true)}\n`;
  return `${setBlocks}${heading}\n\n${blocksOf(false)}${laterList(later)}`;
}

function blockOf(state: CatalogState | SetState, advice: Advice): string {
  const { name, downloadBytes, licence, goodAt, costs, imageSize } = state.entry;
  const isFit = "profile" in advice;
  const profile = isFit ? advice.profile : "small";
  const { diskBytes, memoryBytes } = costs[profile];
  const arrived = arrivalText(state);
  const notes = [
    ...(advice.fit === "recommended" ? ["recommended for this machine"] : []),
    ...(isFit ? [] : ["too large for this machine"]),
    ...(arrived === "" ? [] : [arrived]),
  ];
  const lines = [
    notes.length === 0 ? name : `${name} (${notes.join("; ")})`,
    `  ${goodAt}`,
    ...("set" in state ? membersText(state) : []),
    `  ${formatBytes(downloadBytes)} to download, sees ${imageSize} px, ${licence}`,
    `  ${formatBytes(diskBytes)} on disk, ${formatBytes(memoryBytes)} of memory (${profile})${lackText(advice)}`,
  ];
  return lines.map((line) => `${line}\n`).join("");
}

const TASKS: Readonly<Record<Task, string>> = {
  answers: "questions",
  describes: "descriptions",
};

/** "questions: blip-vqa-base, descriptions: …", in lines that a terminal holds. */
function membersText({ set }: SetState): readonly string[] {
  const members = Object.entries(set.members) as [Task, string][];
  return members.map(([task, name]) => `  ${TASKS[task]}: ${name}`);
}

function lackText(advice: Advice): string {
  if ("profile" in advice) return "";
  const has = formatBytes(advice.hasBytes);
  return advice.fit === "memory" ? `; this machine has ${has}` : `; ${has} of the disk are free`;
}

/** A published model, or a set, as the rule about machines sees it. */
function candidateOf(state: CatalogState | SetState): Candidate {
  const { entry, models: there, partialBytes, cacheFolder } = state;
  const isThere = "set" in state ? state.missing.length === 0 : there.length > 0;
  const missing = cacheFolder === undefined ? entry.downloadBytes - partialBytes : 0;
  const arrivingBytes = Math.min(LARGEST_FILE_BYTES, Math.max(0, missing));
  return { use: entry.use, costs: entry.costs, arrivingBytes, isThere };
}

function laterList(later: Catalog["later"]): string {
  if (later.length === 0) return "";
  const blocks = later.map(({ name, reason }) => `${name}\n${indented(reason)}\n`);
  return `\nThese are imported from parts that you download:\n\n${blocks.join("\n")}`;
}

function arrivalText(state: CatalogState | SetState): string {
  const { models, partialBytes, isUnfinished, cacheFolder } = state;
  if ("set" in state && state.missing.length > 0 && models.length > 0) {
    return `${models.join(", ")} is here; the same command gets the rest`;
  }
  const word = isUnfinished ? "arrived" : "kept";
  const arrived = partialBytes > 0 ? `${formatBytes(partialBytes)} ${word}` : undefined;
  // Another precision of it may be on its way.
  if (models.length > 0) return arrived === undefined ? "added" : `added; ${arrived}`;
  if (arrived !== undefined) return arrived;
  return cacheFolder === undefined ? "" : "in Hugging Face's cache";
}

export function modelTable(entries: readonly StoreEntry[], folder: string): string {
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

function stateText({ state, problem }: StoreEntry): string {
  if (state === "bundled") return "converted when first used";
  return problem === undefined ? state : `${state}: ${problem}`;
}

/** In lines that a terminal of 80 columns holds. */
function indented(text: string): string {
  return text.replace(/(.{1,76})(?: |$)/g, "  $1\n").trimEnd();
}
