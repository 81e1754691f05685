/** The recorded tensors of a reference kit; reads only what the kits contain, which is float32. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";

export interface KitTensor {
  readonly shape: number[];
  /** Row-major. */
  readonly data: Float32Array;
}

/** Every tensor of `tensors.safetensors` in a kit's folder, by name. */
export function readKitTensors(kitDir: string): Map<string, KitTensor> {
  const file = readFileSync(path.join(kitDir, "tensors.safetensors"));
  // Layout: header length (u64, little-endian), header (JSON), data.
  const headerEnd = 8 + Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.toString("utf8", 8, headerEnd)) as Record<string, HeaderEntry>;
  const tensors = new Map<string, KitTensor>();
  for (const [name, entry] of Object.entries(header)) {
    if (name === "__metadata__") continue;
    assert.equal(entry.dtype, "F32", `${name} must be float32`);
    const [start, end] = entry.data_offsets;
    // A copy, because a Float32Array needs an aligned start.
    const bytes = Uint8Array.from(file.subarray(headerEnd + start, headerEnd + end));
    tensors.set(name, { shape: entry.shape, data: new Float32Array(bytes.buffer) });
  }
  return tensors;
}

interface HeaderEntry {
  readonly dtype: string;
  readonly shape: number[];
  readonly data_offsets: [number, number];
}
