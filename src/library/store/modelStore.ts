/**
 * Where models and image features are kept between runs, and what the name of a model means.
 * Reads folders and writes nothing; knows no checkpoints.
 */

import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import { AppError } from "../../base/errors";
import { BUNDLED_MODELS, type BundledModel, DEMO_MODEL, isBundled } from "../../model/folder/world";
import { openModelFolder, type ModelFolder } from "../../engine/session/modelFolder";
import { MANIFEST_FILE } from "../../model/folder/manifest";
import type { Environment } from "../../machine/environment";
import { storeRoot } from "./storeRoot";

/** Folders of the store. They need not exist yet. */
export interface ModelStore {
  readonly root: string;
  /** One folder per model. */
  readonly modelsDir: string;
  /** One folder per model identity, see `EngineOptions.featureCacheDir`. */
  readonly featuresDir: string;
  /** One folder for each training that is under way. */
  readonly trainingDir: string;
  /** See `EngineOptions.deviceMemoryFile`. */
  readonly deviceMemoryFile: string;
  /** One file per model that a process is writing. */
  readonly locksDir: string;
}

/** A model's folder, or one that comes with the program, whose folder depends on the version of its checkpoint. */
export type ModelReference =
  | { readonly kind: "bundled"; readonly name: BundledModel }
  | { readonly kind: "folder"; readonly folder: string };

/** One folder of the store. */
export interface StoredModel {
  readonly name: string;
  readonly folder: string;
  /** Absent when the folder cannot be opened as a model. */
  readonly model: ModelFolder | undefined;
  /** Why it cannot: `model.missing`, `model.corrupt` or `model.unsupported`. */
  readonly problem: AppError | undefined;
}

/** What demoFolderName gives. */
const DEMO_FOLDER = new RegExp(`^(${BUNDLED_MODELS.join("|")})-[0-9a-f]{12}$`);
/** A folder that a conversion is still filling, or was filling when it was killed. */
const PARTIAL = /\.partial-\d+$/;
/** Also keeps a name from climbing out of the store. */
const PLAIN_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/** Folders below one that is looked for when the first of them is needed. */
class LazyStore implements ModelStore {
  readonly #environment: Environment;

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  get root(): string {
    return storeRoot(this.#environment);
  }

  get modelsDir(): string {
    return path.join(this.root, "models");
  }

  get featuresDir(): string {
    return path.join(this.root, "features");
  }

  get trainingDir(): string {
    return path.join(this.root, "training");
  }

  get deviceMemoryFile(): string {
    return path.join(this.root, "device.json");
  }

  get locksDir(): string {
    return path.join(this.root, "locks");
  }
}

/** The store of a user. Its folders throw as `storeRoot`. */
export function modelStoreOf(environment: Environment): ModelStore {
  return new LazyStore(environment);
}

/**
 * The name of a demo's folder in the store.
 * @param digest sha256 in hexadecimal of all that decides what the folder contains.
 */
export function demoFolderName(model: BundledModel, digest: string): string {
  return `${model}-${digest.slice(0, 12)}`;
}

/** True for the folder of a demo, of this version or another one. */
export function isDemoFolderName(name: string): boolean {
  return demoOf(name) !== undefined;
}

/** The demo whose folder that is, of this version or another one. */
export function demoOf(name: string): string | undefined {
  return DEMO_FOLDER.exec(name)?.[1];
}

/** True for a name that a model of the store can have; false for anything that could be a path. */
export function isPlainName(name: string): boolean {
  return PLAIN_NAME.test(name) && !PARTIAL.test(name);
}

/** Names of all folders of the store but hidden ones, in order; conversions in progress are there too. */
export async function folderNames(store: ModelStore): Promise<readonly string[]> {
  const entries = await readdir(store.modelsDir, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
    .map(({ name }) => name)
    .filter((name) => !name.startsWith("."))
    .sort();
}

/**
 * What a user means by a model: a folder when the text has a path separator, otherwise the name of a
 * model in the store or, after that, of a folder with a manifest, or of the checkpoint that a model of the
 * store was made from. What is found by its own name is not opened here.
 * @param nameOrDir undefined means the demo.
 * @throws AppError `model.missing` naming the models that there are.
 */
export async function resolveModel(
  nameOrDir: string | undefined,
  store: ModelStore,
): Promise<ModelReference> {
  if (nameOrDir === undefined) return { kind: "bundled", name: DEMO_MODEL };
  if (isBundled(nameOrDir)) return { kind: "bundled", name: nameOrDir };
  const stored = path.join(store.modelsDir, nameOrDir);
  if (isPlainName(nameOrDir) && (await hasManifest(stored))) {
    return { kind: "folder", folder: stored };
  }
  if (/[/\\]/.test(nameOrDir) || (await hasManifest(nameOrDir))) {
    return { kind: "folder", folder: path.resolve(nameOrDir) };
  }
  // What was made from the published checkpoint of that name may have had to be called otherwise.
  const made = (await listModels(store)).find(
    ({ model }) => model?.manifest.source.name === nameOrDir,
  );
  if (made !== undefined) return { kind: "folder", folder: made.folder };
  throw await unknownModel(nameOrDir, store);
}

/** The error `model.missing` that names the models that there are. */
export async function unknownModel(name: string, store: ModelStore): Promise<AppError> {
  const names = await folderNames(store);
  const own = names.filter((other) => !PARTIAL.test(other) && !DEMO_FOLDER.test(other));
  const known = [...BUNDLED_MODELS, ...own].join(", ");
  return new AppError(
    "model.missing",
    `There is no model "${name}". Known models: ${known}. Give one of these or the folder of a converted model.`,
    { detail: { model: name } },
  );
}

/**
 * Every folder of the store by name, damaged ones included; conversions in progress are left out.
 * No weights are read. A store that does not exist is empty.
 */
export async function listModels(store: ModelStore): Promise<readonly StoredModel[]> {
  const models: StoredModel[] = [];
  for (const name of await folderNames(store)) {
    if (PARTIAL.test(name)) continue;
    const folder = path.join(store.modelsDir, name);
    try {
      models.push({ name, folder, model: await openModelFolder(folder), problem: undefined });
    } catch (thrown) {
      models.push({ name, folder, model: undefined, problem: AppError.from(thrown) });
    }
  }
  return models;
}

async function hasManifest(folder: string): Promise<boolean> {
  const found = await stat(path.join(folder, MANIFEST_FILE)).catch(() => undefined);
  return found?.isFile() === true;
}
