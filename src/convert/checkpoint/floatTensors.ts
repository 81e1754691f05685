/** All float32 tensors of a safetensors file at once: recorded values, and the state of a training. */

import { toFloat32 } from "./dtype";
import { readSafetensorsHeader } from "./safetensors";
import { TensorReader } from "./tensorReader";

export interface FloatTensor {
  readonly values: Float32Array;
  readonly shape: readonly number[];
}

/** @throws AppError as `readSafetensorsHeader` and `TensorReader.read`. */
export async function readFloatTensors(file: string): Promise<Map<string, FloatTensor>> {
  const reader = new TensorReader();
  try {
    const tensors = new Map<string, FloatTensor>();
    for (const [name, info] of (await readSafetensorsHeader(file)).tensors) {
      if (info.dtype !== "F32") continue;
      const values = toFloat32(await reader.read(info), "F32");
      tensors.set(name, { values, shape: info.shape });
    }
    return tensors;
  } finally {
    await reader.close();
  }
}
