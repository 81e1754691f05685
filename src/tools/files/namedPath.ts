/** What agents write in the place of a path: absolute, relative, a file: URI, forms of Windows. Reads nothing. */

import path from "node:path";
import { fileURLToPath } from "node:url";
import { AppError } from "../../base/errors";
import { cleanText } from "../../base/cleanText";

/** A picture in the place of its path, or a path in the form of the platform. */
export type NamedPath =
  | { readonly kind: "data"; readonly uri: string }
  | { readonly kind: "absolute" | "relative"; readonly path: string };

/** Names that Windows gives to devices, with any ending. */
const DEVICE = /^(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?:\s*[.:].*)?$/i;

/** @throws AppError `option.invalid` for what is no path of a file on this machine. */
export function readNamedPath(text: string, platform: NodeJS.Platform): NamedPath {
  if (/^data:/i.test(text)) return { kind: "data", uri: text };
  if (text.includes("\0")) throw invalid("A path holds no NUL character.");
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(text) && !/^file:/i.test(text)) {
    throw invalid(`${shown(text)} is no file. Save the picture to a file, and give its path.`);
  }
  const isWindows = platform === "win32";
  const file = /^file:/i.test(text) ? fromUri(text, isWindows) : text;
  return isWindows ? onWindows(file) : onPosix(file);
}

/** One percent-decoding, and no more. */
function fromUri(text: string, isWindows: boolean): string {
  try {
    const url = new URL(text);
    if (url.hostname !== "" && url.hostname !== "localhost") throw new Error("another machine");
    url.hostname = "";
    const file = fileURLToPath(url, { windows: isWindows });
    if (file.includes("\0")) throw new Error("NUL");
    return file;
  } catch (cause) {
    throw invalid(`${shown(text)} is no URI of a file on this machine. Give its path.`, cause);
  }
}

function onPosix(file: string): NamedPath {
  return { kind: path.posix.isAbsolute(file) ? "absolute" : "relative", path: file };
}

function onWindows(file: string): NamedPath {
  // As Git Bash writes drives.
  const drive = /^\/([a-z])(\/.*|$)/i.exec(file);
  const plain = (drive === null ? file : `${drive[1] ?? ""}:${drive[2] ?? "/"}`).replaceAll(
    "/",
    "\\",
  );
  // A look at another machine's share would tell that machine who is logged in here.
  if (plain.startsWith("\\\\")) throw invalid(`${shown(file)} is on another machine.`);
  const names = plain.replace(/^[a-z]:/i, "").split("\\");
  if (names.some((name) => DEVICE.test(name) || name.includes(":"))) {
    throw invalid(`${shown(file)} is a device and no file.`);
  }
  if (/^[a-z]:(?!\\)/i.test(plain) || /^\\(?!\\)/.test(plain)) {
    throw invalid(`${shown(file)} is neither absolute nor relative. Write it with its drive.`);
  }
  const isAbsolute = /^[a-z]:\\/i.test(plain);
  return { kind: isAbsolute ? "absolute" : "relative", path: plain };
}

function shown(text: string): string {
  return cleanText(text, 200);
}

function invalid(message: string, cause?: unknown): AppError {
  return new AppError("option.invalid", message, cause === undefined ? {} : { cause });
}
