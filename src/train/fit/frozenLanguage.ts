/** The language model of a converted model, as a graph that learns reads it: from its own files. */

import { mkdir } from "node:fs/promises";
import path from "node:path";
import { defined } from "../../base/assert";
import { CheckpointWeights } from "../../convert/checkpoint/checkpointWeights";
import { NotedWeights } from "../../convert/checkpoint/notedWeights";
import { TensorReader } from "../../convert/checkpoint/tensorReader";
import type { ModelFolder } from "../../engine/session/modelFolder";
import { PART, type PartName } from "../../model/graph/graphContract";
import type { FrozenLanguage } from "../graphs/stage2Graph";
import { planLearning } from "./modelTensors";
import { share } from "./sharedModel";

/** The parts of the language model, by their files. */
export function frozenLanguage(model: ModelFolder): FrozenLanguage {
  const { plan } = planLearning(model);
  return {
    weights: new CheckpointWeights(new NotedWeights(), new TensorReader()),
    part: (name) => {
      const part = plan.parts.find((planned) => planned.name === name);
      const { data, precision } = defined(part, `The part ${name}`);
      return { data: defined(data, `The file of ${name}`), precision };
    },
  };
}

const LANGUAGE_PARTS: readonly PartName[] = [PART.embedTokens, PART.textEncoder, PART.decoder];

/** A graph refers to files in its own folder only. */
export async function shareLanguage({ manifest, folder }: ModelFolder, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const { name, data } of manifest.parts) {
    if (data === undefined || !LANGUAGE_PARTS.includes(name)) continue;
    await share(path.join(folder, data), to);
  }
}
