/** Engines for the kits' models whose runs are counted, and what their answers are compared with. */

import assert from "node:assert/strict";
import { AppError, type ErrorCode } from "../../src/base/errors";
import { silentLogger } from "../../src/base/logger";
import { type Blip2Engine, loadEngine } from "../../src/engine/blip2Engine";
import type { RunOptions } from "../../src/engine/runOptions";
import type { GenerationOptions } from "../../src/model/ask/generationOptions";
import type { GenerateRequest, GenerateResult } from "../../src/model/ask/request";
import { CountingFactory } from "./countingFactory";
import { kitPicture, recordedCase } from "./kitCases";
import { kitModel } from "./kitModel";

/** Positions of the picture in the kits opt and t5. */
export const QUERIES = 8;
/** Prompts of the kits. */
export const COLOUR = "Question: what colour is the circle? Answer:";
export const SQUARES = "Question: how many squares are there? Short answer:";
/** Settings of the kits: `beam5` and `greedy`. */
export const BEAMS = { numBeams: 5, maxNewTokens: 10 } as const;
export const GREEDY = { maxNewTokens: 12 } as const;

/** The devices whose graphs and caches can be tested without one, see CountingFactory. */
export const COUNTED_DEVICES = ["cpu", "webgpu"] as const;
export type CountedDevice = (typeof COUNTED_DEVICES)[number];

/** An engine and what runs its graphs. */
export interface CountedEngine {
  readonly engine: Blip2Engine;
  readonly factory: CountingFactory;
}

const opened: CountedEngine[] = [];

/** An engine for the kit's model, which `closeEngines` releases. */
export async function openKit(
  kit: string,
  options: { readonly featureCacheDir?: string; readonly device?: CountedDevice } = {},
): Promise<CountedEngine> {
  const { featureCacheDir, device = "cpu" } = options;
  const factory = new CountingFactory();
  const engine = await loadEngine({
    folder: await kitModel(kit),
    device,
    logger: silentLogger,
    factory,
    ...(featureCacheDir === undefined ? {} : { featureCacheDir }),
  });
  const loaded = { engine, factory };
  opened.push(loaded);
  return loaded;
}

/** A question as the kits ask it: the words as they are, alpha dropped. */
export const request = (
  kit: string,
  ask: { image?: string; text: string; options?: Partial<GenerationOptions> },
): GenerateRequest => ({
  image: kitPicture(kit, ask.image ?? "wide.png"),
  prompt: { kind: "raw", text: ask.text },
  options: ask.options ?? GREEDY,
  alpha: "drop",
});

/** New token ids of every sequence. */
export const idsOf = (result: GenerateResult): readonly (readonly number[])[] =>
  result.sequences.map(({ tokenIds }) => tokenIds);

/** The answer is that of transformers. */
export function equals(
  result: GenerateResult,
  recorded: { kit: string; image: string; text: string; setting?: "greedy" | "beam5" },
): void {
  const { kit, image, text, setting = "greedy" } = recorded;
  const { eos, padding } = kit === "t5" ? { eos: 1, padding: 0 } : { eos: 202, padding: 1 };
  // Beams that ended early are recorded with a filling; and kits leave the padding id out everywhere.
  const bare = (ids: readonly number[]): readonly number[] => {
    const end = ids.indexOf(eos);
    return ids.slice(0, end < 0 ? ids.length : end + 1).filter((id) => id !== padding);
  };
  const { generation } = recordedCase(kit, image, text);
  const expected = generation?.[setting]?.ids.map(bare);
  assert.deepEqual(idsOf(result).map(bare), expected, `${kit} ${image} "${text}" ${setting}`);
}

/** The work fails with a code, and the message contains a text. */
export async function failsWith(work: Promise<unknown>, code: ErrorCode, text = ""): Promise<void> {
  await assert.rejects(work, (thrown) => {
    assert.ok(thrown instanceof AppError, String(thrown));
    assert.equal(thrown.code, code, thrown.message);
    assert.ok(thrown.message.includes(text), thrown.message);
    return true;
  });
}

/** A run that is cancelled when a graph begins its n-th run. */
export function cancelAt(factory: CountingFactory, part: string, n: number): RunOptions {
  const controller = new AbortController();
  const before = factory.count(part);
  factory.onRun = (run) => {
    if (run.part === part && factory.count(part) - before === n - 1) controller.abort();
  };
  return { signal: controller.signal };
}

/** Releases every engine that was opened. @throws when device tensors or sessions are left. */
export async function closeEngines(): Promise<void> {
  for (const { engine, factory } of opened.splice(0)) {
    factory.onRun = () => undefined;
    await engine.release();
    assert.equal(factory.nLive, 0, "device tensors are left after release");
    assert.equal(factory.nSessions, 0, "sessions are left after release");
  }
}
