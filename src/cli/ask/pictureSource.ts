/** The bytes of a picture that was named on the command line. */

import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { abortable } from "../../base/abortable";
import { formatBytes } from "../../base/bytes";
import { AppError } from "../../base/errors";
import { MAX_PICTURE_BYTES } from "../../model/ask/pictureSize";
import type { CliContext } from "../terminal/cliContext";

export interface NamedPicture {
  readonly image: Uint8Array;
  readonly imageName: string;
}

/** Stands for standard input. */
export const STANDARD_INPUT = "-";

/**
 * Reads a picture from a path, or from standard input for `-`.
 * @throws AppError `image.missing`, `image.unreadable`, `image.tooLarge`, `request.cancelled`.
 */
export async function readPicture(
  source: string,
  context: Pick<CliContext, "host" | "signal">,
): Promise<NamedPicture> {
  if (source !== STANDARD_INPUT) {
    await expectRegularFile(source);
    const read = readAll(createReadStream(source), source);
    return { image: await abortable(read, context.signal), imageName: source };
  }
  const imageName = "The picture from standard input";
  const stdin = context.host.stdin();
  if (stdin.isTTY === true) {
    throw new AppError(
      "image.missing",
      "Standard input is a terminal. Send a picture through a pipe, or give its path.",
    );
  }
  try {
    return { image: await abortable(readAll(stdin, imageName), context.signal), imageName };
  } finally {
    // An open pipe would keep the process alive.
    stdin.destroy();
  }
}

/** Opening a named pipe waits for its writer, and nothing can interrupt that, not even the exit. */
async function expectRegularFile(file: string): Promise<void> {
  const found = await stat(file).catch((thrown: unknown) => {
    throw unreadable(thrown, file);
  });
  if (found.isFile()) return;
  const what = found.isDirectory() ? "a folder" : "not an ordinary file";
  throw new AppError(
    "image.unreadable",
    `${file} is ${what}. Give the path of a picture, or - to send one through a pipe.`,
    { detail: { file } },
  );
}

async function readAll(stream: AsyncIterable<unknown>, name: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let nBytes = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      chunks.push(chunk);
      nBytes += chunk.length;
      if (nBytes > MAX_PICTURE_BYTES) throw tooLarge(name);
    }
  } catch (thrown) {
    throw thrown instanceof AppError ? thrown : unreadable(thrown, name);
  }
  return Buffer.concat(chunks);
}

function tooLarge(name: string): AppError {
  return new AppError(
    "image.tooLarge",
    `${name} has more than ${formatBytes(MAX_PICTURE_BYTES)}. Use a smaller copy.`,
    { detail: { file: name, maxBytes: MAX_PICTURE_BYTES } },
  );
}

function unreadable(cause: unknown, name: string): AppError {
  const options = { cause, detail: { file: name } };
  const code = (cause as NodeJS.ErrnoException | undefined)?.code ?? "unknown reason";
  if (code === "ENOENT" || code === "ENOTDIR") {
    return new AppError("image.missing", `There is no file ${name}. Check the path.`, options);
  }
  const why = code === "EACCES" ? "there is no permission" : code;
  return new AppError("image.unreadable", `${name} cannot be read: ${why}.`, options);
}
