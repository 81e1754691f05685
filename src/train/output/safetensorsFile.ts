/** Writes weight files in the safetensors format (huggingface.co/docs/safetensors): a header, then the tensors. */

import { open } from "node:fs/promises";
import { defined } from "../../base/assert";
import { elementsOf } from "../../convert/checkpoint/tensorInfo";
import { float32ToFloat16 } from "../../convert/checkpoint/dtype";

export interface StoredTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** One whose values are read when they are written. */
export interface LateTensor {
  readonly shape: readonly number[];
  readonly read: () => Promise<Float32Array>;
}

/** Tensors begin at a multiple of this. */
const ALIGNMENT = 8;

/**
 * Writes tensors in the order of their names.
 * @param storage F16 rounds to the nearest. @default "F32"
 */
export async function writeSafetensors(
  file: string,
  tensors: ReadonlyMap<string, StoredTensor | LateTensor>,
  storage: "F32" | "F16" = "F32",
): Promise<void> {
  const names = [...tensors.keys()].sort();
  const nBytes = storage === "F32" ? 4 : 2;
  let end = 0;
  const header: Record<string, unknown> = { __metadata__: { format: "pt" } };
  for (const name of names) {
    const { shape } = defined(tensors.get(name), name);
    const begin = end;
    end += elementsOf(shape) * nBytes;
    header[name] = { dtype: storage, shape, data_offsets: [begin, end] };
  }
  const text = JSON.stringify(header);
  const length = Math.ceil(text.length / ALIGNMENT) * ALIGNMENT;
  const start = Buffer.alloc(8 + length, " ");
  start.writeBigUInt64LE(BigInt(length));
  start.write(text, 8, "utf8");
  const handle = await open(file, "w");
  try {
    await handle.writeFile(start);
    for (const name of names) {
      const tensor = defined(tensors.get(name), name);
      const values = "read" in tensor ? await tensor.read() : tensor.values;
      const stored = storage === "F32" ? values : float32ToFloat16(values);
      await handle.writeFile(new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength));
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
}
