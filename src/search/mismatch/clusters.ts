/** Copies of one picture are one cluster: a text fits all of them, and none is another picture than the others. */

import path from "node:path";
import { DisjointSets } from "../../base/groupBy";
import type { DuplicateGroup } from "../ask/duplicates";

/** What designers add to the name of a copy: its density, its ground, its size. */
const SIBLING = /(?:@\dx|[-_.](?:dark|light|thumb(?:nail)?|small|large))+$/i;

/**
 * @param files of each content. @param groups as `findDuplicates` gives them.
 * @returns contents that belong together, each once.
 */
export function clustersOf(
  files: ReadonlyMap<string, readonly string[]>,
  groups: readonly Pick<DuplicateGroup, "kind" | "files">[],
): readonly (readonly string[])[] {
  const sets = new DisjointSets(files.keys());
  const digestOf = new Map(
    [...files].flatMap(([digest, same]) => same.map((file) => [file, digest])),
  );
  for (const { kind, files: same } of groups) {
    if (kind === "looks alike") continue;
    const digests = same.flatMap((file) => digestOf.get(file) ?? []);
    for (const digest of digests) sets.join(digests[0] ?? digest, digest);
  }
  const siblings = new Map<string, string>();
  for (const [file, digest] of digestOf) {
    const { dir, name } = path.parse(file);
    const key = path.join(dir, name.replace(SIBLING, ""));
    const known = siblings.get(key);
    if (known === undefined) siblings.set(key, digest);
    else sets.join(known, digest);
  }
  return sets.groups();
}
