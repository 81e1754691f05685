/** The models of the store as people see them: the demos first, the others by name. */

import type { ModelEntry } from "../../model/ask/models";
import type { ModelKind } from "../../model/ask/kinds";
import {
  BUNDLED_MODELS,
  type BundledModel,
  DEMO_MODEL,
  RETRIEVAL_DEMO,
} from "../../model/folder/world";
import type { ModelFolder } from "../../engine/session/modelFolder";
import { type ModelConfig, type WriterConfig, writerOf } from "../../model/config/modelConfig";
import type { Manifest, ManifestFile } from "../../model/folder/manifest";
import { formatPrecision } from "../../model/precision/precision";
import { precisionName } from "../../model/folder/precisionName";
import { demoFolder } from "./demoModel";
import { folderBytes } from "./diskSpace";
import { listModels, type ModelStore, type StoredModel } from "./modelStore";

/** As the command line tells of it. */
export interface StoreEntry extends ModelEntry {
  /** `bundled`: comes with the program and is converted when it is first used. */
  readonly state: "ready" | "bundled" | "damaged" | "unsupported";
  readonly languageModel?: WriterConfig["kind"];
}

/**
 * Lists the demos and the models of the store; reads no weights.
 * @param demoCheckpoint folder of the checkpoint that the demo is made from; without it there is none.
 */
export async function listEntries(
  store: ModelStore,
  demoCheckpoint: string,
): Promise<readonly StoreEntry[]> {
  const demos = await demoFolders(store, demoCheckpoint);
  return await modelEntries(await listModels(store), demos);
}

/** Folders of this version's demos, of those that the program came with. */
export async function demoFolders(
  store: ModelStore,
  demoCheckpoint: string,
): Promise<ReadonlyMap<BundledModel, string>> {
  const folders = new Map<BundledModel, string>();
  for (const model of BUNDLED_MODELS) {
    const folder = await demoFolder({ model, demoCheckpoint, store }).catch(() => undefined);
    if (folder !== undefined) folders.set(model, folder);
  }
  return folders;
}

/**
 * The demos first, the others in their order.
 * @param demos as `demoFolders` gives them.
 */
export async function modelEntries(
  stored: readonly StoredModel[],
  demos: ReadonlyMap<BundledModel, string>,
): Promise<readonly StoreEntry[]> {
  const bundled = [...demos].map(async ([name, folder]): Promise<StoreEntry> => {
    const converted = stored.find((model) => model.folder === folder);
    if (converted !== undefined) return await entryOf({ ...converted, name });
    return { name, state: "bundled", kind: BUNDLED_KINDS[name] };
  });
  const folders = new Set(demos.values());
  const others = stored.filter(({ folder }) => !folders.has(folder));
  return await Promise.all([...bundled, ...others.map(entryOf)]);
}

/** Known before they are converted, so that whoever looks for a model that can do something finds them. */
const BUNDLED_KINDS: Readonly<Record<BundledModel, ModelKind>> = {
  [DEMO_MODEL]: "generation",
  [RETRIEVAL_DEMO]: "retrieval",
};

const LANGUAGE_MODELS: Readonly<Record<WriterConfig["kind"], string>> = {
  opt: "OPT",
  t5: "T5",
  llama: "LLaMA",
  bert: "BERT",
};

/** The class of a model as its papers call it. */
export function architectureName(config: ModelConfig): string {
  if (config.family === "blip") return BLIP_NAMES[config.kind];
  if (config.kind === "retrieval") return "BLIP-2 ITM";
  if (config.kind === "stage1") return "BLIP-2 stage 1";
  const family = config.qformer.readsInstruction ? "InstructBLIP" : "BLIP-2";
  return `${family} ${LANGUAGE_MODELS[config.text.kind]}`;
}

const BLIP_NAMES = { captioning: "BLIP captions", answering: "BLIP VQA", retrieval: "BLIP ITM" };

/** `f32`, or `f32+int4` when parts differ; parts without weights say nothing. */
export function precisionsOf(manifest: Manifest): string {
  const weighted = manifest.parts.filter(({ data }) => data !== undefined);
  return [...new Set(weighted.map(({ precision }) => formatPrecision(precision)))].join("+");
}

/** Of all files of a manifest. */
export function totalBytes(files: readonly ManifestFile[]): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}

async function entryOf({ name, folder, model, problem }: StoredModel): Promise<StoreEntry> {
  if (model !== undefined) return readyEntry(name, model);
  return {
    name,
    folder,
    state: problem?.code === "model.unsupported" ? "unsupported" : "damaged",
    bytes: await folderBytes(folder),
    ...(problem === undefined ? {} : { problem: problem.message }),
  };
}

function readyEntry(name: string, { folder, config, manifest }: ModelFolder): StoreEntry {
  const writer = writerOf(config);
  return {
    name,
    folder,
    state: "ready",
    kind: config.kind,
    ...(writer === undefined ? {} : { languageModel: writer.kind }),
    architecture: architectureName(config),
    precision: precisionName(manifest) ?? precisionsOf(manifest),
    bytes: totalBytes(manifest.files),
  };
}
