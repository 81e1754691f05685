/** The project's own sources as syntax trees, for tests that compare them with other files. */

import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import type * as TypeScript from "typescript";

// Read at run time: bundled, the compiler would be nine tenths of all tests.
export const ts = createRequire(path.resolve("package.json"))("typescript") as typeof TypeScript;

/** Every TypeScript file below a folder of the project. */
export function sourcesBelow(folder: string): TypeScript.SourceFile[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => {
      const file = `${folder}/${name.replaceAll("\\", "/")}`;
      return parseSource(file, readFileSync(file, "utf8"));
    });
}

export function parseSource(file: string, text: string): TypeScript.SourceFile {
  return ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
}

/** What `pick` finds at the nodes of a tree, in the order of the text. */
export function collect<T>(
  source: TypeScript.SourceFile,
  pick: (node: TypeScript.Node) => readonly T[],
): T[] {
  const found: T[] = [];
  const visit = (node: TypeScript.Node): void => {
    found.push(...pick(node));
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}
