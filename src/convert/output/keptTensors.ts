/**
 * Tensors of weight files that are gone, or will be: those that are still needed lie side by side in a
 * file of their own. Reads from nowhere else but the one weight file that is being converted.
 */

import { open, stat } from "node:fs/promises";
import path from "node:path";
import { invariant } from "../../base/assert";
import { throwIfAborted } from "../../base/errors";
import {
  elementsOf,
  type ElementRange,
  tensorBytes,
  type TensorInfo,
} from "../checkpoint/tensorInfo";
import { type TensorBytes, TensorReader } from "../checkpoint/tensorReader";

/** Elements that are copied at once: at most 16 MB. */
const COPIED_AT_ONCE = 4 << 20;

export class KeptTensors implements TensorBytes {
  readonly #folder: string;
  readonly #reader = new TensorReader();
  /** By name; where each lies now. */
  readonly #kept = new Map<string, TensorInfo>();
  #current: { readonly file: string; readonly places: ReadonlyMap<string, TensorInfo> } | undefined;

  /** @param folder where the tensors are kept. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * From now on tensors of this weight file can be read.
   * @param places where they lie, by their names in the file; what was planned with may not have known.
   */
  begin(file: string, places: ReadonlyMap<string, TensorInfo>): void {
    this.#current = { file, places };
  }

  /** Closes the weight file, so that it can be deleted. */
  async end(): Promise<void> {
    if (this.#current !== undefined) await this.#reader.release(this.#current.file);
    this.#current = undefined;
  }

  /** As `TensorReader.read`. */
  async read(info: TensorInfo, range?: ElementRange, into?: Uint8Array): Promise<Uint8Array> {
    const place = this.#placeOf(info);
    invariant(place !== undefined, `${info.name} is read, but was not said to be needed.`);
    return await this.#reader.read(place, range, into);
  }

  /**
   * Copies tensors of the current weight file, so that they can be read when it is gone.
   * @throws AppError `request.cancelled`, `checkpoint.corrupt`; the file system's errors.
   */
  async keep(tensors: readonly TensorInfo[], signal?: AbortSignal): Promise<void> {
    const places = this.#placesOf(tensors);
    const [first] = places;
    if (first === undefined) return;
    const handle = await open(first.file, "w");
    try {
      for (const tensor of tensors) {
        for (const range of rangesOf(tensor)) {
          throwIfAborted(signal);
          await handle.writeFile(await this.read(tensor, range));
        }
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
    for (const place of places) this.#kept.set(place.name, place);
  }

  /** Finds tensors again that an earlier run kept. @returns false when they are not there. */
  async recall(tensors: readonly TensorInfo[]): Promise<boolean> {
    const places = this.#placesOf(tensors);
    const last = places.at(-1);
    if (last === undefined) return true;
    const found = await stat(last.file).catch(() => undefined);
    if (found?.size !== last.end) return false;
    for (const place of places) this.#kept.set(place.name, place);
    return true;
  }

  /** Closes every file. */
  async close(): Promise<void> {
    await this.#reader.close();
  }

  #placeOf(info: TensorInfo): TensorInfo | undefined {
    if (info.file !== this.#current?.file) return this.#kept.get(info.name);
    const place = this.#current.places.get(info.name);
    return place === undefined ? undefined : { ...info, begin: place.begin, end: place.end };
  }

  /** Without gaps, in a file that is named after the weight file. */
  #placesOf(tensors: readonly TensorInfo[]): readonly TensorInfo[] {
    let end = 0;
    return tensors.map((tensor) => {
      const begin = end;
      end += tensorBytes(tensor);
      const file = path.join(this.#folder, `${path.basename(tensor.file)}.kept`);
      const { name, dtype, shape } = tensor;
      return { name, dtype, shape, file, begin, end };
    });
  }
}

function* rangesOf({ shape }: TensorInfo): Iterable<ElementRange> {
  const nElements = elementsOf(shape);
  for (let start = 0; start < nElements; start += COPIED_AT_ONCE) {
    yield { start, count: Math.min(COPIED_AT_ONCE, nElements - start) };
  }
}
