/** From a model's data file back to float32 matrices, as near to the checkpoint's as the file keeps them. */

import type { FileHandle } from "node:fs/promises";
import { invariant } from "../../base/assert";
import { readExactly } from "../checkpoint/byteSource";
import { toFloat32 } from "../checkpoint/dtype";
import type { WeightSource } from "../checkpoint/weightSource";
import type { PlacedEntry, StoredLayout } from "./dataFile";
import { blocksPerRow, codeBytesPerRow, type BlockFormat } from "./quantize";

/**
 * The values of an entry, [rows, cols] of its source.
 * @throws AppError `checkpoint.corrupt` when the file ends early.
 */
export async function readStored(
  file: { readonly handle: FileHandle; readonly path: string },
  { entry, places }: PlacedEntry,
): Promise<Float32Array> {
  const pieces: Uint8Array[] = [];
  for (const { begin, end, name } of places) {
    const bytes = new Uint8Array(end - begin);
    const place = { file: file.path, tensor: name };
    await readExactly(file.handle, { place, position: begin, into: bytes });
    pieces.push(bytes);
  }
  return decoded(pieces, entry.stored.layout, entry.stored.source);
}

type Size = Pick<WeightSource, "rows" | "cols">;

function decoded(
  [codes = new Uint8Array(), scales = new Uint8Array()]: readonly Uint8Array[],
  layout: StoredLayout,
  { rows, cols }: Size,
): Float32Array {
  switch (layout.kind) {
    case "plain":
      return floatsOf(codes, layout.storage);
    case "transposed":
      return transposed(floatsOf(codes, layout.storage), { rows, cols });
    case "channels": {
      const signed = new Int8Array(codes.buffer, codes.byteOffset, codes.length);
      const perRow = floatsOf(scales, "float32");
      return transposed(signed, { rows, cols }).map(
        (code, i) => code * perRow[Math.floor(i / cols)]!,
      );
    }
    case "blocks":
      return ofBlocks({ codes, scales: floatsOf(scales, "float32") }, layout.format, {
        rows,
        cols,
      });
  }
}

function floatsOf(bytes: Uint8Array, storage: "float32" | "float16"): Float32Array {
  return toFloat32(bytes, storage === "float32" ? "F32" : "F16");
}

/** [cols, rows] → [rows, cols]. */
function transposed(values: Float32Array | Int8Array, { rows, cols }: Size): Float32Array {
  const out = new Float32Array(rows * cols);
  for (let col = 0; col < cols; col++) {
    for (let row = 0; row < rows; row++) out[row * cols + col] = values[col * rows + row]!;
  }
  return out;
}

/** w = (code − 2^(bits−1)) · scale; see `quantizeRows`. */
function ofBlocks(
  { codes, scales }: { readonly codes: Uint8Array; readonly scales: Float32Array },
  format: BlockFormat,
  { rows, cols }: Size,
): Float32Array {
  const { bits, blockSize } = format;
  const rowBytes = codeBytesPerRow(cols, format);
  const blocks = blocksPerRow(cols, format);
  invariant(codes.length === rows * rowBytes, "A matrix has codes for each of its values.");
  const zero = 1 << (bits - 1);
  const out = new Float32Array(rows * cols);
  for (let row = 0, at = 0; row < rows; row++) {
    for (let col = 0; col < cols; col++, at++) {
      const byte = codes[row * rowBytes + ((col * bits) >> 3)]!;
      const code = bits === 8 ? byte : col % 2 === 0 ? byte & 15 : byte >> 4;
      out[at] = (code - zero) * scales[row * blocks + Math.floor(col / blockSize)]!;
    }
  }
  return out;
}

/**
 * Gives the values of a matrix to the tensors that it is made of, as far as they can be told from it.
 * @param give called with whole tensors.
 */
export function spreadOver(
  source: WeightSource,
  values: Float32Array,
  give: (tensor: string, values: Float32Array) => void,
): void {
  const { form } = source;
  switch (form?.kind) {
    case "tensor":
      give(form.tensor.name, values);
      return;
    case "same":
      spreadOver(form.of, values, give);
      return;
    case "stack": {
      let begin = 0;
      for (const part of form.of) {
        const end = begin + part.rows * part.cols;
        spreadOver(part, values.slice(begin, end), give);
        begin = end;
      }
      return;
    }
    case "take":
    case "skip":
    case "addToFirst":
    case "zeros":
    case undefined:
      // A part of a tensor, or something that was worked out of several.
      return;
  }
}
