/** `bench`: a model of a published size is made once, then timed in a fresh process at each run. */

import { stat } from "node:fs/promises";
import path from "node:path";
import { AppError, throwIfAborted } from "../base/errors";
import { importModel } from "../library/importModel";
import { openModelFolder, type ModelFolder } from "../engine/modelFolder";
import { MANIFEST_FILE } from "../model/manifest";
import { parsePrecisionPlan } from "../model/precision";
import {
  benchConfig,
  benchTensors,
  writeBenchCheckpoint,
  type BenchModel,
} from "./benchCheckpoint";
import { BEAMS, NEW_TOKENS, PROMPT_TOKENS, type BenchFigures } from "./benchFigures";
import { limitsOf, workOf, type MachineSpeed } from "./benchLimits";
import { measureModel, type BenchMeasurement } from "./benchMeasure";
import { parseFigures, parseMeasurement, runProgram } from "./benchProcess";
import { benchTable, reportOf, type BenchRuns } from "./benchReport";
import type { CliContext } from "./cliContext";
import { EXIT } from "./failure";
import type { OutputFlags } from "./flags";

export interface BenchFlags extends OutputFlags {
  readonly model: BenchModel;
  readonly precision: string;
  readonly runs: number;
  /** A Python with torch and transformers, to time beside us. */
  readonly python?: string;
  readonly dir?: string;
  /** In the process that a run starts: the model folder to time. */
  readonly measure?: string;
}

/**
 * Times a model, and transformers in turn with it.
 * @throws AppError `option.invalid`, `convert.failed`, `engine.exited` when a run fails,
 * `request.cancelled`, and as `importModel`.
 */
export async function bench(context: CliContext, flags: BenchFlags): Promise<number> {
  const { printer, signal, host } = context;
  if (flags.measure !== undefined) {
    printer.json(await measureModel(flags.measure, signal));
    return EXIT.ok;
  }
  // A wrong flag is told before gigabytes are written.
  parsePrecisionPlan(flags.precision);
  const { runs: nRuns } = flags;
  if (!Number.isInteger(nRuns) || nRuns < 1) {
    throw new AppError("option.invalid", `--runs must be a whole number above 0, not ${nRuns}.`);
  }
  const script = path.join(path.dirname(path.dirname(host.demoCheckpoint)), REFERENCE_SCRIPT);
  if (flags.python !== undefined) await expectScript(script);
  const place = await prepare(context, flags);
  const ours: BenchMeasurement[] = [];
  const transformers: BenchFigures[] = [];
  for (let run = 1; run <= nRuns; run++) {
    throwIfAborted(signal);
    printer.note(`Run ${run} of ${nRuns}.`);
    ours.push(await timeOurs(place.folder, signal));
    if (flags.python !== undefined) {
      transformers.push(await timeTransformers(flags.python, { script, place, signal }));
    }
  }
  const runs = runsOf(flags, { ours, transformers, model: place.model });
  const report = reportOf(runs);
  if (printer.isJson) printer.json(report);
  else {
    printer.text(`${flags.model}, ${flags.precision}, median of ${nRuns} runs\n`);
    printer.text(benchTable(report));
  }
  printer.note(`The checkpoint and the models stay in ${place.dir}; delete it when you are done.`);
  return EXIT.ok;
}

/** Not part of the packages, because nobody needs Python to use the program. */
const REFERENCE_SCRIPT = path.join("test", "tools", "benchTransformers.py");

async function expectScript(script: string): Promise<void> {
  if (await isFile(script)) return;
  throw new AppError(
    "option.invalid",
    `--python needs ${script}, which is in the source repository only. Run the bench from there.`,
  );
}

interface Place {
  readonly dir: string;
  readonly checkpoint: string;
  readonly folder: string;
  readonly model: ModelFolder;
}

/** Makes what is missing of checkpoint and model. */
async function prepare(context: CliContext, flags: BenchFlags): Promise<Place> {
  const { store, printer, signal, host } = context;
  const dir = path.resolve(flags.dir ?? path.join(store.root, "bench"), flags.model);
  const checkpoint = path.join(dir, "checkpoint");
  const folder = path.join(dir, flags.precision.replace(/[^A-Za-z0-9]+/g, "-"));
  if (!(await isFile(path.join(folder, MANIFEST_FILE)))) {
    if (!(await isFile(path.join(checkpoint, "model.safetensors.index.json")))) {
      const writing = printer.progress("Writing the checkpoint");
      await writeBenchCheckpoint({
        ...{ config: benchConfig(flags.model), folder: checkpoint, signal },
        tokenizerFrom: host.demoCheckpoint,
        onProgress: writing.update,
      })
        .catch((cause: unknown) => {
          throw unwritable(checkpoint, cause);
        })
        .finally(() => {
          writing.end();
        });
    }
    const converting = printer.progress("Converting");
    const { precision } = flags;
    const onProgress = converting.update;
    const { startWorkers } = host;
    await importModel(
      { checkpoint, out: folder, precision, signal, onProgress, startWorkers },
      store,
    ).finally(() => {
      converting.end();
    });
  }
  return { dir, checkpoint, folder, model: await openModelFolder(folder) };
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

async function timeOurs(folder: string, signal: AbortSignal): Promise<BenchMeasurement> {
  const args = [process.argv[1] ?? "", "bench", "--measure", folder, "--json"];
  return parseMeasurement(await runProgram(process.execPath, args, signal));
}

async function timeTransformers(
  python: string,
  at: { readonly script: string; readonly place: Place; readonly signal: AbortSignal },
): Promise<BenchFigures> {
  const config = path.join(at.place.checkpoint, "config.json");
  const sizes = [PROMPT_TOKENS, NEW_TOKENS, BEAMS].map(String);
  return parseFigures(await runProgram(python, [at.script, config, ...sizes], at.signal));
}

function runsOf(
  flags: BenchFlags,
  measured: {
    readonly ours: readonly BenchMeasurement[];
    readonly transformers: readonly BenchFigures[];
    readonly model: ModelFolder;
  },
): BenchRuns {
  const { model, ours, transformers } = measured;
  const best = (name: keyof MachineSpeed): number =>
    Math.max(...ours.map(({ machine }) => machine[name]));
  const machine = {
    int8PerSecond: best("int8PerSecond"),
    bytesPerSecond: best("bytesPerSecond"),
  };
  const tensors = benchTensors(benchConfig(flags.model));
  const { config, manifest } = model;
  return {
    ...{ model: flags.model, precision: flags.precision, transformers },
    ours: ours.map(({ figures }) => figures),
    limits: limitsOf(workOf({ tensors, config, manifest }), machine),
  };
}

async function isFile(file: string): Promise<boolean> {
  return (await stat(file).catch(() => undefined))?.isFile() === true;
}
