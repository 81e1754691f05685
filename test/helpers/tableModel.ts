/** A language model small enough to write down: its logits are sums of three table rows. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { CausalModel, GenerateContext } from "../../src/engine/decode/causalModel";
import { fixturePath } from "./fixtures";

/** test/fixtures/generation/tableModel.json. Tables are base64 float32, little-endian, row-major. */
interface TableFile {
  readonly vocabSize: number;
  readonly nPositions: number;
  readonly padTokenId: number;
  /** Ids that may end a sequence; `endBias` is added to their logits. */
  readonly ends: readonly number[];
  readonly texts: readonly string[];
  readonly temperaments: Readonly<Record<string, { scale: number; endBias: number }>>;
  /** [vocabSize, vocabSize], by the last token. */
  readonly afterLast: string;
  /** [vocabSize, vocabSize], by the token before it. */
  readonly afterPrevious: string;
  /** [nPositions, vocabSize], by the length of the sequence. */
  readonly atLength: string;
}

const file = JSON.parse(
  readFileSync(fixturePath("generation", "tableModel.json"), "utf8"),
) as TableFile;
const afterLast = decodeFloats(file.afterLast);
const afterPrevious = decodeFloats(file.afterPrevious);
const atLength = decodeFloats(file.atLength);

export const TABLE_VOCAB_SIZE = file.vocabSize;

/** Base64 of little-endian float32 values. */
export function decodeFloats(base64: string): Float32Array {
  const bytes = Uint8Array.from(Buffer.from(base64, "base64"));
  return new Float32Array(bytes.buffer);
}

/** Text of ids, as the tokenizer behind the recorded values gives it. */
export function decodeTable(ids: readonly number[]): string {
  return ids.map((id) => file.texts[id] ?? "").join("");
}

/** The context of a table model. */
export function tableContext(
  inputIds: readonly number[],
  eosTokenIds: readonly number[],
  extra: Partial<GenerateContext> = {},
): GenerateContext {
  return { inputIds, eosTokenIds, padTokenId: file.padTokenId, decode: decodeTable, ...extra };
}

/** Keeps one token list per row, and what it was asked for. */
export class TableModel implements CausalModel {
  readonly vocabSize = file.vocabSize;
  readonly firstLogits: Float32Array;
  nSteps = 0;
  nReorders = 0;
  /** Called before each step computes. */
  onStep: () => void = () => undefined;
  readonly #temperament: { scale: number; endBias: number };
  #rows: (readonly number[])[];

  constructor(temperament: string, inputIds: readonly number[]) {
    const found = file.temperaments[temperament];
    assert.ok(found, temperament);
    this.#temperament = { scale: Math.fround(found.scale), endBias: Math.fround(found.endBias) };
    this.#rows = [inputIds];
    this.firstLogits = this.#logitsOf(inputIds);
  }

  get rows(): readonly (readonly number[])[] {
    return this.#rows;
  }

  step(tokenIds: readonly number[]): Promise<Float32Array> {
    this.nSteps++;
    this.onStep();
    assert.equal(tokenIds.length, this.#rows.length);
    this.#rows = this.#rows.map((ids, row) => [...ids, tokenIds[row]!]);
    const logits = new Float32Array(this.#rows.length * this.vocabSize);
    this.#rows.forEach((ids, row) => {
      logits.set(this.#logitsOf(ids), row * this.vocabSize);
    });
    return Promise.resolve(logits);
  }

  reorder(beamIdx: readonly number[]): Promise<void> {
    this.nReorders++;
    this.#rows = beamIdx.map((from) => {
      assert.ok(from in this.#rows, `row ${from} of ${this.#rows.length}`);
      return this.#rows[from]!;
    });
    return Promise.resolve();
  }

  /** Rounds after every operation, as the recorded model did. */
  #logitsOf(ids: readonly number[]): Float32Array {
    const { scale, endBias } = this.#temperament;
    const clamp = (id: number | undefined): number => Math.min(id ?? 0, file.vocabSize - 1);
    const last = clamp(ids.at(-1)) * file.vocabSize;
    const previous = clamp(ids.at(-2)) * file.vocabSize;
    const length = (ids.length % file.nPositions) * file.vocabSize;
    return Float32Array.from({ length: file.vocabSize }, (_, id) => {
      const pair = Math.fround(afterLast[last + id]! + afterPrevious[previous + id]!);
      const sum = Math.fround(pair + atLength[length + id]!);
      return Math.fround(sum * scale) + (file.ends.includes(id) ? endBias : 0);
    });
  }
}
