/**
 * Trains the demo models: `npm run train:demo -- [FOLDER] [--from CHECKPOINT] [--lessons NAME,…] [--threads N]`, from
 * nothing, or the one that compares from a checkpoint; all lessons, or some of them in their order. Interrupted or
 * killed, the same command goes on from the last saved state.
 */

import { access, mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { parseArgs } from "node:util";
import { drawRun } from "../../measure/chart/runChart";
import { createOrtSessionFactory } from "../../engine/session/ortSession";
import type { SessionFactory } from "../../engine/session/session";
import { latestCheckpoint, writeModel } from "../../train/run/trainingState";
import { Parameters } from "../../train/parameters";
import { type BundledModel, DEMO_MODEL, RETRIEVAL_DEMO } from "../../model/folder/world";
import { readLog } from "../../train/run/trainingLog";
import { logOf, openRun, runTraining, type RunOptions } from "../../train/run/trainingRun";
import { defined } from "../../base/assert";
import { AppError } from "../../base/errors";
import { EmojiWorld } from "../emojiWorld";
import { SIDE } from "./demoShapes";
import { generationTask, type SpokenLesson } from "./generationTask";
import { continuedRetrievalDemo, newGenerationDemo, newRetrievalDemo } from "./newDemo";
import { retrievalTask, type Lesson } from "./retrievalTask";

const SEED = 1;

/** A part of the training, each from where the one before ended. */
interface Phase extends Pick<RunOptions, "rate" | "warmupSteps" | "minRate" | "steps"> {
  readonly lesson: Lesson | SpokenLesson;
  readonly batch: number;
}

/**
 * The published models begin with an image encoder that others have trained. There is none of this size, so that
 * one learns first, with the Q-Former, from a teacher that learns faster than they do; then it is frozen, as the paper
 * has it. Small batches: a step that is half as large teaches more than half as much.
 */
const COMPARING: readonly Phase[] = [
  { lesson: "teacher", batch: 128, steps: 3200, rate: 1.5e-3, warmupSteps: 80, minRate: 1e-5 },
  { lesson: "encoder", batch: 64, steps: 3600, rate: 7e-4, warmupSteps: 80, minRate: 1e-5 },
  { lesson: "stage1", batch: 64, steps: 400, rate: 4e-4, warmupSteps: 20, minRate: 1e-5 },
];

/** A language model of this size is not published either. */
const ANSWERING: readonly Phase[] = [
  { lesson: "language", batch: 96, steps: 1500, rate: 1e-3, warmupSteps: 60, minRate: 1e-4 },
  { lesson: "stage2", batch: 96, steps: 500, rate: 5e-4, warmupSteps: 25, minRate: 1e-5 },
];

const LESSONS: readonly string[] = [...COMPARING, ...ANSWERING].map(({ lesson }) => lesson);

interface Given {
  readonly out: string;
  readonly from?: string | undefined;
  /** @default all */
  readonly lessons?: readonly string[] | undefined;
  readonly nThreads?: number | undefined;
}

interface Place {
  readonly factory: SessionFactory;
  readonly out: string;
  readonly world: EmojiWorld;
  readonly lessons: readonly string[];
  readonly signal: AbortSignal;
}

/** @throws AppError `option.invalid` for a lesson that there is not. */
async function main({ out, from, lessons = LESSONS, nThreads }: Given): Promise<void> {
  const unknown = lessons.find((name) => !LESSONS.includes(name));
  if (unknown !== undefined) {
    throw new AppError(
      "option.invalid",
      `There is no lesson "${unknown}". Lessons are ${LESSONS.join(", ")}.`,
    );
  }
  const aborter = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      aborter.abort();
    });
  }
  const ort = createOrtSessionFactory();
  const factory: SessionFactory = {
    open: (graph, options) => ort.open(graph, { ...options, nThreads }),
  };
  const world = await EmojiWorld.open(SIDE);
  const place = { out, world, factory, lessons, signal: aborter.signal };
  const comparing = await trainModel(RETRIEVAL_DEMO, COMPARING, {
    ...place,
    make: (folder) =>
      from === undefined
        ? newRetrievalDemo(folder, world, SEED)
        : continuedRetrievalDemo(folder, from, SEED),
  });
  process.stdout.write(`The model that compares is in ${comparing}.\n`);
  if (!ANSWERING.some(({ lesson }) => lessons.includes(lesson))) return;
  const answering = await trainModel(DEMO_MODEL, ANSWERING, {
    ...place,
    make: async (folder) => {
      await newGenerationDemo(folder, {
        world,
        from: await Parameters.open(comparing),
        seed: SEED,
      });
    },
  });
  process.stdout.write(`The model that answers is in ${answering}.\n`);
}

/** @returns the folder of the checkpoint in half precision. */
async function trainModel(
  name: BundledModel,
  phases: readonly Phase[],
  place: Place & { readonly make: (folder: string) => Promise<void> },
): Promise<string> {
  let start = path.join(place.out, `${name}-start`);
  if (!(await isThere(path.join(start, "model.safetensors")))) await place.make(start);
  for (const phase of phases) {
    start = place.lessons.includes(phase.lesson)
      ? await trainPhase(phase, start, place)
      : ((await latestCheckpoint(path.join(place.out, phase.lesson))) ?? start);
  }
  const folder = path.join(place.out, name);
  await mkdir(folder, { recursive: true });
  await writeModel(folder, await Parameters.open(start), { storage: "F16" });
  return folder;
}

/** @returns the folder of the phase's last checkpoint. */
async function trainPhase(
  { lesson, batch, ...schedule }: Phase,
  start: string,
  { out, world, factory, signal }: Place,
): Promise<string> {
  const run = path.join(out, lesson);
  const parameters = await openRun(run, start);
  const options = { world, parameters, factory, seed: SEED, batch };
  const task = isSpoken(lesson)
    ? await generationTask({ ...options, lesson })
    : await retrievalTask({ ...options, lesson });
  await runTraining(parameters, task, {
    ...schedule,
    ...{ out: run, factory, device: "cpu", signal },
    trainer: { maxNorm: 1, adamW: { floors: { temp: 0.01 } } },
    ...{ saveEvery: 200, validateEvery: 500 },
    settings: { ...schedule, lesson, batch, seed: SEED },
    onStep: ({ step, steps, losses, figures, leftMs }) => {
      const parts = [
        ...Object.entries(losses).map(([loss, value]) => `${loss} ${value.toFixed(3)}`),
        `${Math.round(leftMs / 60_000)} min left`,
        ...Object.entries(figures ?? {}).map(
          ([of, share]) => `${of} ${(100 * share).toFixed(1)} %`,
        ),
      ];
      process.stdout.write(`${lesson} ${step}/${steps}: ${parts.join(", ")}\n`);
    },
  });
  const chart = drawRun(`The demo model, lesson "${lesson}"`, await readLog(logOf(run)));
  await writeFile(path.join(run, "chart.svg"), chart);
  return defined(await latestCheckpoint(run), `The checkpoint of ${lesson}`);
}

function isSpoken(lesson: Phase["lesson"]): lesson is SpokenLesson {
  return lesson === "language" || lesson === "stage2";
}

async function isThere(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    from: { type: "string" },
    lessons: { type: "string" },
    threads: { type: "string" },
  },
});
const [out = path.join("out", "demo")] = positionals;
const { from, threads } = values;
const lessons = values.lessons?.split(",");
const nThreads = threads === undefined ? undefined : Number(threads);
void main({ out, from, lessons, nThreads }).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
