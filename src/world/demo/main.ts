/**
 * Trains the demo's retrieval model from nothing: `npm run train:demo -- [FOLDER]`. Interrupted or killed, the same
 * command goes on from the last saved state.
 */

import { access } from "node:fs/promises";
import path from "node:path";
import { createOrtSessionFactory } from "../../engine/session/ortSession";
import { latestCheckpoint } from "../../train/run/trainingState";
import { openRun, runTraining, type RunOptions } from "../../train/run/trainingRun";
import { defined } from "../../base/assert";
import { EmojiWorld } from "../emojiWorld";
import { SIDE } from "./demoShapes";
import { newRetrievalDemo } from "./newDemo";
import { retrievalTask, type Lesson } from "./retrievalTask";

const SEED = 1;

/** A part of the training, each from where the one before ended. */
interface Phase extends Pick<RunOptions, "rate" | "warmupSteps" | "minRate" | "steps"> {
  readonly lesson: Lesson;
  readonly batch: number;
}

/**
 * The published models begin with an image encoder that others have trained. There is none of this size, so that
 * one learns first, from a teacher that learns faster than it; then it is frozen, as the paper has it.
 */
const PHASES: readonly Phase[] = [
  { lesson: "teacher", batch: 256, steps: 1000, rate: 2e-3, warmupSteps: 60, minRate: 1e-5 },
  { lesson: "encoder", batch: 192, steps: 550, rate: 1e-3, warmupSteps: 60, minRate: 1e-5 },
  // Two objectives more cost six times as much, and teach little before pictures and words have met.
  { lesson: "contrast", batch: 256, steps: 500, rate: 1e-3, warmupSteps: 60, minRate: 1e-4 },
  { lesson: "stage1", batch: 128, steps: 250, rate: 5e-4, warmupSteps: 25, minRate: 1e-5 },
];

async function main(out: string): Promise<void> {
  const world = await EmojiWorld.open(SIDE);
  const aborter = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      aborter.abort();
    });
  }
  let start = path.join(out, "start");
  if (!(await isThere(path.join(start, "model.safetensors")))) {
    await newRetrievalDemo(start, world, SEED);
  }
  for (const phase of PHASES) {
    const run = path.join(out, phase.lesson);
    await trainPhase(phase, { world, start, run, signal: aborter.signal });
    start = defined(await latestCheckpoint(run), `The checkpoint of ${phase.lesson}`);
  }
}

async function trainPhase(
  { lesson, batch, ...schedule }: Phase,
  at: { world: EmojiWorld; start: string; run: string; signal: AbortSignal },
): Promise<void> {
  const factory = createOrtSessionFactory();
  const parameters = await openRun(at.run, at.start);
  const task = await retrievalTask({
    ...{ world: at.world, parameters, factory, seed: SEED, lesson, batch },
  });
  await runTraining(parameters, task, {
    ...schedule,
    ...{ out: at.run, factory, device: "cpu", signal: at.signal },
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
