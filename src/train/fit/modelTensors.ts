/**
 * A converted model as something that can learn: which of its data files hold what learns, and the tensors of the
 * checkpoint that lie in them. The checkpoint itself is not needed, and seldom there any more.
 */

import { open } from "node:fs/promises";
import path from "node:path";
import { defined } from "../../base/assert";
import { AppError } from "../../base/errors";
import { CheckpointWeights } from "../../convert/checkpoint/checkpointWeights";
import { bytesWithin } from "../../convert/checkpoint/dtype";
import { NotedWeights } from "../../convert/checkpoint/notedWeights";
import type { ElementRange, TensorInfo } from "../../convert/checkpoint/tensorInfo";
import type { TensorBytes } from "../../convert/checkpoint/tensorReader";
import { planModel, type ModelPlan } from "../../convert/plan/modelPlan";
import type { DataFilePlan } from "../../convert/weights/dataFile";
import { readStored, spreadOver } from "../../convert/weights/storedValues";
import type { ModelFolder } from "../../engine/session/modelFolder";
import type { StoredTensor } from "../output/safetensorsFile";

/** Everything between the two frozen models: Q-Former, queries, projections, heads. */
function learns(tensor: string): boolean {
  return !/^(vision_model|language_model)\./.test(tensor);
}

export interface LearningModel {
  readonly plan: ModelPlan;
  /** Files with tensors that learn; the others stay as they are. */
  readonly files: readonly DataFilePlan[];
}

/**
 * Plans a model as its converter did.
 * @param values of the tensors that are written; a plan that is only read needs none.
 * @throws AppError `model.unsupported` for a folder that another version laid out otherwise.
 */
export function planLearning(
  { manifest, config, folder }: Pick<ModelFolder, "manifest" | "config" | "folder">,
  values: ReadonlyMap<string, StoredTensor> = new Map(),
): LearningModel {
  const weights = new CheckpointWeights(new NotedWeights(), new HeldTensors(values));
  const plan = planModel(config, weights, (part) => {
    const entry = manifest.parts.find(({ name }) => name === part);
    return defined(entry, `The part ${part} of the manifest`).precision;
  });
  const sizes = new Map(manifest.files.map(({ path: name, bytes }) => [name, bytes]));
  for (const { fileName, bytes } of plan.dataFiles) {
    if (sizes.get(fileName) === bytes) continue;
    throw new AppError(
      "model.unsupported",
      `${path.join(folder, fileName)} was laid out by another version of Sightline, so nothing can be learnt with ` +
        "this model. Convert its checkpoint again.",
      { detail: { file: folder } },
    );
  }
  const files = plan.dataFiles.filter(({ entries }) =>
    entries.some(({ entry }) => entry.tensors.some(({ name }) => learns(name))),
  );
  return { plan, files };
}

/**
 * The tensors of a model that can learn, and others that lie in the same files. What was rounded when the model was
 * converted is as it was rounded.
 * @throws AppError `model.corrupt` when a file cannot be read.
 */
export async function readLearning(
  { folder }: Pick<ModelFolder, "folder">,
  { files }: Pick<LearningModel, "files">,
): Promise<Map<string, StoredTensor>> {
  const tensors = new Map<string, StoredTensor>();
  for (const { fileName, entries } of files) {
    const file = path.join(folder, fileName);
    const shapes = new Map(
      entries.flatMap(({ entry }) => entry.tensors.map(({ name, shape }) => [name, shape])),
    );
    const handle = await open(file).catch((cause: unknown) => {
      throw unreadable(file, cause);
    });
    try {
      for (const placed of exactFirst(entries)) {
        const values = await readStored({ handle, path: file }, placed);
        spreadOver(placed.entry.stored.source, values, (name, part) => {
          const shape = defined(shapes.get(name), `The shape of ${name}`);
          if (!tensors.has(name)) tensors.set(name, { shape, values: part });
        });
      }
    } catch (cause) {
      throw unreadable(file, cause);
    } finally {
      await handle.close();
    }
  }
  return tensors;
}

/** A table of words is also a head, which may be rounded. */
function exactFirst(entries: DataFilePlan["entries"]): DataFilePlan["entries"] {
  const isExact = ({ entry }: (typeof entries)[number]): boolean =>
    entry.stored.layout.kind === "plain";
  return [...entries.filter(isExact), ...entries.filter((placed) => !isExact(placed))];
}

function unreadable(file: string, cause: unknown): AppError {
  return new AppError(
    "model.corrupt",
    `${file} cannot be read. Delete the model and convert the checkpoint again.`,
    { cause, detail: { file } },
  );
}

/** Tensors in memory, as a converter reads those of files. */
class HeldTensors implements TensorBytes {
  readonly #tensors: ReadonlyMap<string, StoredTensor>;

  constructor(tensors: ReadonlyMap<string, StoredTensor>) {
    this.#tensors = tensors;
  }

  read({ name }: TensorInfo, range?: ElementRange, into?: Uint8Array): Promise<Uint8Array> {
    const { values } = defined(this.#tensors.get(name), `The values of ${name}`);
    const { start, count } = range ?? { start: 0, count: values.length };
    const part = values.slice(start, start + count);
    const bytes = bytesWithin(part, "F32");
    if (into === undefined) return Promise.resolve(bytes);
    into.set(bytes);
    return Promise.resolve(into.subarray(0, bytes.length));
  }
}
