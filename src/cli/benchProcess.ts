/** Runs a program that measures, and reads the figures that it prints. */

import { spawn } from "node:child_process";
import { AppError } from "../base/errors";
import { JsonObject } from "../base/json";
import type { BenchFigures } from "./benchFigures";
import type { BenchMeasurement } from "./benchMeasure";

/**
 * Runs a program to its end; its own messages go to our standard error.
 * @returns the last line that it printed.
 * @throws AppError `engine.exited` when it cannot be started or fails, `request.cancelled`.
 */
export function runProgram(
  program: string,
  args: readonly string[],
  signal: AbortSignal,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"], signal });
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
  const root = JsonObject.parse(line, { file: OUTPUT, code: "engine.exited" });
  const machine = root.object("machine");
  return {
    figures: figuresOf(root.object("figures")),
    machine: {
      int8PerSecond: machine.number("int8PerSecond"),
      bytesPerSecond: machine.number("bytesPerSecond"),
    },
  };
}

/** @throws AppError `engine.exited` for anything else than figures. */
export function parseFigures(line: string): BenchFigures {
  return figuresOf(JsonObject.parse(line, { file: OUTPUT, code: "engine.exited" }));
}

/** What to call it in a message. */
const OUTPUT = "The output of a measurement";

function figuresOf(json: JsonObject): BenchFigures {
  return {
    load: json.number("load"),
    preprocess: json.number("preprocess"),
    vision: json.number("vision"),
    qformer: json.number("qformer"),
    prefill: json.number("prefill"),
    token: json.number("token"),
    firstToken: json.number("firstToken"),
    answer: json.number("answer"),
    followUp: json.number("followUp"),
    beams: json.number("beams"),
    peakBytes: json.number("peakBytes"),
  };
}

function failed(program: string, why: string): AppError {
  return new AppError(
    "engine.exited",
    `${program} could not measure: ${why}. Its own message, if it gave one, is above.`,
  );
}
