import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import type * as TypeScript from "typescript";
import { collect, parseSource, ts } from "../helpers/sourceTree";

/** Measured: 100 kB of the built program, which are 300 kB here, cost the editor's start 3 ms. */
const MAX_SOURCE_BYTES = 450_000;

interface Start {
  readonly files: readonly string[];
  /** What comes from elsewhere: packages, Node's modules and the editor. */
  readonly others: readonly string[];
  readonly nBytes: number;
}

const start = loadedBy("src/editor/extension.ts");

describe("what the extension loads when it starts", () => {
  it("is its own code and nothing else: no parser, no package", () => {
    const packages = start.others.filter((name) => name !== "vscode" && !name.startsWith("node:"));
    assert.deepEqual(packages, []);
  });

  it("leaves out the finders of pictures, which bring the parsers", () => {
    assert.ok(start.files.includes("src/editor/altDocument.ts"));
    assert.ok(start.files.includes("src/host/engineService.ts"));
    for (const name of ["findImages", "resolveTarget", "jsParser", "mdastTree"]) {
      assert.ok(!start.files.includes(`src/alt/${name}.ts`), name);
    }
  });

  it("is small", () => {
    assert.ok(start.nBytes > 50_000 && start.nBytes < MAX_SOURCE_BYTES, `${start.nBytes} bytes`);
  });
});

/** Everything that a file imports, and what that imports, except types and what waits for `import()`. */
function loadedBy(first: string): Start {
  const files = new Set<string>();
  const others = new Set<string>();
  let nBytes = 0;
  const waiting = [first];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (files.has(file)) continue;
    files.add(file);
    const text = readFileSync(file, "utf8");
    nBytes += text.length;
    for (const specifier of importsAtStart(parseSource(file, text))) {
      if (!specifier.startsWith(".")) others.add(specifier);
      else waiting.push(`${path.posix.join(path.posix.dirname(file), specifier)}.ts`);
    }
  }
  return { files: [...files], others: [...others], nBytes };
}

function importsAtStart(source: TypeScript.SourceFile): string[] {
  return collect(source, (node) => {
    if (ts.isImportDeclaration(node)) {
      const isOfTypes = node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword;
      return isOfTypes ? [] : textOf(node);
    }
    if (ts.isExportDeclaration(node)) return node.isTypeOnly ? [] : textOf(node);
    return [];
  });
}

function textOf({
  moduleSpecifier,
}: TypeScript.ImportDeclaration | TypeScript.ExportDeclaration): string[] {
  return moduleSpecifier !== undefined && ts.isStringLiteral(moduleSpecifier)
    ? [moduleSpecifier.text]
    : [];
}
