/** Copies of one picture are one cluster: a text fits all of them, and none is another picture than the others. */

import path from "node:path";
import type { DuplicateGroup } from "../ask/duplicates";

/** What designers add to the name of a copy: its density, its ground, its size. */
const SIBLING = /(?:@\dx|[-_.](?:dark|light|thumb(?:nail)?|small|large))+$/i;

/**
 * @param files of each content. @param groups as `findDuplicates` gives them.
 * @returns contents that belong together, each once.
 */
export function clustersOf(
  files: ReadonlyMap<string, readonly string[]>,
  groups: readonly DuplicateGroup[],
): readonly (readonly string[])[] {
  const clusterOf = new Map<string, Set<string>>();
  for (const digest of files.keys()) clusterOf.set(digest, new Set([digest]));
  const join = (a: string, b: string): void => {
    const [one, other] = [clusterOf.get(a), clusterOf.get(b)];
    if (one === undefined || other === undefined || one === other) return;
    for (const digest of other) {
      one.add(digest);
      clusterOf.set(digest, one);
    }
  };
  const digestOf = new Map(
    [...files].flatMap(([digest, same]) => same.map((file) => [file, digest])),
  );
  for (const { kind, files: same } of groups) {
    if (kind === "looks alike") continue;
    const [first, ...others] = same.map((file) => digestOf.get(file) ?? "");
    for (const other of others) join(first ?? "", other);
  }
  const siblings = new Map<string, string>();
  for (const [file, digest] of digestOf) {
    const { dir, name } = path.parse(file);
    const key = path.join(dir, name.replace(SIBLING, ""));
    const known = siblings.get(key);
    if (known === undefined) siblings.set(key, digest);
    else join(known, digest);
  }
  return [...new Set(clusterOf.values())].map((cluster) => [...cluster]);
}
