/**
 * What a search costs: made-up pictures of BLIP-2's size in an index like any other, timed, and compared with
 * products in f32. Knows no command line.
 */

import { createHash } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import path from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { throwIfAborted } from "../../base/errors";
import { RandomStream } from "../../engine/decode/sampling";
import { cpuTensor, floats, type SessionFactory } from "../../engine/session/session";
import { encodeOnnxModel } from "../../model/graph/onnxProto";
import { openFlatIndex } from "../../search/index/flatIndex";
import { indexBytes } from "../../search/index/indexFiles";
import type { PictureIndex } from "../../search/index/pictureIndex";
import type { RecordShape } from "../../search/index/vectorRecord";

/** BLIP-2: 32 queries of 256. */
const SHAPE: RecordShape = { rows: 32, width: 256 };
/** Pictures that are made; more are these with the values of each row moved on, which are as different. */
const DIFFERENT = 2000;
/** Of the pictures that are compared with each other every such one is nearly the one before it. */
const COPY_EACH = 10;
const RUNS = 15;
const TOP = 10;

/** Milliseconds and bytes. */
export interface SearchFigures {
  readonly pictures: number;
  readonly fileBytes: number;
  /** From the file to an index that answers. */
  readonly open: number;
  /** One text over all pictures, the best rescored; median and largest. */
  readonly query: number;
  readonly slowestQuery: number;
  /** What the open index takes beside the program. */
  readonly memoryBytes: number;
}

/** How the integers' order differs from that of f32. */
export interface SearchRecall {
  readonly pictures: number;
  readonly texts: number;
  /** Share of places of the first ten that hold the picture of f32, or one within 1e-4 of it. */
  readonly recall: number;
  /** Largest difference of a cosine of the first ten from f32. */
  readonly largestError: number;
}

export interface SearchBenchOptions {
  /** Where the made-up indexes lie meanwhile. */
  readonly folder: string;
  readonly factory: SessionFactory;
  readonly signal: AbortSignal;
  readonly onStep?: ((text: string) => void) | undefined;
}

/** @throws AppError `index.unwritable`, `device.failed`, `request.cancelled`. */
export async function timeSearch(
  nPictures: number,
  options: SearchBenchOptions,
): Promise<SearchFigures> {
  return await withMadeUp({ nPictures }, options, async ({ folder, open, random }) => {
    const { signal, onStep } = options;
    const before = await heldBytes();
    const begin = performance.now();
    const index = await open();
    const openMs = performance.now() - begin;
    onStep?.(`Searching ${nPictures} pictures…`);
    const times: number[] = [];
    for (let run = 0; run <= RUNS; run++) {
      throwIfAborted(signal);
      const text = unitRows(random, { rows: 1, width: SHAPE.width });
      const start = performance.now();
      await index.search(text, { k: TOP });
      // The first one makes the product.
      if (run > 0) times.push(performance.now() - start);
    }
    times.sort((a, b) => a - b);
    const memoryBytes = (await heldBytes()) - before;
    await index.close();
    return {
      ...{ pictures: nPictures, fileBytes: await indexBytes(folder), open: openMs, memoryBytes },
      query: times[times.length >> 1] ?? NaN,
      slowestQuery: times.at(-1) ?? NaN,
    };
  });
}

/** What comparing all pictures with each other costs. */
export interface DuplicateFigures {
  readonly pictures: number;
  readonly milliseconds: number;
  /** Of the processor, all threads together. */
  readonly processorMilliseconds: number;
  /** What it takes at most beside the open index. */
  readonly memoryBytes: number;
  /** Pictures that are nearly another one. */
  readonly copies: number;
  /** Pairs that were found. */
  readonly pairs: number;
}

/** @throws AppError as `timeSearch`. */
export async function timeDuplicates(
  nPictures: number,
  options: SearchBenchOptions,
): Promise<DuplicateFigures> {
  const made = { nPictures, copyEach: COPY_EACH };
  return await withMadeUp(made, options, async ({ open }) => {
    const { signal, onStep } = options;
    const index = await open();
    const before = await heldBytes();
    let most = before;
    const begin = performance.now();
    const cpuBegin = process.cpuUsage();
    const pairs = await index.alike({
      ...{ least: 0.9, k: 8, signal, isWanted: () => true },
      onProgress: (nDone, nAll) => {
        const { arrayBuffers, heapUsed } = process.memoryUsage();
        most = Math.max(most, arrayBuffers + heapUsed);
        onStep?.(`Compared ${nDone} of ${nAll} pictures with all others…`);
      },
    });
    const milliseconds = performance.now() - begin;
    const { user, system } = process.cpuUsage(cpuBegin);
    await index.close();
    return {
      ...{ pictures: nPictures, milliseconds, processorMilliseconds: (user + system) / 1000 },
      ...{ copies: Math.floor(nPictures / COPY_EACH), pairs: pairs.length },
      memoryBytes: most - before,
    };
  });
}

/** Made-up pictures in a folder of their own, which goes when the work is done. */
async function withMadeUp<T>(
  made: Pick<FillOptions, "nPictures" | "copyEach">,
  options: SearchBenchOptions,
  work: (made: {
    readonly folder: string;
    readonly open: () => Promise<PictureIndex>;
    readonly random: RandomStream;
  }) => Promise<T>,
): Promise<T> {
  const { factory, signal, onStep } = options;
  const { nPictures } = made;
  const folder = path.join(options.folder, `${nPictures}`);
  const random = RandomStream.seeded(nPictures);
  try {
    await mkdir(folder, { recursive: true });
    onStep?.(`Making an index of ${nPictures} pictures…`);
    await makeIndex({ folder, factory }, { ...made, random, signal });
    const open = (): Promise<PictureIndex> =>
      openFlatIndex({ folder, shape: SHAPE, factory, mode: "read" });
    return await work({ folder, open, random });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** By itself, so that nothing of it is held while another is measured. */
async function makeIndex(
  at: { readonly folder: string; readonly factory: SessionFactory },
  how: FillOptions,
): Promise<void> {
  const made = await openFlatIndex({ ...at, shape: SHAPE, mode: "write" });
  await fill(made, how);
  await made.close();
}

/** Of arrays and objects, without what is only waiting to be collected. */
async function heldBytes(): Promise<number> {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  // The memory of arrays is given back behind the collection.
  for (let round = 0; round < 3; round++) {
    collect();
    await new Promise(setImmediate);
  }
  const { arrayBuffers, heapUsed } = process.memoryUsage();
  return arrayBuffers + heapUsed;
}

/** All pictures different. @throws AppError as `timeSearch`. */
export async function compareSearch(
  size: { readonly nPictures: number; readonly nTexts: number },
  options: SearchBenchOptions,
): Promise<SearchRecall> {
  const { factory, signal, onStep } = options;
  const { nPictures, nTexts } = size;
  const folder = path.join(options.folder, "recall");
  const random = RandomStream.seeded(nPictures + nTexts);
  try {
    await mkdir(folder, { recursive: true });
    onStep?.(`Making ${nPictures} pictures to compare with f32…`);
    const index = await openFlatIndex({ folder, shape: SHAPE, factory, mode: "write" });
    const exact = new ExactScan(factory, unitRows(random, { rows: nTexts, width: SHAPE.width }));
    const digests = await fill(index, {
      ...{ nPictures, random, signal, isDifferent: true },
      onVectors: (vectors) => exact.add(vectors),
    });
    const sums = { nRight: 0, largestError: 0 };
    for (let text = 0; text < nTexts; text++) {
      throwIfAborted(signal);
      onStep?.(`Comparing text ${text + 1} of ${nTexts} with f32…`);
      const truth = exact.scoresOf(text);
      const best = [...truth].sort((a, b) => b - a).slice(0, TOP);
      const found = await index.search(exact.text(text), { k: TOP });
      for (const [place, { digest, similarity }] of found.entries()) {
        const own = truth[digests.get(digest) ?? -1] ?? NaN;
        sums.largestError = Math.max(sums.largestError, Math.abs(own - similarity));
        if (Math.abs(own - (best[place] ?? NaN)) <= 1e-4) sums.nRight++;
      }
    }
    await exact.release();
    await index.close();
    const recall = sums.nRight / (nTexts * Math.min(TOP, nPictures));
    return { pictures: nPictures, texts: nTexts, recall, largestError: sums.largestError };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface FillOptions {
  readonly nPictures: number;
  readonly random: RandomStream;
  readonly signal: AbortSignal;
  /** Every such picture is nearly the one before it. @default none */
  readonly copyEach?: number;
  /** Each by numbers of its own. */
  readonly isDifferent?: boolean;
  readonly onVectors?: (vectors: Float32Array) => Promise<void>;
}

/** @returns the place of each digest. */
async function fill(index: PictureIndex, how: FillOptions): Promise<ReadonlyMap<string, number>> {
  const { nPictures, random, signal, onVectors, copyEach = Infinity } = how;
  const places = new Map<string, number>();
  const made: Float32Array[] = [];
  let before: Float32Array = new Float32Array(0);
  for (let i = 0; i < nPictures; i++) {
    throwIfAborted(signal);
    const again = made[i % DIFFERENT];
    const own = again === undefined ? unitRows(random, SHAPE) : movedOn(again, i / DIFFERENT);
    if (how.isDifferent !== true && made.length < DIFFERENT) made.push(own);
    const vectors = i % copyEach === copyEach - 1 ? between(before, own) : own;
    before = vectors;
    const digest = createHash("sha256").update(String(i)).digest("hex");
    places.set(digest, i);
    await onVectors?.(vectors);
    const traits = { width: 640, height: 480, isOneColor: false, look: "0".repeat(16) };
    await index.put({ digest, vectors, ...traits });
  }
  return places;
}

/** The values of each row, moved on by so many places. */
function movedOn(vectors: Float32Array, by: number): Float32Array {
  const { rows, width } = SHAPE;
  const out = new Float32Array(vectors.length);
  const nMoved = Math.floor(by) % width;
  for (let at = 0; at < rows * width; at += width) {
    out.set(vectors.subarray(at, at + width - nMoved), at + nMoved);
    out.set(vectors.subarray(at + width - nMoved, at + width), at);
  }
  return out;
}

/** Much nearer to the first: their cosine is 0.95. */
function between(one: Float32Array, other: Float32Array): Float32Array {
  const { rows, width } = SHAPE;
  const out = one.map((value, i) => value + 0.3287 * (other[i] ?? 0));
  for (let at = 0; at < rows * width; at += width) toUnit(out.subarray(at, at + width));
  return out;
}

/** [rows · width], each row of unit length, in all directions alike. */
function unitRows(random: RandomStream, { rows, width }: RecordShape): Float32Array {
  const out = new Float32Array(rows * width);
  for (let at = 0; at < rows * width; at += width) {
    const row = out.subarray(at, at + width);
    // A sum of three is near enough to a normal number.
    for (let i = 0; i < width; i++) {
      row[i] = random.nextUnit() + random.nextUnit() + random.nextUnit() - 1.5;
    }
    toUnit(row);
  }
  return out;
}

function toUnit(row: Float32Array): void {
  let square = 0;
  for (const value of row) square += value * value;
  const length = Math.sqrt(square);
  for (let i = 0; i < row.length; i++) row[i] = (row[i] ?? 0) / length;
}

/** ITC of many texts in f32. */
class ExactScan {
  readonly #factory: SessionFactory;
  /** [texts, width]. */
  readonly #texts: Float32Array;
  /** [texts] for each picture. */
  readonly #scores: Float32Array[] = [];

  constructor(factory: SessionFactory, texts: Float32Array) {
    this.#factory = factory;
    this.#texts = texts;
  }

  #session: ReturnType<SessionFactory["open"]> | undefined;

  text(place: number): Float32Array {
    return this.#texts.subarray(place * SHAPE.width, (place + 1) * SHAPE.width);
  }

  /** @param vectors [rows, width]. */
  async add(vectors: Float32Array): Promise<void> {
    this.#session ??= this.#factory.open(exactGraph(), { device: "cpu" });
    const session = await this.#session;
    const { width, rows } = SHAPE;
    const outputs = await session.run({
      texts: cpuTensor(this.#texts, [this.#texts.length / width, width]),
      vectors: cpuTensor(vectors, [rows, width]),
    });
    this.#scores.push(floats(outputs["scores"]).slice());
  }

  scoresOf(text: number): Float32Array {
    return Float32Array.from(this.#scores, (scores) => scores[text] ?? NaN);
  }

  async release(): Promise<void> {
    await (await this.#session)?.release();
  }
}

/** texts [T, width] and vectors [rows, width] → the largest cosine of each text, [T]. */
function exactGraph(): Uint8Array {
  const { width, rows } = SHAPE;
  return encodeOnnxModel({
    name: "exact",
    nodes: [
      {
        ...{ name: "/product", opType: "FusedMatMul", domain: "com.microsoft" },
        ...{ inputs: ["texts", "vectors"], outputs: ["products"] },
        attributes: { transB: { int: 1 } },
      },
      {
        ...{ name: "/largest", opType: "ReduceMax", inputs: ["products", "axes"] },
        ...{ outputs: ["scores"], attributes: { keepdims: { int: 0 } } },
      },
    ],
    inputs: [
      { name: "texts", dataType: "float32", dims: ["texts", width] },
      { name: "vectors", dataType: "float32", dims: [rows, width] },
    ],
    outputs: [{ name: "scores", dataType: "float32", dims: ["texts"] }],
    initializers: [
      {
        ...{ name: "axes", dataType: "int64", dims: [1] },
        data: new Uint8Array(BigInt64Array.of(1n).buffer),
      },
    ],
  });
}
