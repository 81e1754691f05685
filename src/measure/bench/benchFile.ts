/** Reads figures and reports that another process or an earlier bench wrote. */

import { readFile } from "node:fs/promises";
import { AppError, type ErrorCode } from "../../base/errors";
import { JsonObject } from "../../base/json";
import { type BenchFigures, OPTIONAL_FIGURES } from "./benchFigures";
import type { BenchLimits, MachineSpeed } from "./benchLimits";
import {
  type BenchConversion,
  type BenchMachine,
  type BenchReport,
  type BenchVersions,
  DTYPES,
  type OurReport,
  type ProfileRow,
  type ReferenceReport,
} from "./benchReport";
import { DEVICES } from "../../model/ask/device";

/**
 * Every report in a file that `bench --json` printed, one on each line.
 * @throws AppError `option.invalid` when the file cannot be read or holds anything else.
 */
export async function readReports(file: string): Promise<readonly BenchReport[]> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : "an unknown reason";
    throw new AppError("option.invalid", `${file} cannot be read: ${why}.`, { cause });
  }
  const reports = text.split("\n").filter((line) => line.trim() !== "");
  if (reports.length === 0) {
    throw new AppError("option.invalid", `${file} is empty. Save what bench --json prints.`);
  }
  return reports.map((line) => parseReport(line, file));
}

/** @throws AppError `option.invalid` for anything else than a report. */
export function parseReport(text: string, file: string): BenchReport {
  const json: JsonObject = JsonObject.parse(text, { file, code: "option.invalid" });
  const ours = objects(json, "ours").map(ourReport);
  if (ours.length === 0) json.fail("ours", "a list with a measurement");
  const device = DEVICES.find((known) => known === json.string("device"));
  if (device === undefined) json.fail("device", "the name of a device");
  return {
    model: json.string("model"),
    date: json.string("date"),
    runs: json.integer("runs", { min: 1, max: Number.MAX_SAFE_INTEGER }),
    device,
    machine: machineOf(json.object("machine")),
    versions: versionsOf(json.object("versions")),
    ...(json.has("speed") ? { speed: speedOf(json.object("speed")) } : {}),
    ours,
    transformers: objects(json, "transformers").map(referenceReport),
  };
}

/** @throws the object's own error when a figure is absent or no number. */
export function figuresOf(json: JsonObject): BenchFigures {
  return {
    load: amount(json, "load"),
    preprocess: amount(json, "preprocess"),
    vision: amount(json, "vision"),
    qformer: amount(json, "qformer"),
    prefill: amount(json, "prefill"),
    token: amount(json, "token"),
    firstToken: amount(json, "firstToken"),
    answer: amount(json, "answer"),
    followUp: amount(json, "followUp"),
    beams: amount(json, "beams"),
    peakBytes: amount(json, "peakBytes"),
    ...Object.fromEntries(
      OPTIONAL_FIGURES.flatMap((name) => (json.has(name) ? [[name, amount(json, name)]] : [])),
    ),
  };
}

/** @throws the object's own error, as `figuresOf`. */
export function conversionOf(json: JsonObject): BenchConversion {
  return {
    convert: amount(json, "convert"),
    copy: amount(json, "copy"),
    checkpointBytes: amount(json, "checkpointBytes"),
    modelBytes: amount(json, "modelBytes"),
    peakBytes: amount(json, "peakBytes"),
  };
}

/** The rows below `profile`. @throws the object's own error, as `figuresOf`. */
export function profileOf(json: JsonObject): readonly ProfileRow[] {
  return objects(json, "profile").map((row) => ({
    part: row.string("part"),
    operator: row.string("operator"),
    milliseconds: amount(row, "milliseconds"),
  }));
}

/** @throws the object's own error, as `figuresOf`. */
export function speedOf(json: JsonObject): MachineSpeed {
  return {
    int8PerSecond: amount(json, "int8PerSecond"),
    unsignedPerSecond: amount(json, "unsignedPerSecond"),
    bytesPerSecond: amount(json, "bytesPerSecond"),
  };
}

/** One line that a program printed. @throws AppError `engine.exited` when it is no JSON object. */
export function parseOutput(line: string): JsonObject {
  const code: ErrorCode = "engine.exited";
  return JsonObject.parse(line, { file: "The output of a measurement", code });
}

function ourReport(json: JsonObject): OurReport {
  return {
    precision: json.string("precision"),
    figures: figuresOf(json.object("figures")),
    ...(json.has("limits") ? { limits: limitsOf(json.object("limits")) } : {}),
    ...(json.has("conversion") ? { conversion: conversionOf(json.object("conversion")) } : {}),
    ...(json.has("profile") ? { profile: profileOf(json) } : {}),
  };
}

function referenceReport(json: JsonObject): ReferenceReport {
  const dtype = DTYPES.find((known) => known === json.string("dtype"));
  if (dtype === undefined) json.fail("dtype", DTYPES.join(", "));
  return { dtype, device: json.string("device"), figures: figuresOf(json.object("figures")) };
}

function limitsOf(json: JsonObject): BenchLimits {
  return {
    vision: amount(json, "vision"),
    qformer: amount(json, "qformer"),
    prefill: amount(json, "prefill"),
    token: amount(json, "token"),
    firstToken: amount(json, "firstToken"),
    answer: amount(json, "answer"),
    followUp: amount(json, "followUp"),
  };
}

function machineOf(json: JsonObject): BenchMachine {
  return {
    processor: json.string("processor"),
    nCores: amount(json, "nCores"),
    simd: json.array("simd").map(String),
    memoryBytes: amount(json, "memoryBytes"),
    adapters: json.array("adapters").map(String),
  };
}

function versionsOf(json: JsonObject): BenchVersions {
  return {
    sightline: json.string("sightline"),
    ...(json.has("onnxRuntime") ? { onnxRuntime: json.string("onnxRuntime") } : {}),
    ...(json.has("torch") ? { torch: json.string("torch") } : {}),
    ...(json.has("transformers") ? { transformers: json.string("transformers") } : {}),
  };
}

/** A finite number that is not negative: times, bytes and counts. */
function amount(json: JsonObject, key: string): number {
  const value = json.number(key);
  return value >= 0 ? value : json.fail(key, "0 or more");
}

function objects(json: JsonObject, key: string): readonly JsonObject[] {
  const { file, code } = json;
  return json
    .array(key)
    .map((value, i) => new JsonObject(value, { file, code, path: `${key}.${i}` }));
}
