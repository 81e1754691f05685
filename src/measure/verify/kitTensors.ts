/** Recorded values of kits, and weights that are stored as they are trained: float32 in safetensors. */

import { AppError } from "../../base/errors";
import { toFloat32 } from "../../convert/checkpoint/dtype";
import { readSafetensorsHeader } from "../../convert/checkpoint/safetensors";
import { TensorReader } from "../../convert/checkpoint/tensorReader";

export interface RecordedTensor {
  readonly values: Float32Array;
  readonly shape: readonly number[];
}

/**
 * The float32 tensors of a file. They are recorded values, not a checkpoint's, whoever reads the format.
 * @throws AppError `kit.invalid` naming the file.
 */
export async function readFloatTensors(file: string): Promise<Map<string, RecordedTensor>> {
  const reader = new TensorReader();
  try {
    const tensors = new Map<string, RecordedTensor>();
    for (const [name, info] of (await readSafetensorsHeader(file)).tensors) {
      if (info.dtype !== "F32") continue;
      const values = toFloat32(await reader.read(info), "F32");
      tensors.set(name, { values, shape: info.shape });
    }
    return tensors;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new AppError("kit.invalid", `The kit's recorded values cannot be read: ${why}`, {
      cause,
      detail: { file },
    });
  } finally {
    await reader.close();
  }
}
