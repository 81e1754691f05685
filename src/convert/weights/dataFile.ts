/**
 * The external-data file of one part: planned before anything is written, so that graphs can refer to
 * offsets and the entries can be written in any order.
 */

import { invariant } from "../../base/assert";
import type { OnnxDataType, OnnxInitializer } from "../../model/graph/onnxProto";
import type { ConvertWorkers } from "./convertWorkers";
import type { TensorInfo } from "../checkpoint/tensorInfo";
import type { WeightSource } from "../checkpoint/weightSource";
import type { BlockFormat } from "./quantize";

/** One initializer's place in the file. */
export interface PlannedInitializer {
  readonly name: string;
  readonly dataType: OnnxDataType;
  readonly dims: readonly number[];
  readonly bytes: number;
}

/** Bytes of the n-th initializer of an entry, in order; an initializer may come in several pieces. */
export interface Piece {
  readonly index: number;
  readonly bytes: Uint8Array;
}

export type FloatStorage = "float32" | "float16";

/** How the values of a matrix lie in the initializers of an entry. */
export type StoredLayout =
  | { readonly kind: "plain" | "transposed"; readonly storage: FloatStorage }
  | { readonly kind: "channels" }
  | { readonly kind: "blocks"; readonly format: BlockFormat };

/** One or several initializers that are computed in one pass over their source. */
export interface DataEntry {
  readonly initializers: readonly PlannedInitializer[];
  /** What is stored, and how, for whoever reads it back. */
  readonly stored: { readonly source: WeightSource; readonly layout: StoredLayout };
  /** What `produce` reads; some of them may occur twice. */
  readonly tensors: readonly TensorInfo[];
  readonly produce: (workers: ConvertWorkers) => AsyncIterable<Piece>;
}

/** An entry and where its initializers lie. */
export interface PlacedEntry {
  readonly entry: DataEntry;
  /** One for each initializer, in order. */
  readonly places: readonly PlacedInitializer[];
}

/** Absolute offsets in the file. */
export interface PlacedInitializer {
  readonly name: string;
  /** Of the zeros before the first byte, which belong to nobody else. */
  readonly padding: number;
  readonly begin: number;
  /** Behind the last byte. */
  readonly end: number;
}

/** Whole pages, so that the file can be mapped into memory; small vectors need no more than a cache line. */
const PAGE = 4096;
const CACHE_LINE = 64;

const BYTES_OF: Readonly<Record<OnnxDataType, number>> = {
  float32: 4,
  float16: 2,
  uint8: 1,
  int8: 1,
  uint4: 0.5,
  int32: 4,
  int64: 8,
  bool: 1,
};

/** An initializer with its size in bytes worked out. */
export function planInitializer(
  name: string,
  dataType: OnnxDataType,
  dims: readonly number[],
): PlannedInitializer {
  const count = dims.reduce((product, dim) => product * dim, 1);
  return { name, dataType, dims, bytes: count * BYTES_OF[dataType] };
}

export class DataFilePlan {
  readonly fileName: string;
  readonly #entries: PlacedEntry[] = [];
  readonly #placed = new Map<string, OnnxInitializer>();
  #end = 0;

  constructor(fileName: string) {
    this.fileName = fileName;
  }

  get bytes(): number {
    return this.#end;
  }

  /** Places an entry, or finds it when another graph of the same file placed it before. */
  place(entry: DataEntry): readonly OnnxInitializer[] {
    const first = entry.initializers[0];
    invariant(first !== undefined, "An entry needs an initializer.");
    if (!this.#placed.has(first.name)) {
      const places = entry.initializers.map((initializer) => this.#reserve(initializer));
      this.#entries.push({ entry, places });
    }
    return entry.initializers.map((initializer) => {
      const placed = this.#placed.get(initializer.name);
      invariant(placed !== undefined, `${initializer.name} was placed without its siblings.`);
      return placed;
    });
  }

  #reserve(initializer: PlannedInitializer): PlacedInitializer {
    const { name, dataType, dims, bytes } = initializer;
    invariant(!this.#placed.has(name), `The initializer ${name} is planned twice.`);
    const padding = this.#end;
    const begin = alignUp(padding, bytes >= PAGE ? PAGE : CACHE_LINE);
    this.#end = begin + bytes;
    const data = { location: this.fileName, offset: begin, length: bytes };
    this.#placed.set(name, { name, dataType, dims, data });
    return { name, padding, begin, end: this.#end };
  }

  /** Every entry that was placed, in the order of the file. */
  get entries(): readonly PlacedEntry[] {
    return this.#entries;
  }
}

const alignUp = (value: number, step: number): number => Math.ceil(value / step) * step;
