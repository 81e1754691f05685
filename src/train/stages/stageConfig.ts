/** The file that `train stage1` and `train stage2` are told by: what begins, what is learnt from, and how. */

import { readFile } from "node:fs/promises";
import path from "node:path";
import { AppError } from "../../base/errors";
import { JsonObject } from "../../base/json";
import { OBJECTIVES, type Objective } from "../graphs/stage1Graph";

export interface StageConfig {
  /** Folder of a checkpoint in Hugging Face's layout; paths are given from the file's own folder. */
  readonly start: string;
  /** Pairs, as `readPairs` takes them. */
  readonly pairs: string;
  /** Folder for checkpoint, log and chart. */
  readonly out: string;
  readonly steps: number;
  /** Pictures with texts in a step. */
  readonly batch: number;
  readonly rate: number;
  readonly warmupRate: number;
  readonly warmupSteps: number;
  readonly minRate: number;
  readonly weightDecay: number;
  readonly beta2: number;
  /** Gradients are scaled down to it; 0 for no limit. */
  readonly maxNorm: number;
  /** The temperature of contrast never falls below it. */
  readonly leastTemperature: number;
  /** Tokens of a text, both ends included; longer ones are cut. */
  readonly textLength: number;
  /** Part of the pairs that is only looked at. */
  readonly heldOut: number;
  readonly seed: number;
  /** Steps between two checkpoints, and between two looks at the held-out pairs. */
  readonly saveEvery: number;
  readonly validateEvery: number;
  /** What computes the steps. */
  readonly device: TrainingPlace;
  /** Of stage 1. */
  readonly objectives: readonly Objective[];
}

/** Devices that have the operators of backward. */
const PLACES = ["cpu", "webgpu"] as const;
export type TrainingPlace = (typeof PLACES)[number];

const MOST = 1e9;

/** Keys with what they are when they are left out; the others must be there. */
const KEYS: ReadonlySet<string> = new Set([
  ...["start", "pairs", "out", "steps", "batch", "rate", "warmupRate", "warmupSteps", "minRate"],
  ...["weightDecay", "beta2", "maxNorm", "leastTemperature", "textLength", "heldOut", "seed"],
  ...["saveEvery", "validateEvery", "device", "objectives"],
]);

/** @throws AppError `option.invalid` naming file and key, `document.missing` for a file that cannot be read. */
export async function readStageConfig(file: string): Promise<StageConfig> {
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new AppError("document.missing", `${file} cannot be read.`, { cause, detail: { file } });
  });
  const json = JsonObject.parse(text, { file, code: "option.invalid" });
  const unknown = json.keys().find((key) => !KEYS.has(key));
  if (unknown !== undefined) json.fail(unknown, `one of ${[...KEYS].join(", ")}`);
  const base = path.dirname(path.resolve(file));
  const place = (key: string): string => path.resolve(base, json.string(key));
  const count = (key: string, fallback?: number, min = 1): number =>
    json.integer(key, { min, max: MOST, ...(fallback === undefined ? {} : { fallback }) });
  const between = (key: string, fallback: number, most: number): number => {
    const value = json.number(key, fallback);
    return value >= 0 && value <= most ? value : json.fail(key, `a number from 0 to ${most}`);
  };
  const steps = count("steps");
  return {
    ...{ start: place("start"), pairs: place("pairs"), out: place("out"), steps },
    batch: count("batch", 8, 2),
    rate: between("rate", 1e-4, 1),
    warmupRate: between("warmupRate", 0, 1),
    warmupSteps: count("warmupSteps", Math.round(steps / 10), 0),
    minRate: between("minRate", 0, 1),
    weightDecay: between("weightDecay", 0.05, 1),
    beta2: between("beta2", 0.98, 1),
    maxNorm: between("maxNorm", 0, MOST),
    leastTemperature: between("leastTemperature", 0.01, 1),
    textLength: count("textLength", 32, 4),
    heldOut: between("heldOut", 0.1, 0.9),
    seed: count("seed", 1, 0),
    saveEvery: count("saveEvery", 100),
    validateEvery: count("validateEvery", 500),
    device: placeOf(json),
    objectives: objectivesOf(json),
  };
}

function placeOf(json: JsonObject): TrainingPlace {
  if (!json.has("device")) return "cpu";
  const known = PLACES.find((place) => place === json.raw("device"));
  return known ?? json.fail("device", `one of ${PLACES.join(", ")}`);
}

function objectivesOf(json: JsonObject): readonly Objective[] {
  if (!json.has("objectives")) return OBJECTIVES;
  const named = json.array("objectives");
  const known = OBJECTIVES.filter((name) => named.includes(name));
  if (known.length === named.length && known.length > 0) return known;
  return json.fail("objectives", `a list of ${OBJECTIVES.join(", ")}`);
}
