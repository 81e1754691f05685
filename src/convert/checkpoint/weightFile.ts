/** The header of a file with weights, in whichever of the two formats it is. Its name says which. */

import { withFileBytes, type ByteSource } from "./byteSource";
import { safetensorsHeader } from "./safetensors";
import type { WeightHeader } from "./tensorInfo";
import { torchHeader } from "../torch/torchFile";
import type { TorchDepth } from "../torch/zipDirectory";

/**
 * Reads and checks a header.
 * @throws AppError `checkpoint.missing`, `checkpoint.corrupt`, `checkpoint.unsupported`.
 */
export async function readWeightHeader(file: string): Promise<WeightHeader> {
  return await withFileBytes(file, (source) => weightHeader(source, "whole"));
}

/**
 * The same for a file wherever it is.
 * @param depth of a file of torch; `directory` tells names, types and shapes, but not all places.
 */
export async function weightHeader(source: ByteSource, depth: TorchDepth): Promise<WeightHeader> {
  return source.file.endsWith(".safetensors")
    ? await safetensorsHeader(source)
    : await torchHeader(source, depth);
}
