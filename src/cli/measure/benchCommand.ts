/** `bench`: models of a published size are made once, then timed in a fresh process at each run. */

import { stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { AppError, throwIfAborted } from "../../base/errors";
import { drawChart } from "./benchChart";
import { benchConfig, writeBenchCheckpoint } from "../../measure/bench/benchCheckpoint";
import type { BenchModel } from "../../measure/bench/benchModels";
import { measureConversion } from "../../measure/bench/benchConversion";
import { readReports } from "../../measure/bench/benchFile";
import { measureModel } from "../../measure/bench/benchMeasure";
import { parseConversion, runProgram } from "../../measure/bench/benchProcess";
import { profileModel } from "../../measure/bench/benchProfile";
import {
  type BenchConversion,
  type BenchReport,
  DTYPES,
  type ReferenceDtype,
} from "../../measure/bench/benchReport";
import { benchNotes, benchProfiles, benchTable } from "./benchTable";
import { type Reference, type TimedModel, timeInTurn } from "../../measure/bench/benchTurns";
import type { CliContext } from "../terminal/cliContext";
import { EXIT } from "../terminal/failure";
import type { OutputFlags } from "../terminal/flags";
import { openModelFolder } from "../../engine/session/modelFolder";
import type { Device } from "../../model/ask/device";
import { MANIFEST_FILE } from "../../model/folder/manifest";
import { RETRIEVAL_DEMO } from "../../model/folder/world";
import { parsePrecisionPlan } from "../../model/precision/precision";

export interface BenchFlags extends OutputFlags {
  readonly model: BenchModel;
  /** Precisions with commas between; a comma before `part=` belongs to one precision. */
  readonly precision: string;
  readonly device: Device;
  readonly runs: number;
  /** A Python with torch and transformers, to time beside us. */
  readonly python?: string;
  /** Time each precision a second time with the image encoder held in memory. */
  readonly whole?: boolean;
  /** Tell afterwards which operators take the time of an answer. */
  readonly profile?: boolean;
  /** Number formats of transformers with commas between. */
  readonly dtype?: string;
  readonly dir?: string;
  /** File to draw the report into. */
  readonly chart?: string;
  /** Files of earlier reports, to be told and drawn again. */
  readonly from?: readonly string[];
  /** In the process that a run starts: the model folder to time. */
  readonly measure?: string;
  /** In the process that converts: the checkpoint, and `measure` is the folder to be made. */
  readonly convert?: string;
}

/**
 * Times models, and transformers in turn with them; or tells of earlier reports.
 * @throws AppError `option.invalid`, `convert.failed`, `engine.exited` when a run fails,
 * `request.cancelled`, and as `importModel`.
 */
export async function bench(context: CliContext, flags: BenchFlags): Promise<number> {
  if (flags.measure !== undefined) return measureHere(context, flags.measure, flags);
  const reports =
    flags.from === undefined
      ? [await timeModels(context, flags)]
      : (await Promise.all(flags.from.map(readReports))).flat();
  const { printer } = context;
  for (const report of reports) {
    if (printer.isJson) printer.json(report);
    else {
      printer.text(`${report.model} on ${report.device}\n`);
      printer.text(`${benchTable(report)}${benchProfiles(report)}${benchNotes(report)}`);
    }
  }
  if (flags.chart !== undefined) await writeChart(flags.chart, reports);
  return EXIT.ok;
}

/** `balanced,int8:64,decoder=int4` → `balanced` and `int8:64,decoder=int4`. */
export function splitPrecisions(list: string): readonly string[] {
  const precisions: string[] = [];
  for (const item of list.split(",")) {
    const last = precisions.pop();
    if (last === undefined) precisions.push(item);
    else if (item.includes("=")) precisions.push(`${last},${item}`);
    else precisions.push(last, item);
  }
  return precisions;
}

/** What a run or a conversion in a process of its own does. */
async function measureHere(
  { printer, store, signal, host }: CliContext,
  folder: string,
  flags: BenchFlags,
): Promise<number> {
  const { device, convert: checkpoint, precision } = flags;
  if (checkpoint === undefined) {
    const how = flags.whole === true ? { inFileFromBytes: Infinity } : {};
    printer.json(
      flags.profile === true
        ? { profile: await profileModel({ folder, signal, ...how }) }
        : await measureModel({ folder, device, signal, ...how }),
    );
    return EXIT.ok;
  }
  const converting = printer.progress("Converting");
  try {
    const onProgress = converting.update;
    const { startWorkers } = host;
    const run = { precision, signal, onProgress, startWorkers };
    printer.json(await measureConversion({ checkpoint, out: folder, store, ...run }));
  } finally {
    converting.end();
  }
  return EXIT.ok;
}

async function timeModels(context: CliContext, flags: BenchFlags): Promise<BenchReport> {
  const { printer, signal, host } = context;
  const precisions = splitPrecisions(flags.precision);
  // A wrong flag is told before gigabytes are written.
  for (const precision of precisions) parsePrecisionPlan(precision);
  const { runs: nRuns } = flags;
  if (!Number.isInteger(nRuns) || nRuns < 1) {
    throw new AppError("option.invalid", `--runs must be a whole number above 0, not ${nRuns}.`);
  }
  if (flags.profile === true && flags.device !== "cpu") {
    throw new AppError(
      "option.invalid",
      `--profile reads the operators of the CPU, not of ${flags.device}.`,
    );
  }
  const reference = await referenceOf(context, flags);
  const dir = benchFolder(context, flags);
  const checkpoint = path.join(dir, "checkpoint");
  const models: TimedModel[] = [];
  for (const precision of precisions) {
    throwIfAborted(signal);
    const timed = await makeModel(context, { flags, dir, checkpoint, precision });
    models.push(timed);
    if (flags.whole !== true) continue;
    models.push({ precision: `${precision}, whole`, model: timed.model, isWhole: true });
  }
  const report = await timeInTurn({
    model: flags.model,
    device: flags.device,
    nRuns,
    models,
    signal,
    version: host.version,
    ...(reference === undefined
      ? {}
      : { reference: { ...reference, configFile: path.join(checkpoint, "config.json") } }),
    onRun: (run) => {
      printer.note(`Run ${run} of ${nRuns}.`);
    },
    hasProfile: flags.profile === true,
  });
  printer.note(`The checkpoint and the models stay in ${dir}; delete it when you are done.`);
  return report;
}

const benchFolder = ({ store }: CliContext, { dir, model }: BenchFlags): string =>
  path.resolve(dir ?? path.join(store.root, "bench"), model);

/** bf16 is emulated on processors without an instruction for it, and then f32 is the faster one. */
const DEFAULT_DTYPES = { cpu: "bf16,f32", adapter: "f16" } as const;

/** Not part of the packages, because nobody needs Python to use the program. @throws AppError `option.invalid`. */
export async function pythonScript({ host }: CliContext, name: string): Promise<string> {
  const root = path.dirname(path.dirname(host.demoCheckpoint));
  const script = path.join(root, "test", "tools", name);
  if (await isFile(script)) return script;
  throw new AppError(
    "option.invalid",
    `--python needs ${script}, which is in the source repository only. Run the bench from there.`,
  );
}

/** @throws AppError `option.invalid` for a number format, or without the script. */
async function referenceOf(
  context: CliContext,
  { python, device, dtype }: BenchFlags,
): Promise<Omit<Reference, "configFile"> | undefined> {
  if (python === undefined) return undefined;
  const script = await pythonScript(context, "benchTransformers.py");
  const list = dtype ?? DEFAULT_DTYPES[device === "cpu" ? "cpu" : "adapter"];
  return { python, script, dtypes: list.split(",").map(parseDtype) };
}

function parseDtype(text: string): ReferenceDtype {
  const known = DTYPES.find((name) => name === text);
  if (known !== undefined) return known;
  throw new AppError("option.invalid", `--dtype takes ${DTYPES.join(", ")}, not "${text}".`);
}

interface ModelToMake {
  readonly flags: BenchFlags;
  readonly dir: string;
  readonly checkpoint: string;
  readonly precision: string;
}

/** Makes what is missing of checkpoint and model. */
async function makeModel(context: CliContext, toMake: ModelToMake): Promise<TimedModel> {
  const { dir, checkpoint, precision } = toMake;
  const folder = path.join(dir, precision.replace(/[^A-Za-z0-9]+/g, "-"));
  if (await isFile(path.join(folder, MANIFEST_FILE))) {
    return { precision, model: await openModelFolder(folder) };
  }
  if (!(await isFile(path.join(checkpoint, "model.safetensors.index.json")))) {
    await writeCheckpoint(context, toMake);
  }
  const conversion = await convertApart(context, { checkpoint, folder, precision });
  return { precision, model: await openModelFolder(folder), conversion };
}

async function writeCheckpoint(
  { printer, signal, host }: CliContext,
  { flags, checkpoint }: ModelToMake,
): Promise<void> {
  const writing = printer.progress("Writing the checkpoint");
  try {
    await writeBenchCheckpoint({
      config: benchConfig(flags.model),
      folder: checkpoint,
      signal,
      tokenizerFrom: tokenizerFolder(host.demoCheckpoint, flags.model),
      onProgress: writing.update,
    });
  } catch (cause) {
    throw unwritable(checkpoint, cause);
  } finally {
    writing.end();
  }
}

/** BLIP's text models have the tokenizer of BERT, as the retrieval demo does. */
function tokenizerFolder(demoCheckpoint: string, model: BenchModel): string {
  return model.startsWith("blip-")
    ? path.join(path.dirname(demoCheckpoint), RETRIEVAL_DEMO)
    : demoCheckpoint;
}

/** In a process of its own, whose peak of memory is that of the conversion. */
async function convertApart(
  { printer, signal }: CliContext,
  at: { readonly checkpoint: string; readonly folder: string; readonly precision: string },
): Promise<BenchConversion> {
  const { checkpoint, folder, precision } = at;
  printer.note(`Converting to ${precision}, and copying the checkpoint to compare.`);
  const args = ["--measure", folder, "--convert", checkpoint, "--precision", precision];
  const line = await runProgram(
    process.execPath,
    [process.argv[1] ?? "", "bench", ...args, "--json"],
    { signal },
  );
  return parseConversion(line);
}

function unwritable(folder: string, cause: unknown): AppError {
  if (cause instanceof AppError) return cause;
  const why = cause instanceof Error ? cause.message : "an unknown reason";
  return new AppError(
    "convert.failed",
    `The checkpoint could not be written to ${folder}: ${why}. It needs 16 GB; choose another folder with --dir.`,
    { cause },
  );
}

async function writeChart(file: string, reports: readonly BenchReport[]): Promise<void> {
  try {
    await writeFile(file, drawChart(reports));
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    const why = cause instanceof Error ? cause.message : "an unknown reason";
    throw new AppError("option.invalid", `The chart cannot be written to ${file}: ${why}.`, {
      cause,
    });
  }
}

async function isFile(file: string): Promise<boolean> {
  return (await stat(file).catch(() => undefined))?.isFile() === true;
}
