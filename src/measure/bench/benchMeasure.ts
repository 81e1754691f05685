/** Times one model in this process: loading, each stage, whole answers, and the peak of the memory. */

import { defined } from "../../base/assert";
import { throwIfAborted } from "../../base/errors";
import { BEAMS, type BenchFigures, NEW_TOKENS, PROMPT_TOKENS } from "./benchFigures";
import { type MachineSpeed, measureMachine } from "./benchLimits";
import { FeatureCache } from "../../engine/picture/featureCache";
import { encodePng } from "../../engine/picture/imageDecode";
import { loadModelParts, type ModelParts, releaseParts } from "../../engine/session/modelParts";
import { createOrtSessionFactory } from "../../engine/session/ortSession";
import type { SessionFactory } from "../../engine/session/session";
import { loadTokenizer } from "../../engine/text/tokenizer";
import { presentNvidiaAdapters } from "../../machine/graphics";
import { memoryFacts } from "../../machine/machine";
import { systemFiles } from "../../machine/systemFiles";
import type { Device } from "../../model/ask/device";
import type { GenerationOptions } from "../../model/ask/generationOptions";
import type { GenerateResult } from "../../model/ask/request";
import { partsOf } from "../../model/graph/graphContract";

/** What the measuring process reports. */
export interface BenchMeasurement {
  readonly figures: BenchFigures;
  /** Of the CPU, when the model ran there. */
  readonly machine?: MachineSpeed;
}

export interface MeasureOptions {
  /** The model's folder. */
  readonly folder: string;
  readonly device: Device;
  readonly signal: AbortSignal;
  /** As in `PartSessionsOptions`. */
  readonly inFileFromBytes?: number;
  /** Memory in use on all graphics adapters. @default what NVIDIA's tool says */
  readonly adapterBytes?: () => Promise<number | undefined>;
}

/**
 * Loads a model and answers a few questions; the first answer is not counted. The memory of an adapter is
 * what is in use at the end and was not before, so nothing else may use the adapter meanwhile.
 * @throws AppError as the engine, `device.unavailable` among them; `request.cancelled`.
 */
export async function measureModel(options: MeasureOptions): Promise<BenchMeasurement> {
  const { folder, device, signal, adapterBytes = adapterBytesInUse } = options;
  const factory = createOrtSessionFactory();
  const before = device === "cpu" ? undefined : await adapterBytes();
  const begin = performance.now();
  const parts = await loadForBench(options, factory);
  try {
    await openEvery(parts, signal);
    const load = performance.now() - begin;
    const answers = await timeAnswers(parts, folder, signal);
    const ownBytes = await bytesWithoutFile();
    const figures = { load, ...answers, ...(ownBytes === undefined ? {} : { ownBytes }) };
    if (device === "cpu") return { figures, machine: await measureMachine(factory) };
    const after = before === undefined ? undefined : await adapterBytes();
    if (before === undefined || after === undefined) return { figures };
    return { figures: { ...figures, deviceBytes: Math.max(0, after - before) } };
  } finally {
    await releaseParts(parts);
  }
}

/** A model that keeps no features on the disk and says nothing. @throws AppError as `loadModelParts`. */
export function loadForBench(
  { folder, device, inFileFromBytes }: Omit<MeasureOptions, "signal">,
  factory: SessionFactory,
): Promise<ModelParts> {
  return loadModelParts({
    folder,
    factory,
    device,
    logger: { debug: ignore, info: ignore, warn: ignore, error: ignore },
    featureCacheOf: () => new FeatureCache(),
    freeBytes: async () => (await memoryFacts(systemFiles())).availableBytes,
    ...(inFileFromBytes === undefined ? {} : { inFileFromBytes }),
  });
}

/** Loads every graph. @throws AppError as `PartSessions.open`; `request.cancelled` between two. */
export async function openEvery(
  { model, sessions }: ModelParts,
  signal: AbortSignal,
): Promise<void> {
  for (const part of partsOf(model.config)) {
    throwIfAborted(signal);
    await sessions.open(part);
  }
}

/** Undefined where nobody tells of adapters. */
async function adapterBytesInUse(): Promise<number | undefined> {
  const adapters = await presentNvidiaAdapters(systemFiles());
  if (adapters.length === 0) return undefined;
  return adapters.reduce((sum, { totalBytes, freeBytes }) => sum + totalBytes - freeBytes, 0);
}

/** What Linux says of this process; undefined on other systems. */
async function bytesWithoutFile(): Promise<number | undefined> {
  const status = await systemFiles().text("/proc/self/status");
  const [, kib] = /^RssAnon:\s+(\d+) kB$/m.exec(status ?? "") ?? [];
  return kib === undefined ? undefined : Number(kib) * KIB;
}

const ignore = (): void => undefined;

async function timeAnswers(
  parts: ModelParts,
  folder: string,
  signal: AbortSignal,
): Promise<Omit<BenchFigures, "load">> {
  const [first, second] = await questions(folder);
  const ask = (seed: number, text: string, numBeams = 1): Promise<GenerateResult> =>
    askBench(parts, { seed, text, numBeams, signal });
  // The first runs touch pages and grow arenas.
  await ask(1, first);
  const answer = await ask(2, first);
  const followUp = await ask(2, second);
  const beams = await ask(3, first, BEAMS);
  const { preprocess, vision, qformer, prefill, decode, total } = answer.timings;
  return {
    preprocess,
    vision,
    qformer,
    prefill,
    // The first token comes out of the prompt's logits.
    token: decode / (NEW_TOKENS - 1),
    firstToken: total - decode,
    answer: total,
    followUp: followUp.timings.total,
    beams: beams.timings.total,
    peakBytes: process.resourceUsage().maxRSS * KIB,
  };
}

export interface BenchQuestion {
  /** Of the picture; each is another one. */
  readonly seed: number;
  readonly text: string;
  readonly numBeams: number;
  readonly signal: AbortSignal;
}

/** Answers a question about a picture. @throws AppError as `Blip2Engine.generate`. */
export async function askBench(
  parts: ModelParts,
  { seed, text, numBeams, signal }: BenchQuestion,
): Promise<GenerateResult> {
  const generator = defined(parts.generator, "A model that answers");
  const options: Partial<GenerationOptions> = {
    maxNewTokens: NEW_TOKENS,
    minNewTokens: NEW_TOKENS,
    numBeams,
  };
  const prompt = { kind: "raw", text } as const;
  return generator.generate({ image: await picture(seed), prompt, options }, { signal });
}

const KIB = 1024;

/** Two prompts of the right length that differ after their first words. */
export async function questions(folder: string): Promise<readonly [string, string]> {
  const tokenizer = await loadTokenizer(folder);
  const grown = (start: string, word: string): string => {
    let text = start;
    while (tokenizer.encode(text).length < PROMPT_TOKENS) text += word;
    return text;
  };
  return [grown("Question:", " is"), grown("Question:", " a")];
}

/** As a page shows one, in pixels. */
const PICTURE = { width: 640, height: 480 } as const;

/** A PNG file that differs from every other one: a gradient under a grain, which is packed no better than a photograph. */
function picture(seed: number): Promise<Uint8Array> {
  const { width, height } = PICTURE;
  const data = new Uint8Array(width * height * 3);
  let grain = seed + 1;
  for (let i = 0; i < data.length; i++) {
    grain = (Math.imul(grain, 1_664_525) + 1_013_904_223) >>> 0;
    data[i] = ((i / 3 / height) & 0xff) ^ (grain >>> 27);
  }
  return encodePng({ ...PICTURE, data });
}
