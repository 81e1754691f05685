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
import { retrievalTask, type RetrievalTaskOptions } from "./retrievalTask";

const SEED = 1;

/** A part of the training, each from where the one before ended. */
interface Phase extends Pick<RunOptions, "rate" | "warmupSteps" | "minRate" | "steps"> {
  readonly name: string;
  readonly task: Pick<RetrievalTaskOptions, "batch" | "objectives" | "trainsEncoder">;
}

/**
 * The published models begin with an image encoder that others have trained. There is none of this size, so that
 * it learns first, by contrast; then it is frozen, as the paper has it.
 */
const PHASES: readonly Phase[] = [
  {
    name: "encoder",
    ...{ steps: 6000, rate: 1e-3, warmupSteps: 200, minRate: 1e-5 },
    task: { batch: 128, objectives: ["itc"], trainsEncoder: true },
  },
  {
    name: "stage1",
    ...{ steps: 2000, rate: 5e-4, warmupSteps: 100, minRate: 1e-5 },
    task: { batch: 96, trainsEncoder: false },
  },
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
    const run = path.join(out, phase.name);
    await trainPhase(phase, { world, start, run, signal: aborter.signal });
    start = defined(await latestCheckpoint(run), `The checkpoint of ${phase.name}`);
  }
}

async function trainPhase(
  { name, task: wanted, ...schedule }: Phase,
  at: { world: EmojiWorld; start: string; run: string; signal: AbortSignal },
): Promise<void> {
  const factory = createOrtSessionFactory();
  const parameters = await openRun(at.run, at.start);
  const task = await retrievalTask({
    ...{ world: at.world, parameters, factory, seed: SEED },
    ...wanted,
  });
  await runTraining(parameters, task, {
    ...schedule,
    ...{ out: at.run, factory, device: "cpu", signal: at.signal },
    trainer: { maxNorm: 1, adamW: { floors: { temp: 0.01 } } },
    ...{ saveEvery: 50, validateEvery: 500 },
    settings: { ...schedule, ...wanted, seed: SEED },
    onStep: ({ step, steps, losses, figures, leftMs }) => {
      const parts = [
        ...Object.entries(losses).map(([loss, value]) => `${loss} ${value.toFixed(3)}`),
        `${Math.round(leftMs / 60_000)} min left`,
        ...Object.entries(figures ?? {}).map(
          ([of, share]) => `${of} ${(100 * share).toFixed(1)} %`,
        ),
      ];
      process.stdout.write(`${name} ${step}/${steps}: ${parts.join(", ")}\n`);
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
