/** A long evening of questions, and what must not have grown at its end. */

import assert from "node:assert/strict";
import type { Blip2Engine } from "../../src/engine/blip2Engine";
import type { GenerationOptions } from "../../src/model/ask/generationOptions";
import { COLOUR, request, SQUARES } from "./countedEngine";

/** Whoever runs the graphs counts what is on the device. */
export interface LiveTensors {
  readonly nLive: number;
}

/** A kit's model and how often it is asked. */
export interface Evening {
  readonly kit: string;
  readonly engine: Blip2Engine;
  readonly factory: LiveTensors;
  /** A multiple of `ROUND`. */
  readonly nAnswers: number;
}

interface Asked {
  readonly image: string;
  readonly text: string;
  readonly options: Partial<GenerationOptions>;
}

const ONE = { maxNewTokens: 1 };
const TWO = { maxNewTokens: 2, minNewTokens: 2 };
const BEAMS = { ...TWO, numBeams: 3 };

/**
 * More pictures than have their caches kept, questions that go on where another one ended, the same
 * question twice, and beams.
 */
const QUESTIONS: readonly Asked[] = [
  { image: "wide.png", text: COLOUR, options: ONE },
  { image: "wide.png", text: `${COLOUR} red`, options: ONE },
  { image: "wide.png", text: COLOUR, options: BEAMS },
  { image: "tall.png", text: SQUARES, options: TWO },
  { image: "tall.png", text: SQUARES, options: ONE },
  { image: "photo.png", text: COLOUR, options: ONE },
  { image: "photo.png", text: SQUARES, options: ONE },
  { image: "wide.png", text: SQUARES, options: ONE },
  { image: "tiny.png", text: COLOUR, options: TWO },
  { image: "tiny.png", text: `${COLOUR} blue`, options: ONE },
];

/** Answers after which the engine keeps the caches that it kept as many answers before. */
export const ROUND = QUESTIONS.length;

/**
 * Asks again and again; the engine holds as many device tensors after the last answer as after the tenth,
 * and the same ids come out of every round.
 * @returns bytes by which native memory has grown since the second round; the first compiles kernels.
 */
export async function askAllEvening({ kit, engine, factory, nAnswers }: Evening): Promise<number> {
  assert.equal(nAnswers % ROUND, 0);
  const live: number[] = [];
  let first = "";
  let settledBytes = 0;
  for (let round = 1; round <= nAnswers / ROUND; round++) {
    const answers: (readonly number[])[] = [];
    for (const asked of QUESTIONS) {
      const { sequences } = await engine.generate(request(kit, asked));
      for (const { tokenIds } of sequences) answers.push(tokenIds);
    }
    first ||= JSON.stringify(answers);
    assert.equal(JSON.stringify(answers), first, `answers of round ${round}`);
    live.push(factory.nLive);
    if (round === 2) settledBytes = nativeBytes();
  }
  const [atFirst] = live;
  assert.ok(atFirst !== undefined && atFirst > 0, "nothing was kept on the device");
  assert.deepEqual(new Set(live), new Set([atFirst]), "device tensors after each round");
  return nativeBytes() - settledBytes;
}

/** Resident memory but for JavaScript's heap, which grows and shrinks by 20 MB as its collector likes. */
function nativeBytes(): number {
  const { rss, heapTotal } = process.memoryUsage();
  return rss - heapTotal;
}
