/** Writes weight files in the safetensors format (huggingface.co/docs/safetensors): a header, then the tensors. */

import { open } from "node:fs/promises";
import { float32ToFloat16 } from "../../convert/checkpoint/dtype";

export interface StoredTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** Tensors begin at a multiple of this. */
const ALIGNMENT = 8;

/**
 * Writes tensors in the order of their names.
 * @param storage F16 rounds to the nearest. @default "F32"
 */
export async function writeSafetensors(
  file: string,
  tensors: ReadonlyMap<string, StoredTensor>,
  storage: "F32" | "F16" = "F32",
): Promise<void> {
  const names = [...tensors.keys()].sort();
  const nBytes = storage === "F32" ? 4 : 2;
  let end = 0;
  const header: Record<string, unknown> = { __metadata__: { format: "pt" } };
  for (const name of names) {
    const { shape, values } = tensors.get(name) ?? { shape: [], values: new Float32Array() };
    const begin = end;
    end += values.length * nBytes;
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
      const values = tensors.get(name)?.values ?? new Float32Array();
      const stored = storage === "F32" ? values : float32ToFloat16(values);
      await handle.writeFile(new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength));
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
}
