/** Reading standard input and writing reports that are whole or not there. */

import { AppError } from "../../base/errors";
import { writeWholeFile } from "../../disk/wholeFile";

export async function readAll(stream: AsyncIterable<Uint8Array | string>): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(Buffer.from(part));
  return Buffer.concat(parts);
}

/** @throws AppError `document.unwritable`. */
export async function writeWhole(file: string, text: string): Promise<void> {
  try {
    await writeWholeFile(file, text);
  } catch (thrown) {
    throw new AppError(
      "document.unwritable",
      `${file} cannot be written. Check its folder, its permissions and the free space.`,
      { cause: thrown },
    );
  }
}
