/** Patterns of an editor that leave paths out. */

import path from "node:path";
import picomatch from "picomatch";
import { toSlashes } from "../../alt/resolve/slashPath";

/**
 * Says which paths below a folder are left out: a folder that a pattern matches is left out whole.
 * @param patterns relative to the folder, as `files.exclude` has them; one that cannot be read matches nothing.
 */
export function excludedPaths(
  folder: string,
  patterns: readonly string[],
): (file: string) => boolean {
  const matchers = patterns.flatMap((pattern) => {
    try {
      return [picomatch(pattern, { dot: true, nocase: process.platform === "win32" })];
    } catch {
      return [];
    }
  });
  if (matchers.length === 0) return () => false;
  return (file) => {
    const relative = toSlashes(path.relative(folder, file));
    return matchers.some((matches) => matches(relative));
  };
}
