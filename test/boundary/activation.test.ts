import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import type * as TypeScript from "typescript";
import type { ActivationReport } from "../helpers/activationChild";
import { collect, parseSource, ts } from "../helpers/sourceTree";

/** `npm run report:activation` measures: 100 kB more of the built program, 250 kB here, are half as much again. */
const MAX_SOURCE_BYTES = 175_000;
/** Each file that is loaded costs as much as 10 kB in one. */
const MAX_FILES = 10;

interface Start {
  readonly files: readonly string[];
  /** What comes from elsewhere: packages, Node's modules and the editor. */
  readonly others: readonly string[];
  readonly nBytes: number;
}

const start = loadedBy("src/editor/extension.ts");

/** Whether the start loads a room's file, wherever in the room it lies. */
function isLoaded(room: string, name: string): boolean {
  const files = readdirSync(`src/${room}`, { recursive: true, encoding: "utf8" })
    .map((file) => `src/${room}/${file.replaceAll("\\", "/")}`)
    .filter((file) => path.posix.basename(file) === `${name}.ts`);
  assert.equal(files.length, 1, `${files.length} files ${name}.ts in ${room}`);
  return start.files.includes(files[0] ?? "");
}

describe("what the extension loads when it starts", () => {
  it("is its own code and nothing else: no parser, no package", () => {
    const packages = start.others.filter((name) => name !== "vscode" && !name.startsWith("node:"));
    assert.deepEqual(packages, []);
  });

  it("leaves out the finders of pictures, which bring the parsers", () => {
    for (const name of ["findImages", "resolveTarget", "jsParser", "mdastTree"]) {
      assert.ok(!isLoaded("alt", name), name);
    }
  });

  it("leaves out whatever waits for its first use", () => {
    for (const name of ["alt", "chat"]) assert.ok(isLoaded("editor", name), name);
    for (const name of ["chatSession", "engineClient"]) assert.ok(!isLoaded("host", name), name);
    for (const name of ["altDocument", "modelManager", "lazyParts"]) {
      assert.ok(!isLoaded("editor", name), name);
    }
    assert.ok(isLoaded("host", "engineSupervisor"));
    assert.ok(!isLoaded("protocol", "methods"));
  });

  it("is small", () => {
    assert.ok(start.nBytes > 50_000 && start.nBytes < MAX_SOURCE_BYTES, `${start.nBytes} bytes`);
  });
});

describe("what `alt check` loads before it has to parse anything", () => {
  const { files, others } = loadedBy("src/cli/check/checkCommand.ts");

  it("is no parser of documents and no finder of pictures", () => {
    const packages = others.filter((name) => !name.startsWith("node:")).sort();
    assert.deepEqual(packages, ["ignore", "jsonc-parser/lib/esm/main.js", "picomatch"]);
    const finders = files.filter((file) => /\/(?:findImages|finders|\w+Parser)\.ts$/.test(file));
    assert.deepEqual(finders, []);
    assert.ok(files.includes("src/cli/check/checkCache.ts"));
  });
});

describe("the built extension", () => {
  const report = startBuilt();

  it("starts with few files and with modules of Node that an editor has", () => {
    const names = report.files.map(({ name }) => name);
    assert.ok(names.includes("extension.js"));
    assert.ok(names.length <= MAX_FILES, names.join(" "));
    const others = report.modules.filter((name) => !name.startsWith("node:"));
    assert.deepEqual(others, []);
  });

  it("has every command of its manifest, the view, the item and the providers at once", () => {
    const { contributes } = JSON.parse(readFileSync("package.json", "utf8")) as {
      contributes: { commands: { command: string }[]; languageModelTools: { name: string }[] };
    };
    const commands = contributes.commands.map(({ command }) => command);
    assert.deepEqual([...(report.registered["commands"] ?? [])].sort(), commands.sort());
    const tools = contributes.languageModelTools.map(({ name }) => name);
    assert.deepEqual(report.registered["tools"], tools);
    assert.deepEqual(report.registered["views"], ["sightline.chat"]);
    assert.deepEqual(report.registered["panels"], ["sightline.review"]);
    assert.deepEqual(report.registered["statusItems"], ["sightline.status"]);
    const providers = [...(report.registered["providers"] ?? [])].sort();
    assert.deepEqual(providers, [
      ...["codeActions", "documents", "drop", "hover", "paste", "servers"],
    ]);
  });

  it("starts no process, and runs nothing in the editor", () => {
    assert.deepEqual(report.registered["executed"] ?? [], []);
    const waiting = report.resources.filter((name) => /process|pipe|fsreq|worker/i.test(name));
    assert.deepEqual(waiting, []);
  });
});

/** Starts what was built with these tests, in a process of its own. */
function startBuilt(): ActivationReport {
  const child = path.resolve("out/test/helpers/activationChild.js");
  const output = execFileSync(process.execPath, [child, path.resolve("dist/extension.js")], {
    encoding: "utf8",
    // A hang.
    timeout: 60_000,
  });
  return JSON.parse(output) as ActivationReport;
}

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
