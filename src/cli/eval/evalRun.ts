/** What a run of a benchmark is about. */

import path from "node:path";
import type { ModelFolder } from "../../engine/session/modelFolder";
import type { FoundModel } from "../../library/open/openNamedModel";
import type { Benchmark, EvalItem } from "../../measure/eval/data/benchmark";
import type { RunIdentity } from "../../measure/eval/predict/runInfo";
import { type Shard, shardFile } from "../../measure/eval/predict/shard";
import type { EvalTask } from "../../measure/eval/tasks";

/** All that a run is about, before a model is loaded. */
export interface EvalRun {
  readonly task: EvalTask;
  readonly benchmark: Benchmark;
  /** Of the run, with their pictures. */
  readonly items: readonly (EvalItem & { readonly file: string })[];
  readonly found: FoundModel;
  readonly model: ModelFolder;
  readonly shard: Shard;
  /** Of all shards. */
  readonly predictions: string;
  readonly identityOn: (device: string) => RunIdentity;
}

/** What the predictions of this shard are written to. */
export function shardPredictions({ predictions, shard }: EvalRun): string {
  return path.join(path.dirname(predictions), shardFile(path.basename(predictions), shard));
}
