/** `train fit`: a model of the store learns from pairs, and becomes a new one if that made it better. */

import { countOf } from "../../base/countOf";
import path from "node:path";
import { AppError, isCancelled } from "../../base/errors";
import { createOrtSessionFactory } from "../../engine/session/ortSession";
import { openModelFolder } from "../../engine/session/modelFolder";
import { freeName } from "../../library/checkpoints/importPlan";
import { withModelLock } from "../../library/store/modelLock";
import { folderNames } from "../../library/store/modelStore";
import { machineMemory } from "../../machine/freeMemory";
import {
  fit,
  learntName,
  workNameOf,
  type FitOptions,
  type FitProgress,
  type FitResult,
} from "../../train/fit/fit";
import type { FitTaskName } from "../../model/ask/kinds";
import { rateCaptions } from "../../measure/metrics/captionRating";
import { readPairs } from "../../train/data/pairs";
import { usualSettings } from "../../train/fit/usualSettings";
import type { Figures } from "../../train/run/trainingRun";
import { figuresText, figureText } from "./figuresText";
import { findModel } from "../ask/openModel";
import type { CliContext } from "../terminal/cliContext";
import { durationText } from "../terminal/durationText";
import { EXIT } from "../terminal/failure";
import type { OutputFlags } from "../terminal/flags";
import { formatTable } from "../terminal/text";
import type { WorkLine } from "../terminal/workLine";

export interface TrainFitFlags extends OutputFlags {
  readonly model?: string;
  readonly task?: FitTaskName;
  readonly name?: string;
  readonly epochs?: number;
  readonly batch?: number;
  readonly rate?: number;
}

/**
 * Fine-tunes a model and tells how it was before and is after. Stopped, the same command goes on.
 * @returns 1 when the model did not get better, so that there is no new one.
 * @throws AppError `option.invalid`, and as `fit`.
 */
export async function trainFit(
  context: CliContext,
  place: string,
  flags: TrainFitFlags,
): Promise<number> {
  expectSettings(flags);
  const { store, printer, signal } = context;
  const found = await findModel(flags.model, context);
  const name = await newName(context, flags.name, learntName(found.name));
  const { config } = await openModelFolder(found.folder);
  const usual = usualSettings(config);
  const wanted = {
    ...{ model: found.folder, pairs: await readPairs(place), base: path.dirname(place) },
    epochs: flags.epochs ?? usual.epochs,
    batch: flags.batch ?? usual.batch,
    rate: flags.rate ?? usual.rate,
    task: flags.task ?? (config.kind === "generation" ? "captions" : "retrieval"),
  } as const;
  const work = path.join(store.trainingDir, await workNameOf(wanted));
  const line = printer.workLine();
  const options: FitOptions = {
    ...{ ...wanted, work, out: path.join(store.modelsDir, name), signal },
    ...{ factory: createOrtSessionFactory(), logger: printer.logger() },
    freeBytes: machineMemory(store.deviceMemoryFile).systemBytes,
    onProgress: (progress) => {
      show(line, progress);
    },
    rateCaptions,
  };
  try {
    const at = { store, folder: work, signal, ifBusy: "refuse" } as const;
    const result = await withModelLock(at, () => fit(options));
    line.end();
    report(context, result, { name, from: found.name });
    return result.model === undefined ? EXIT.failed : EXIT.ok;
  } catch (thrown) {
    line.end();
    if (isCancelled(thrown)) printer.note("Stopped. The same command goes on from there.");
    throw thrown;
  } finally {
    line.end();
  }
}

/** @throws AppError `option.invalid`. */
function expectSettings({ epochs, batch, rate }: TrainFitFlags): void {
  const isWhole = (value: number, most: number): boolean =>
    Number.isInteger(value) && value >= 1 && value <= most;
  const expect = (isFine: boolean, flag: string, range: string): void => {
    if (!isFine) throw new AppError("option.invalid", `${flag} must be ${range}.`);
  };
  const isBatch = batch === undefined || (isWhole(batch, 1024) && batch > 1);
  expect(
    epochs === undefined || isWhole(epochs, 1000),
    "--epochs",
    "a whole number from 1 to 1000",
  );
  expect(isBatch, "--batch", "a whole number from 2 to 1024");
  expect(
    rate === undefined || (rate > 0 && rate <= 1),
    "--rate",
    "a number above 0 and not above 1",
  );
}

async function newName(
  { store }: CliContext,
  given: string | undefined,
  usual: string,
): Promise<string> {
  const taken = await folderNames(store);
  const free = freeName(given ?? usual, taken);
  if (given === undefined || free === given) return free;
  throw new AppError(
    "option.invalid",
    `A new model cannot be called "${given}". Choose a name that no model has, such as --name ${free}.`,
  );
}

function show(line: WorkLine, progress: FitProgress): void {
  const { done, of } = progress;
  if (progress.stage === "features") {
    line.count({ nDone: done, nAll: of }, `Looking at pictures: ${done} of ${of}`);
    return;
  }
  const losses = figuresText(progress.losses);
  const left = durationText(progress.leftMs / 1000);
  line.show(`Learning: step ${done} of ${of}, ${losses}, ${left}`);
}

function report(
  { printer }: CliContext,
  result: FitResult,
  { name, from }: { readonly name: string; readonly from: string },
): void {
  const { before, after, pairs, steps, unusable } = result;
  const leftOut = Object.fromEntries(unusable);
  if (printer.isJson) {
    const model = result.model === undefined ? null : name;
    printer.json({ model, from, pairs, steps, before, after, leftOut });
    return;
  }
  for (const [file, reason] of unusable) printer.note(`${file} is left out: it is ${reason}.`);
  printer.text(
    `${countOf(pairs.train, "text")} to learn from, ${pairs.heldOut} held out, ${countOf(steps, "step")}.\n` +
      figuresTable(before, after),
  );
  printer.text(
    result.model === undefined
      ? `The held-out pictures got no better, so there is no new model; "${from}" stays as it is.\n`
      : `The new model is "${name}": use it with --model ${name}, delete it with sightline models remove ${name}.\n`,
  );
}

function figuresTable(before: Figures, after: Figures): string {
  const shown = (name: string, value: number | undefined): string =>
    value === undefined ? "" : figureText(name, value);
  const rows = Object.keys(after).map((name) => [
    name,
    shown(name, before[name]),
    shown(name, after[name]),
  ]);
  return formatTable([["HELD OUT", "BEFORE", "AFTER"], ...rows], [1, 2]);
}
