/**
 * A file of torch.save: where each of its tensors lies. Both forms are read, the zip of today and the
 * stream of pickles before it, with limits and without executing anything. Knows no model.
 */

import { AppError } from "../../base/errors";
import type { ByteSource } from "../checkpoint/byteSource";
import { corruptFile } from "../checkpoint/checkpointText";
import { refuseStranger, STRANGER_BYTES } from "../checkpoint/strangeFile";
import {
  DTYPE_BITS,
  elementsOf,
  type TensorInfo,
  type WeightHeader,
} from "../checkpoint/tensorInfo";
import { findStateDict } from "./stateDict";
import { isLegacyStream, readLegacyStream } from "./legacyStream";
import type { StoredTensor } from "./torchPickle";
import { readZipArchive } from "./zipArchive";
import type { TorchDepth } from "./zipDirectory";

/**
 * Reads and checks what a file says of its tensors.
 * @throws AppError `checkpoint.corrupt` for a file that breaks its format, `checkpoint.unsupported` for
 * what is no state_dict, naming what stands in the way.
 */
export async function torchHeader(source: ByteSource, depth: TorchDepth): Promise<WeightHeader> {
  const { file, fileBytes } = source;
  const head = await source.read(0, Math.min(STRANGER_BYTES, fileBytes));
  const found = await (isZip(head)
    ? readZipArchive(source, depth)
    : isLegacyStream(head)
      ? readLegacyStream(source, depth)
      : refuse(head, file));
  const tensors = new Map<string, TensorInfo>();
  for (const [name, tensor] of findStateDict(found.value, file)) {
    tensors.set(name, placed(name, tensor, { file, begin: found.placeOf(tensor.storage) }));
  }
  return { file, fileBytes, tensors };
}

const isZip = (head: Uint8Array): boolean =>
  head[0] === 0x50 && head[1] === 0x4b && head[2] === 0x03 && head[3] === 0x04;

/** Of tar, which torch wrote in 2016. */
const TAR_MARK = "ustar";
const TAR_MARK_AT = 257;

/** Its header begins behind eight bytes that tell its length. */
const SAFETENSORS_BRACE_AT = 8;
const OPEN_BRACE = 0x7b;

function refuse(head: Uint8Array, file: string): never {
  const text = Buffer.from(head.buffer, head.byteOffset, head.length).toString("latin1");
  if (text.startsWith(TAR_MARK, TAR_MARK_AT)) {
    throw new AppError(
      "checkpoint.unsupported",
      `${file} is a tar, as torch wrote before 2017. Load it in torch and save its state_dict as safetensors.`,
      { detail: { file } },
    );
  }
  if (head[SAFETENSORS_BRACE_AT] === OPEN_BRACE) {
    throw new AppError(
      "checkpoint.corrupt",
      `${file} is a safetensors file, though its name says otherwise. Give it the name that it was published with, which ends in .safetensors.`,
      { detail: { file } },
    );
  }
  // A pickle that begins otherwise is no file of torch either; the table would praise its name.
  if (head[0] !== 0x80) refuseStranger(head, file);
  throw corruptFile({ file }, "it is no file of torch: it begins like none");
}

function placed(
  name: string,
  { storage, place }: StoredTensor,
  at: { readonly file: string; readonly begin: number },
): TensorInfo {
  const { dtype } = storage;
  const { offset, shape, strides } = place;
  const itemBytes = DTYPE_BITS[dtype] / 8;
  const isEmpty = shape.includes(0);
  const span =
    strides === undefined
      ? elementsOf(shape)
      : shape.reduce((sum, size, i) => sum + (size - 1) * (strides[i] ?? 0), 1);
  const begin = at.begin + (isEmpty ? 0 : offset * itemBytes);
  const end = begin + (isEmpty ? 0 : span * itemBytes);
  const view = strides === undefined ? {} : { strides };
  return { name, dtype, shape, ...view, begin, end, file: at.file };
}
