/** What a run of a benchmark is about. */

import path from "node:path";
import type { ModelConfig } from "../../model/config/modelConfig";
import type { PresetName, PromptStyle } from "../../measure/eval/predict/preset";
import type { FoundModel } from "../../library/open/openNamedModel";
import type { Benchmark, EvalItem } from "../../measure/eval/data/benchmark";
import type { RunIdentity } from "../../measure/eval/predict/runInfo";
import { type Shard, shardFile } from "../../measure/eval/predict/shard";
import type { EvalTask } from "../../measure/eval/tasks";
import type { ModelFlags } from "../terminal/flags";
import type { ScoringFlags } from "./evalScoreCommand";

export interface EvalFlags extends Omit<ModelFlags, "alpha">, Omit<ScoringFlags, "split"> {
  readonly data: string;
  readonly split?: string;
  readonly preset: PresetName;
  readonly shard?: string;
  /** Of this machine, each with a part. @default 1 */
  readonly processes?: number;
  readonly out?: string;
  readonly limit?: number;
}

/** What is evaluated: a model of this machine, or what a server has. */
export interface EvalSubject {
  readonly name: string;
  /** What `--model` says of it once it was found. */
  readonly model: string;
  readonly modelHash: string;
  readonly precision: string;
  readonly style: PromptStyle;
  /** Of this machine's models. */
  readonly here?: { readonly found: FoundModel; readonly config: ModelConfig };
}

/** All that a run is about, before a model is loaded. */
export interface EvalRun {
  readonly task: EvalTask;
  readonly benchmark: Benchmark;
  /** Of the run, with their pictures. */
  readonly items: readonly (EvalItem & { readonly file: string })[];
  readonly subject: EvalSubject;
  readonly shard: Shard;
  /** Of all shards. */
  readonly predictions: string;
  readonly identityOn: (device: string) => RunIdentity;
}

/** What the predictions of this shard are written to. */
export function shardPredictions({ predictions, shard }: EvalRun): string {
  return path.join(path.dirname(predictions), shardFile(path.basename(predictions), shard));
}
