/** Which files the patterns of a configuration mean. */

import path from "node:path";
import picomatch from "picomatch";
import { toSlashes } from "../../alt/resolve/slashPath";

/**
 * True for a path that a configuration names, as .gitignore does: a pattern without a slash means a name in
 * every folder.
 * @param folder where the patterns begin; nothing outside of it matches.
 */
export function matchesPath(patterns: readonly string[], file: string, folder: string): boolean {
  if (patterns.length === 0) return false;
  const relative = toSlashes(path.relative(folder, path.resolve(file)));
  if (relative.startsWith("../")) return false;
  return patterns.some((pattern) => {
    const trimmed = pattern.replace(/\/$/, "");
    const bare = trimmed.replace(/^\//, "");
    const all = trimmed.includes("/") ? bare : `**/${bare}`;
    return picomatch.isMatch(relative, [all, `${all}/**`], { dot: true });
  });
}
