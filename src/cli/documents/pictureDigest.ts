/** What a picture's file is known by, whatever it is called. */

import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { fileError } from "../../disk/replaceFile";

/** SHA-256 in hexadecimal. @throws AppError as `fileError`. */
export async function digestOf(file: string): Promise<string> {
  try {
    return createHash("sha256")
      .update(await readFile(file))
      .digest("hex");
  } catch (thrown) {
    throw fileError(thrown, file);
  }
}
