/** The files in which a Linux system describes itself, as a table. */

import path from "node:path";
import type { SystemFiles } from "../../src/machine/systemFiles";

/** @param table text by absolute path. */
export function fakeSystemFiles(table: Readonly<Record<string, string>>): SystemFiles {
  const texts = new Map(Object.entries(table));
  return {
    text: (file) => Promise.resolve(texts.get(path.posix.normalize(file))),
    names: (folder) => {
      const inside = [...texts.keys()].filter((file) => path.posix.dirname(file) === folder);
      return Promise.resolve(inside.map((file) => path.posix.basename(file)));
    },
  };
}
