/** What made predictions: written beside them, and compared before a run goes on. */

import { readFile } from "node:fs/promises";
import { AppError } from "../../../base/errors";
import { JsonObject } from "../../../base/json";
import type { EvalTask } from "../tasks";
import { writeBeside } from "./predictionFile";
import type { Preset } from "./preset";

/** What two runs must share for their predictions to belong together. */
export interface RunIdentity {
  readonly task: EvalTask;
  readonly split: string;
  readonly model: string;
  /** The same for the same weights in the same precision. */
  readonly modelHash: string;
  readonly precision: string;
  readonly device: string;
  /** Absent for retrieval, which has nothing to choose. */
  readonly preset?: Preset;
  /** Of retrieval: length of the shortlists. */
  readonly k?: number;
  readonly versions: { readonly sightline: string; readonly onnxRuntime?: string };
  /** Items of the benchmark's file, and those of them that the run is about. */
  readonly of: number;
  readonly n: number;
}

export interface RunInfo extends RunIdentity {
  /** "1/2" of a run that was divided. */
  readonly shard?: string;
  readonly processor: string;
  /** From the first item to the last, of all its starts. */
  readonly seconds: number;
  /** Of them in the engine. */
  readonly engineSeconds: number;
  /** Items that these seconds were for; fewer than n where a start was killed. */
  readonly timed: number;
}

export function infoFile(predictions: string): string {
  return predictions.replace(/\.json$/, ".info.json");
}

/** @throws AppError `document.unwritable`. */
export async function writeInfo(predictions: string, info: RunInfo): Promise<void> {
  await writeBeside(infoFile(predictions), `${JSON.stringify(info, undefined, 2)}\n`);
}

/** Undefined when there is none. @throws AppError `document.unparsable`. */
export async function readInfo(predictions: string): Promise<RunInfo | undefined> {
  const file = infoFile(predictions);
  const text = await readFile(file, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const fields = JsonObject.parse(text, { file, code: "document.unparsable" });
  // Of its own making; what is compared or added up is checked.
  for (const key of ["seconds", "engineSeconds", "timed", "n", "of"]) fields.number(key);
  return JSON.parse(text) as RunInfo;
}

const COMPARED = [
  "task", "split", "modelHash", "precision", "device", "preset", "k", "versions", "of", "n",
] as const satisfies readonly (keyof RunIdentity)[]; // prettier-ignore

/** @throws AppError `option.invalid` naming what differs. */
export function expectSameRun(earlier: RunInfo, now: RunIdentity, file: string): void {
  for (const key of COMPARED) {
    const [before, after] = [earlier[key], now[key]].map((value) => JSON.stringify(value ?? null));
    if (before === after) continue;
    throw new AppError(
      "option.invalid",
      `The predictions in ${file} were made with another ${key}: ${before}, and now it is ${after}. Name another folder with --out.`,
      { detail: { file } },
    );
  }
}
