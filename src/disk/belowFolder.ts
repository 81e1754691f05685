/** Which folder holds what, told by paths alone. */

import path from "node:path";

/**
 * True for a folder itself and for everything below it. Both are absolute; where links count, whoever asks
 * has resolved them. Windows and macOS take another spelling for the same name.
 * @param platform whose paths these are. @default this machine's
 */
export function isBelow(
  file: string,
  folder: string,
  platform: NodeJS.Platform = process.platform,
): boolean {
  const paths = platform === "win32" ? path.win32 : path.posix;
  const ignoresCase = platform === "win32" || platform === "darwin";
  const comparable = (text: string): string => (ignoresCase ? text.toLowerCase() : text);
  const way = paths.relative(comparable(folder), comparable(file));
  return way !== ".." && !way.startsWith(`..${paths.sep}`) && !paths.isAbsolute(way);
}
