/** How much memory a converted model takes once it is loaded, worked out of its manifest; pure. */

import { PART, type PartName } from "../graph/graphContract";
import type { Manifest } from "./manifest";
import type { Precision } from "../precision/precision";

/**
 * What ONNX Runtime adds to quantised weights when it repacks them (measured: 7 to 22 %); weights in f32
 * are used as they lie in their files.
 */
const REPACKING = 1.15;
/** The program itself, a picture and what is computed of it. */
const WORKING_BYTES = 300e6;

/** Bytes of memory of a model of which only the size of its quantised files is known, as in the catalogue. */
export function quantisedMemoryBytes(fileBytes: number): number {
  return Math.round(fileBytes * REPACKING + WORKING_BYTES);
}

/**
 * Whether a part can stay in its file on the CPU, mapped and read when it is used. So can the image
 * encoder, which reads each weight once for a picture and is not needed again; in blocks of int8 or int4,
 * ONNX Runtime would have to repack it each time.
 */
export function canStayInFile(part: {
  readonly name: PartName;
  readonly precision: Precision;
}): boolean {
  const { kind } = part.precision;
  return part.name === PART.visionEncoder && (kind === "f32" || kind === "w8a8");
}

/**
 * A part of so many bytes stays in its file. Opening a smaller one for each picture takes longer than it
 * is worth, and it is in nobody's way.
 */
const IN_FILE_FROM_BYTES = 100e6;

/** Whether a part of so many bytes stays in its file on the CPU. */
export function staysInFile(
  part: { readonly name: PartName; readonly precision: Precision; readonly bytes: number },
  fromBytes = IN_FILE_FROM_BYTES,
): boolean {
  return canStayInFile(part) && part.bytes >= fromBytes;
}

/** Bytes of memory on the CPU, where a part stays in its file when it can; to within a tenth. */
export function cpuMemoryBytesOf({ parts, files }: Pick<Manifest, "parts" | "files">): number {
  const held = parts.filter(({ name, precision, data }) => {
    const bytes = files.find(({ path }) => path === data)?.bytes ?? 0;
    return !staysInFile({ name, precision, bytes });
  });
  return memoryBytesOf({ parts: held, files });
}

/** Bytes of memory on a device that holds all weights, to within a tenth. */
export function memoryBytesOf({ parts, files }: Pick<Manifest, "parts" | "files">): number {
  const sizes = new Map(files.map(({ path, bytes }) => [path, bytes]));
  const mapped = new Set<string | undefined>();
  const matched = parts.find(({ name }) => name === PART.qformerItm)?.data;
  const weights = parts.map(({ name, data, precision }) => {
    // What BLIP-2's reader holds, its matching graph does not: together they are the file once.
    if (name === PART.imageReader && data === matched) return 0;
    const bytes = data === undefined ? 0 : (sizes.get(data) ?? 0);
    if (precision.kind !== "f32") return bytes * REPACKING;
    // Parts of a retrieval model that map the same file share its pages.
    const isMapped = mapped.has(data);
    mapped.add(data);
    return isMapped ? 0 : bytes;
  });
  return Math.round(weights.reduce((sum, bytes) => sum + bytes, WORKING_BYTES));
}
