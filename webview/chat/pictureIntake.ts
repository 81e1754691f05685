/** Pictures that come by drop or paste: what is in a transfer, which files are let in, and their bytes. */

import { EXTENSION_OF_TYPE, isPictureName } from "../../src/model/ask/pictureNames";
import { type PictureBytes, VIEW_LIMITS } from "../../src/protocol/views/chatMessages";

/** Of one file; a photograph of 100 megapixels has about half of it. */
export const MAX_FILE_BYTES = 64 * 2 ** 20;

/** What was dropped or pasted. Addresses come from the editor's own lists of files. */
export interface Transfer {
  readonly files: readonly File[];
  readonly uris: readonly string[];
}

/** A file that was refused, in the order in which they came. */
export interface Refusal {
  readonly name: string;
  readonly reason: "notAPicture" | "tooLarge";
}

export interface Sorted {
  readonly accepted: readonly File[];
  readonly refused: readonly Refusal[];
}

/** The types of a drag that may hold pictures. */
const URI_TYPES = ["application/vnd.code.uri-list", "text/uri-list"] as const;

/** True when it is worth showing that the page takes a drop. */
export function mayHoldPictures(data: Pick<DataTransfer, "types"> | null): boolean {
  return data !== null && ["Files", ...URI_TYPES].some((type) => data.types.includes(type));
}

/**
 * Reads a transfer; this is only possible while its event is handled.
 * The editor's list of addresses goes first, then files, then other addresses: a picture that is dragged
 * from a browser comes as a file and as an address, and the file needs no network.
 */
export function readTransfer(data: Pick<DataTransfer, "files" | "getData">): Transfer {
  const [ofEditor, ofOthers] = URI_TYPES.map((type) => urisIn(data.getData(type)));
  if (ofEditor !== undefined && ofEditor.length > 0) return { files: [], uris: ofEditor };
  const files = [...data.files];
  return files.length > 0 ? { files, uris: [] } : { files: [], uris: ofOthers ?? [] };
}

/** Sorts out files that are no pictures or too large. */
export function sortFiles(files: readonly File[]): Sorted {
  const accepted: File[] = [];
  const refused: Refusal[] = [];
  for (const file of files) {
    // Some systems do not tell the type of a file, and what is pasted may have no name.
    const isPicture = EXTENSION_OF_TYPE.has(file.type) || isPictureName(file.name);
    if (!isPicture) refused.push({ name: file.name, reason: "notAPicture" });
    else if (file.size > MAX_FILE_BYTES) refused.push({ name: file.name, reason: "tooLarge" });
    else accepted.push(file);
  }
  return { accepted, refused };
}

/** A file's bytes, undefined when it cannot be read, such as a folder or a file that is gone. */
export async function readPicture(file: File): Promise<PictureBytes | undefined> {
  try {
    const bytes = new Uint8Array(await file.arrayBuffer());
    return { name: file.name.slice(-VIEW_LIMITS.nameLength), bytes };
  } catch {
    return undefined;
  }
}

/** As few messages as the limits of one message allow, in order. */
export function batchesOf(pictures: readonly PictureBytes[]): readonly (readonly PictureBytes[])[] {
  const batches: PictureBytes[][] = [];
  let nBytes = Number.POSITIVE_INFINITY;
  for (const picture of pictures) {
    nBytes += picture.bytes.length;
    const last = batches.at(-1);
    if (last === undefined || nBytes > VIEW_LIMITS.pictureBytes) {
      batches.push([picture]);
      nBytes = picture.bytes.length;
    } else last.push(picture);
  }
  return batches;
}

/** RFC 2483: one address a line, lines with `#` are comments. */
function urisIn(list: string): readonly string[] {
  return list
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"))
    .filter((line) => line.length <= VIEW_LIMITS.uriLength);
}
