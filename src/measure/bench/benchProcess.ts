/** Runs a program that measures, and reads the figures that it prints. */

import { spawn } from "node:child_process";
import { AppError } from "../../base/errors";
import { conversionOf, figuresOf, parseOutput, profileOf, speedOf } from "./benchFile";
import type { BenchFigures } from "./benchFigures";
import type { BenchMeasurement } from "./benchMeasure";
import type { BenchConversion, ProfileRow } from "./benchReport";
import type { TrainingMeasurement } from "./benchTraining";

/** How a program runs. */
export interface ProgramRun {
  readonly signal: AbortSignal;
  /** Variables that it has where this process has none of that name. @default none */
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Runs a program to its end; its own messages go to our standard error.
 * @returns the last line that it printed.
 * @throws AppError `engine.exited` when it cannot be started or fails, `request.cancelled`.
 */
export function runProgram(
  program: string,
  args: readonly string[],
  { signal, env: defaults = {} }: ProgramRun,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const env = { ...defaults, ...process.env };
    const child = spawn(program, args, { env, stdio: ["ignore", "pipe", "inherit"], signal });
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
    });
    child.once("error", (cause) => {
      reject(
        signal.aborted
          ? new AppError("request.cancelled", "The request was cancelled.")
          : failed(program, cause.message),
      );
    });
    child.once("close", (code, killedBy) => {
      if (code === 0) resolve(text.trimEnd().split("\n").at(-1) ?? "");
      else reject(failed(program, `it ended with ${code ?? killedBy ?? "no exit code"}`));
    });
  });
}

/** @throws AppError `engine.exited` for anything else than what the measuring process prints. */
export function parseMeasurement(line: string): BenchMeasurement {
  const root = parseOutput(line);
  const figures = figuresOf(root.object("figures"));
  if (!root.has("machine")) return { figures };
  return { figures, machine: speedOf(root.object("machine")) };
}

/** @throws AppError `engine.exited` for anything else than what the converting process prints. */
export function parseConversion(line: string): BenchConversion {
  return conversionOf(parseOutput(line));
}

/** @throws AppError `engine.exited` for anything else than what prints `TrainingMeasurement`. */
export function parseTraining(line: string): TrainingMeasurement {
  const root = parseOutput(line);
  const times = (key: string): readonly number[] => {
    const values = root.array(key).map(Number);
    if (values.length > 0 && values.every((value) => value > 0)) return values;
    return root.fail(key, "times");
  };
  const bounds = { min: 1, max: Number.MAX_SAFE_INTEGER };
  return {
    ...{ stepMs: times("stepMs"), cpuMs: times("cpuMs") },
    peakBytes: root.integer("peakBytes", bounds),
    parameters: root.integer("parameters", bounds),
  };
}

/** @throws AppError `engine.exited` for anything else than what the profiling process prints. */
export function parseProfile(line: string): readonly ProfileRow[] {
  return profileOf(parseOutput(line));
}

/** What the script that times transformers says. */
export interface ReferenceMeasurement {
  readonly figures: BenchFigures;
  /** Where it computed, as torch names it. */
  readonly device: string;
  readonly versions: { readonly torch: string; readonly transformers: string };
}

/** @throws AppError `engine.exited` for anything else than what the script prints. */
export function parseReference(line: string): ReferenceMeasurement {
  const root = parseOutput(line);
  const versions = root.object("versions");
  return {
    figures: figuresOf(root.object("figures")),
    device: root.string("device"),
    versions: { torch: versions.string("torch"), transformers: versions.string("transformers") },
  };
}

function failed(program: string, why: string): AppError {
  return new AppError(
    "engine.exited",
    `${program} could not measure: ${why}. Its own message, if it gave one, is above.`,
  );
}
