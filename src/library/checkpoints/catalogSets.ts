/**
 * Sets of published models as the catalogue's rows are told of: what is still to be got of each in one sum,
 * and getting it.
 */

import { AppError } from "../../base/errors";
import type { AddedModel } from "../../model/ask/models";
import { MODEL_SETS, type ModelSet, setNamed } from "../../model/ask/modelSets";
import type { ProfileName } from "../../model/ask/kinds";
import {
  addModel,
  type AddModelOptions,
  type AddProgress,
  catalogStates,
  type CatalogState,
  deleteDownload,
} from "./addModel";
import { type Catalog, type CatalogCost, type CatalogEntry, catalogEntry } from "./catalog";

/** What is here of a set. Its sums are of what is missing, and of all where nothing is. */
export interface SetState extends CatalogState {
  readonly set: ModelSet;
  /** Names of the catalogue that are not here; empty for a whole set. */
  readonly missing: readonly string[];
}

/**
 * The sets whose models the catalogue has.
 * @param states of all of its models.
 */
export function setStates(states: readonly CatalogState[]): readonly SetState[] {
  return MODEL_SETS.flatMap((set) => {
    const members = Object.values(set.members).flatMap(
      (name) => states.find(({ entry }) => entry.name === name) ?? [],
    );
    return members.length < Object.keys(set.members).length ? [] : [setState(set, members)];
  });
}

function setState(set: ModelSet, members: readonly CatalogState[]): SetState {
  const missing = members.filter(({ models }) => models.length === 0);
  const summed = missing.length === 0 ? members : missing;
  const isCached = summed.every(({ cacheFolder }) => cacheFolder !== undefined);
  // What Hugging Face's cache has is not downloaded.
  const coming = isCached ? summed : summed.filter(({ cacheFolder }) => cacheFolder === undefined);
  const begun = coming.find(({ begunPrecision }) => begunPrecision !== undefined);
  const [first] = summed;
  return {
    set,
    entry: setEntry(set, { members, summed, coming }),
    // As `resolveModel` chooses among several.
    models: members.flatMap(({ entry, models }) =>
      models.includes(entry.name) ? [entry.name] : models.slice(0, 1),
    ),
    missing: missing.map(({ entry }) => entry.name),
    partialBytes: sumOf(coming, ({ partialBytes }) => partialBytes),
    isUnfinished: coming.some(({ isUnfinished }) => isUnfinished),
    ...(begun?.begunPrecision === undefined ? {} : { begunPrecision: begun.begunPrecision }),
    ...(isCached && first?.cacheFolder !== undefined ? { cacheFolder: first.cacheFolder } : {}),
  };
}

/** The words between what is named of several models. */
const AND = " + ";

function setEntry(
  { name, title, goodAt }: ModelSet,
  {
    members,
    summed,
    coming,
  }: Readonly<Record<"members" | "summed" | "coming", readonly CatalogState[]>>,
): CatalogEntry {
  const cost = (profile: ProfileName): CatalogCost => ({
    diskBytes: sumOf(summed, ({ entry }) => entry.costs[profile].diskBytes),
    // One model at a time is held.
    memoryBytes: Math.max(...members.map(({ entry }) => entry.costs[profile].memoryBytes)),
  });
  const joined = (texts: readonly string[]): string => [...new Set(texts)].join(AND);
  return {
    ...{ name, title, goodAt },
    kind: "generation",
    imageSize: Math.max(...members.map(({ entry }) => entry.imageSize)),
    repository: joined(coming.map(({ entry }) => entry.repository)),
    revision: joined(coming.map(({ entry }) => entry.revision)),
    licence: joined(members.map(({ entry }) => entry.licence)),
    downloadBytes: sumOf(coming, ({ entry }) => entry.downloadBytes),
    costs: { exact: cost("exact"), balanced: cost("balanced"), small: cost("small") },
    use: "altTexts",
  };
}

/**
 * Adds the catalogue's model of that name, or what is missing of the set; of a whole set all its models,
 * where another precision is asked for. The progress of a set counts one sum.
 * @throws AppError as `addModel`.
 */
export async function addNamed(options: AddModelOptions): Promise<AddedModel> {
  const set = setNamed(options.name);
  if (set === undefined) return await addModel(options);
  const state = await stateOf(set, options);
  const names = state.missing.length > 0 ? state.missing : Object.values(set.members);
  const total = new SummedProgress(options.onProgress, { names, catalog: options.catalog });
  let added: AddedModel | undefined;
  for (const name of names) {
    const onProgress = (progress: AddProgress): void => {
      total.progressed(name, progress);
    };
    added = await addModel({ ...options, name, onProgress });
    total.finished(name);
  }
  const { source = "store" } = added ?? {};
  return { name: set.name, folder: options.store.modelsDir, source, kind: "generation" };
}

/** Deletes what has arrived of a model or of a set. @throws AppError as `deleteDownload`. */
export async function deleteNamedDownload(
  name: string,
  place: Pick<AddModelOptions, "catalog" | "store">,
): Promise<{ readonly freedBytes: number }> {
  const set = setNamed(name);
  if (set === undefined) return await deleteDownload(name, place);
  let freedBytes = 0;
  for (const member of Object.values(set.members)) {
    freedBytes += (await deleteDownload(member, place)).freedBytes;
  }
  return { freedBytes };
}

async function stateOf(
  set: ModelSet,
  { catalog, store, environment }: AddModelOptions,
): Promise<SetState> {
  const states = await catalogStates(catalog, { store, environment });
  const found = setStates(states).find((state) => state.set === set);
  if (found !== undefined) return found;
  const text = `The catalogue lacks a model of the set "${set.name}". Install Sightline again.`;
  throw new AppError("internal", text);
}

/** Adds up the downloads of several models; a conversion counts by itself. */
class SummedProgress {
  readonly #tell: (progress: AddProgress) => void;
  /** Of each model's download. */
  readonly #bytes: Map<string, { doneBytes: number; totalBytes: number }>;

  constructor(
    tell: (progress: AddProgress) => void,
    { names, catalog }: { readonly names: readonly string[]; readonly catalog: Catalog },
  ) {
    this.#tell = tell;
    this.#bytes = new Map(
      names.map((name) => {
        const totalBytes = catalogEntry(catalog, name).downloadBytes;
        return [name, { doneBytes: 0, totalBytes }];
      }),
    );
  }

  progressed(name: string, progress: AddProgress): void {
    if (progress.step === "convert") {
      this.#tell(progress);
      return;
    }
    const { doneBytes, totalBytes } = progress;
    // What is on its way knows its size better than the catalogue.
    this.#bytes.set(name, { doneBytes, totalBytes });
    const all = [...this.#bytes.values()];
    this.#tell({
      ...progress,
      doneBytes: sumOf(all, (one) => one.doneBytes),
      totalBytes: sumOf(all, (one) => one.totalBytes),
    });
  }

  /** Also where the checkpoint was on this disk and nothing was downloaded. */
  finished(name: string): void {
    const totalBytes = this.#bytes.get(name)?.totalBytes ?? 0;
    this.#bytes.set(name, { doneBytes: totalBytes, totalBytes });
  }
}

function sumOf<T>(values: readonly T[], bytesOf: (value: T) => number): number {
  return values.reduce((sum, value) => sum + bytesOf(value), 0);
}
