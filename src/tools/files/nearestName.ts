/** The name that was probably meant, for whoever wrote one that is not there. */

import { readdir } from "node:fs/promises";
import path from "node:path";

/** Names of a folder that are compared with one that is missing. */
const MAX_NAMES = 2000;

/** The same stem, or nearly the same letters; undefined where nothing is near. */
export async function nearestName(folder: string, wanted: string): Promise<string | undefined> {
  const names = (await readdir(folder).catch(() => [])).slice(0, MAX_NAMES);
  const distances = names.map((name) => ({ name, distance: distanceOf(name, wanted) }));
  distances.sort((a, b) => a.distance - b.distance);
  const [best] = distances;
  return best !== undefined && best.distance <= Math.max(2, wanted.length / 4)
    ? best.name
    : undefined;
}

/** Letters that differ (Levenshtein); another ending counts as one. */
function distanceOf(name: string, wanted: string): number {
  const [a, b] = [path.parse(name.toLowerCase()), path.parse(wanted.toLowerCase())];
  return editDistance(a.name.slice(0, 100), b.name.slice(0, 100)) + (a.ext === b.ext ? 0 : 1);
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, letter] of a.split("").entries()) {
    const next = [i + 1];
    for (const [j, other] of b.split("").entries()) {
      const replaced = (row[j] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
