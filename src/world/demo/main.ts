/**
 * Trains the demo models from nothing: `npm run train:demo -- [FOLDER]`. Interrupted or killed, the same
 * command goes on from the last saved state.
 */

import { access, mkdir } from "node:fs/promises";
import path from "node:path";
import { createOrtSessionFactory } from "../../engine/session/ortSession";
import { latestCheckpoint, writeModel } from "../../train/run/trainingState";
import { Parameters } from "../../train/parameters";
import { type BundledModel, DEMO_MODEL, RETRIEVAL_DEMO } from "../../model/folder/world";
import { openRun, runTraining, type RunOptions } from "../../train/run/trainingRun";
import { defined } from "../../base/assert";
import { EmojiWorld } from "../emojiWorld";
import { SIDE } from "./demoShapes";
import { generationTask, type SpokenLesson } from "./generationTask";
import { newGenerationDemo, newRetrievalDemo } from "./newDemo";
import { retrievalTask, type Lesson } from "./retrievalTask";

const SEED = 1;

/** A part of the training, each from where the one before ended. */
interface Phase extends Pick<RunOptions, "rate" | "warmupSteps" | "minRate" | "steps"> {
  readonly lesson: Lesson | SpokenLesson;
  readonly batch: number;
}

/**
 * The published models begin with an image encoder that others have trained. There is none of this size, so that
 * one learns first, from a teacher that learns faster than it; then it is frozen, as the paper has it.
 */
const COMPARING: readonly Phase[] = [
  { lesson: "teacher", batch: 256, steps: 1000, rate: 2e-3, warmupSteps: 60, minRate: 1e-5 },
  { lesson: "encoder", batch: 192, steps: 550, rate: 1e-3, warmupSteps: 60, minRate: 1e-5 },
  // Two objectives more cost six times as much, and teach little before pictures and words have met.
  { lesson: "contrast", batch: 192, steps: 420, rate: 7e-4, warmupSteps: 30, minRate: 1e-5 },
  { lesson: "stage1", batch: 96, steps: 200, rate: 7e-4, warmupSteps: 20, minRate: 1e-5 },
];

/** A language model of this size is not published either. */
const ANSWERING: readonly Phase[] = [
  { lesson: "language", batch: 96, steps: 1500, rate: 1e-3, warmupSteps: 60, minRate: 1e-4 },
  { lesson: "stage2", batch: 96, steps: 500, rate: 5e-4, warmupSteps: 25, minRate: 1e-5 },
];

interface Place {
  readonly out: string;
  readonly world: EmojiWorld;
  readonly signal: AbortSignal;
}

async function main(out: string): Promise<void> {
  const aborter = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      aborter.abort();
    });
  }
  const place = { out, world: await EmojiWorld.open(SIDE), signal: aborter.signal };
  const comparing = await trainModel(RETRIEVAL_DEMO, COMPARING, {
    ...place,
    make: (folder) => newRetrievalDemo(folder, place.world, SEED),
  });
  const answering = await trainModel(DEMO_MODEL, ANSWERING, {
    ...place,
    make: async (folder) => {
      const from = await Parameters.open(comparing);
      await newGenerationDemo(folder, { world: place.world, from, seed: SEED });
    },
  });
  process.stdout.write(`The checkpoints are in ${comparing} and ${answering}.\n`);
}

/** @returns the folder of the checkpoint in half precision, without what only the training needs. */
async function trainModel(
  name: BundledModel,
  phases: readonly Phase[],
  place: Place & { readonly make: (folder: string) => Promise<void> },
): Promise<string> {
  let start = path.join(place.out, `${name}-start`);
  if (!(await isThere(path.join(start, "model.safetensors")))) await place.make(start);
  for (const phase of phases) start = await trainPhase(phase, start, place);
  const folder = path.join(place.out, name);
  await mkdir(folder, { recursive: true });
  await writeModel(folder, await Parameters.open(start), { storage: "F16", keepsHeads: false });
  return folder;
}

/** @returns the folder of the phase's last checkpoint. */
async function trainPhase(
  { lesson, batch, ...schedule }: Phase,
  start: string,
  { out, world, signal }: Place,
): Promise<string> {
  const factory = createOrtSessionFactory();
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
    ...{ saveEvery: 50, validateEvery: 500 },
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

void main(process.argv[2] ?? path.join("out", "demo")).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
