/**
 * The index of this machine: exact, all integers in memory, halves in the file. Up to 100,000 pictures of
 * BLIP-2 this is 0.85 GB and less than a second; no approximate structure is kept.
 */

import { throwIfAborted } from "../../base/errors";
import { IndexFiles, type IndexPlace } from "./indexFiles";
import type { Alike, AlikePair, Nearest, Neighbour, PictureIndex } from "./pictureIndex";
import {
  codeBytes,
  encodeRecord,
  type PictureTraits,
  readHalves,
  readKey,
  readTraits,
  type RecordShape,
  type VectorRecord,
} from "./vectorRecord";
import { bestOf } from "../scan/best";
import { largestCosine } from "../../engine/textComparer";
import { alikePairs } from "../scan/alikePairs";
import { type CodeBlock, Scanner } from "../scan/scanner";
import type { SessionFactory } from "../../engine/session/session";

/** Pictures whose integers lie in one piece of memory: 17 MB of BLIP-2. */
const BLOCK_RECORDS = 2048;

/** Integers differ from the exact value by some thousandths; among so many the best are. */
const CANDIDATES = 256;

/** Pairs whose halves are read before others have a turn. */
const READ_AT_ONCE = 64;

/** The halves of the newest records are looked at when they are opened: a power cut could have lost them. */
const CHECKED_AT_END = 64;

export interface FlatIndexOptions extends IndexPlace {
  /** Computes the products. */
  readonly factory: SessionFactory;
}

/** Room for whole records; `count` of them are there. */
interface Block extends CodeBlock {
  codes: Buffer;
  scales: Float32Array;
  count: number;
}

/**
 * Opens an index; of none there is an empty one.
 * @throws AppError `index.unwritable` when told to write and it cannot.
 */
export async function openFlatIndex(options: FlatIndexOptions): Promise<PictureIndex> {
  const files = await IndexFiles.open(options);
  const index = new FlatIndex(options, files);
  await index.load();
  return index;
}

class FlatIndex implements PictureIndex {
  readonly #options: FlatIndexOptions;
  readonly #files: IndexFiles | undefined;
  readonly #scanner: Scanner;
  readonly #blocks: Block[] = [];
  /** Of each record; one that is damaged, or that came again, stays in its place and is none. */
  readonly #digestAt: (string | undefined)[] = [];
  readonly #slotOf = new Map<string, number>();

  constructor(options: FlatIndexOptions, files: IndexFiles | undefined) {
    this.#options = options;
    this.#files = files;
    this.#scanner = new Scanner(options.factory, options.shape);
  }

  get size(): number {
    return this.#slotOf.size;
  }

  has(digest: string): boolean {
    return this.#slotOf.has(digest);
  }

  traits(digest: string): PictureTraits | undefined {
    const slot = this.#slotOf.get(digest);
    return slot === undefined ? undefined : this.#traitsAt(slot);
  }

  digests(): readonly string[] {
    return [...this.#slotOf.keys()];
  }

  /** Reads all integers into memory and, when it may write, cuts what is not whole. */
  async load(): Promise<void> {
    const files = this.#files;
    if (files === undefined) return;
    const count = await files.count();
    let reading = this.#readBlock(files, { first: 0, count });
    for (let first = 0; first < count; first += BLOCK_RECORDS) {
      const { block, nRead } = await reading;
      // The disk goes on while these are looked at.
      reading = this.#readBlock(files, { first: first + BLOCK_RECORDS, count });
      reading.catch(() => undefined);
      this.#blocks.push(block);
      for (let i = 0; i < nRead; i++) this.#note(block);
    }
    await reading;
    if (this.#options.mode === "write") await files.cut(this.#wholeEnd());
  }

  /** Bytes and scales of a block; nothing behind the last record. */
  async #readBlock(
    files: IndexFiles,
    { first, count }: { readonly first: number; readonly count: number },
  ): Promise<{ readonly block: Block; readonly nRead: number }> {
    const { shape } = this.#options;
    const room = Math.max(0, Math.min(BLOCK_RECORDS, count - first));
    // Not from a pool, whose pieces are aligned to nothing, and not filled with zeros.
    const codes = Buffer.allocUnsafeSlow(room * codeBytes(shape));
    const block = { codes, scales: new Float32Array(room * shape.rows), count: 0 };
    return { block, nRead: room === 0 ? 0 : await files.readCodes(codes, first) };
  }

  async put(record: VectorRecord): Promise<void> {
    const files = this.#files;
    if (files === undefined || this.has(record.digest)) return;
    const encoded = encodeRecord(record, this.#options.shape);
    await files.append(encoded, this.#digestAt.length);
    this.#take(encoded.codes);
  }

  async search(text: Float32Array, nearest: Nearest): Promise<readonly Neighbour[]> {
    return await this.#nearest(nearest, {
      scan: (block) => this.#scanner.largest(block, text),
      exact: (vectors) => largestCosine(vectors, text),
    });
  }

  async similar(picture: Float32Array, nearest: Nearest): Promise<readonly Neighbour[]> {
    return await this.#nearest(nearest, {
      scan: (block) => this.#scanner.aligned(block, picture),
      exact: (vectors) => alignedCosine(vectors, picture, this.#options.shape),
    });
  }

  async alike({ isWanted, ...alike }: Alike): Promise<readonly AlikePair[]> {
    const { factory, shape } = this.#options;
    const slots = [...this.#slotOf].flatMap(([digest, slot]) => (isWanted(digest) ? [slot] : []));
    const places = slots.map((slot) => ({
      block: this.#blocks[Math.floor(slot / BLOCK_RECORDS)] as CodeBlock,
      record: slot % BLOCK_RECORDS,
    }));
    const pairs = await alikePairs(places, { ...alike, factory, shape });
    const exact: AlikePair[] = [];
    for (const [i, { a, b }] of pairs.entries()) {
      if (i % READ_AT_ONCE === 0) await new Promise(setImmediate);
      throwIfAborted(alike.signal);
      const pair = this.#pairOf(slots[a] ?? -1, slots[b] ?? -1);
      if (pair !== undefined && pair.similarity >= alike.least) exact.push(pair);
    }
    return exact;
  }

  async vectors(digest: string): Promise<Float32Array | undefined> {
    const slot = this.#slotOf.get(digest);
    if (slot === undefined) return undefined;
    const vectors = this.#halvesOf(slot);
    if (vectors === undefined) await this.#forget([slot]);
    return vectors;
  }

  async close(): Promise<void> {
    await this.#scanner.release();
    await this.#files?.close();
  }

  async #nearest(
    { k, isWanted, onScores }: Nearest,
    how: {
      readonly scan: (block: CodeBlock) => Promise<Float32Array>;
      readonly exact: (vectors: Float32Array) => number;
    },
  ): Promise<readonly Neighbour[]> {
    const scores = await this.#scan(how.scan);
    const isCandidate = (slot: number): boolean => {
      const digest = this.#digestAt[slot];
      return digest !== undefined && (isWanted === undefined || isWanted(digest));
    };
    onScores?.(scores.filter((_, slot) => isCandidate(slot)));
    const neighbours: Neighbour[] = [];
    const damaged: number[] = [];
    for (const slot of bestOf(scores, Math.max(CANDIDATES, 2 * k), isCandidate)) {
      const vectors = this.#halvesOf(slot);
      const digest = this.#digestAt[slot];
      const similarity = vectors === undefined ? NaN : how.exact(vectors);
      if (digest === undefined || !Number.isFinite(similarity)) damaged.push(slot);
      else neighbours.push({ digest, similarity });
    }
    await this.#forget(damaged);
    return neighbours
      .sort((a, b) => b.similarity - a.similarity || (a.digest < b.digest ? -1 : 1))
      .slice(0, k);
  }

  /** Undefined when the disk has lost one of them. */
  #pairOf(one: number, other: number): AlikePair | undefined {
    const [vectors, others] = [this.#halvesOf(one), this.#halvesOf(other)];
    const [a, b] = [this.#digestAt[one], this.#digestAt[other]];
    if (vectors === undefined || others === undefined) return undefined;
    if (a === undefined || b === undefined) return undefined;
    return { a, b, similarity: alignedCosine(vectors, others, this.#options.shape) };
  }

  /** Of every place, damaged ones too. */
  async #scan(scan: (block: CodeBlock) => Promise<Float32Array>): Promise<Float32Array> {
    const scores = new Float32Array(this.#digestAt.length);
    for (const [i, block] of this.#blocks.entries()) {
      scores.set(await scan(block), i * BLOCK_RECORDS);
    }
    return scores;
  }

  #halvesOf(slot: number): Float32Array | undefined {
    const halves = this.#files?.readHalves(slot);
    if (halves === undefined || this.#digestAt[slot] === undefined) return undefined;
    return readHalves(halves, this.#traitsAt(slot).halvesCrc);
  }

  #traitsAt(slot: number): ReturnType<typeof readTraits> {
    const { shape } = this.#options;
    const block = this.#blocks[Math.floor(slot / BLOCK_RECORDS)];
    if (block === undefined) throw new RangeError(`slot ${slot}`);
    return readTraits(block.codes, (slot % BLOCK_RECORDS) * codeBytes(shape), shape);
  }

  /** Takes a record's integers as the next one. */
  #take(codes: Uint8Array): void {
    const block = this.#roomFor(this.#digestAt.length);
    block.codes.set(codes, block.count * codes.length);
    this.#note(block);
  }

  /** Counts the next record of a block, whose integers are in their place. */
  #note(block: Block): void {
    const { shape } = this.#options;
    const slot = this.#digestAt.length;
    const place = block.count++;
    const into = block.scales.subarray(place * shape.rows, (place + 1) * shape.rows);
    const digest = readKey(block.codes, place * codeBytes(shape), { shape, into });
    this.#digestAt.push(digest);
    if (digest === undefined) return;
    const before = this.#slotOf.get(digest);
    if (before !== undefined) this.#digestAt[before] = undefined;
    this.#slotOf.set(digest, slot);
  }

  /** A block doubles until it is full: a folder of ten pictures takes no 17 MB. */
  #roomFor(slot: number): Block {
    const { shape } = this.#options;
    const bytes = codeBytes(shape);
    let block = this.#blocks[Math.floor(slot / BLOCK_RECORDS)];
    if (block === undefined) {
      block = { codes: Buffer.alloc(0), scales: new Float32Array(0), count: 0 };
      this.#blocks.push(block);
    }
    const capacity = block.codes.length / bytes;
    if (block.count < capacity) return block;
    const room = Math.min(BLOCK_RECORDS, Math.max(16, 2 * capacity));
    const { codes, scales } = block;
    block.codes = Buffer.alloc(room * bytes);
    block.codes.set(codes);
    block.scales = new Float32Array(room * shape.rows);
    block.scales.set(scales);
    return block;
  }

  /** Records whose halves are damaged: their pictures are new again, now and after each later start. */
  async #forget(slots: readonly number[]): Promise<void> {
    for (const slot of slots) {
      const digest = this.#digestAt[slot];
      if (digest === undefined) continue;
      this.#digestAt[slot] = undefined;
      this.#slotOf.delete(digest);
      if (this.#options.mode === "write") await this.#files?.spoil(slot);
    }
  }

  /** Records up to the last one that is whole in both files; what is behind it is forgotten. */
  #wholeEnd(): number {
    let end = this.#digestAt.length;
    while (end > 0 && this.#halvesOf(end - 1) === undefined) end--;
    const checkedFrom = Math.max(0, end - CHECKED_AT_END);
    for (let slot = this.#digestAt.length - 1; slot >= end; slot--) this.#drop(slot);
    // One between whole ones may be read again from its picture.
    for (let slot = checkedFrom; slot < end; slot++) {
      const digest = this.#digestAt[slot];
      if (digest === undefined || this.#halvesOf(slot) !== undefined) continue;
      this.#slotOf.delete(digest);
      this.#digestAt[slot] = undefined;
    }
    return end;
  }

  #drop(slot: number): void {
    const digest = this.#digestAt.pop();
    if (digest !== undefined) this.#slotOf.delete(digest);
    const block = this.#blocks[Math.floor(slot / BLOCK_RECORDS)];
    if (block !== undefined) block.count--;
  }
}

/** The mean over the rows of the cosine of two pictures' vectors of the same row: 1 for the same picture. */
export function alignedCosine(
  a: Float32Array,
  b: Float32Array,
  { rows }: Pick<RecordShape, "rows">,
): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum / rows;
}
