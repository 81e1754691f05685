import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import type * as TypeScript from "typescript";
import { HOME_OF, MAY_IMPORT } from "./rooms";

// Read at run time: bundled, the compiler would be nine tenths of all tests.
const ts = createRequire(path.resolve("package.json"))("typescript") as typeof TypeScript;

const MAX_CODE_LINES = 400;
const MAX_FILES_IN_FOLDER = 16;
/** Rooms that run anywhere: no Node, no packages but the one of schemas, which runs anywhere too. */
const PURE_ROOMS = ["base", "protocol", "model"];

interface Import {
  readonly specifier: string;
  /** Vanishes when the program is built. */
  readonly isTypeOnly: boolean;
}

interface SourceFile {
  /** Relative to the project, with forward slashes. */
  readonly file: string;
  readonly room: string;
  readonly imports: readonly Import[];
  readonly nCodeLines: number;
}

const files = ["src", "webview"]
  .flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" }).map(
      (name) => `${folder}/${name.replaceAll("\\", "/")}`,
    ),
  )
  .filter((file) => file.endsWith(".ts"))
  .map(readSource);
const known = new Set(files.map(({ file }) => file));

describe("the walls between the rooms", () => {
  it("are drawn for every room that there is", () => {
    const rooms = [...new Set(files.map(({ room }) => room))].sort();
    assert.deepEqual(Object.keys(MAY_IMPORT).sort(), rooms.map(folderOf).sort());
  });

  it("keep the rooms apart that must never know each other", () => {
    const allowed = (room: string): readonly string[] => MAY_IMPORT[folderOf(room)] ?? [];
    assert.deepEqual(allowed("base"), []);
    assert.deepEqual(allowed("protocol"), ["base", "model"]);
    assert.deepEqual(allowed("model"), ["base"]);
    assert.deepEqual(allowed("alt"), ["base", "model"]);
    for (const room of ["engine", "convert"]) assert.deepEqual(allowed(room), ["base", "model"]);
    assert.deepEqual(allowed("webview"), ["base", "model", "protocol"]);
    for (const room of ["engine", "convert", "library", "child", "cli"]) {
      assert.ok(!allowed("host").includes(room), `host imports ${room}`);
      assert.ok(!allowed("editor").includes(room), `editor imports ${room}`);
    }
    for (const others of Object.values(MAY_IMPORT)) {
      for (const end of ["child", "editor", "cli", "webview", "packaging"]) {
        assert.ok(!others.includes(end), end);
      }
    }
  });

  it("are not climbed over by any import, not even one of types", () => {
    const climbed = files.flatMap(({ file, room, imports }) =>
      imports.flatMap(({ specifier }) => {
        const target = targetOf(file, specifier);
        if (target === undefined) return [];
        const other = roomOf(target);
        const isAllowed = other === room || MAY_IMPORT[folderOf(room)]?.includes(other) === true;
        return isAllowed ? [] : [`${file} imports ${specifier}`];
      }),
    );
    assert.deepEqual(climbed, []);
  });

  it("leave each package in its one home", () => {
    const strays = files.flatMap(({ file, room, imports }) =>
      imports.flatMap(({ specifier, isTypeOnly }) => {
        // It builds the program and is no part of it.
        if (room === "packaging") return [];
        if (specifier.startsWith(".") || specifier.startsWith("node:")) return [];
        const home = HOME_OF[packageOf(specifier)];
        // A package of types alone leaves nothing in the program.
        if (home === undefined) return isTypeOnly ? [] : [`${file} imports homeless ${specifier}`];
        return isAt(home, file) ? [] : [`${file} imports ${specifier}`];
      }),
    );
    assert.deepEqual(strays, []);
  });

  it("keep Node and packages out of what runs anywhere", () => {
    const impure = files.flatMap(({ file, room, imports }) =>
      imports.flatMap(({ specifier }) =>
        PURE_ROOMS.includes(room) && !specifier.startsWith(".") && specifier !== "valibot"
          ? [`${file} ${specifier}`]
          : [],
      ),
    );
    assert.deepEqual(impure, []);
  });

  it("leave the disk and the network to those who give src/alt a port to them", () => {
    const reaching = files.flatMap(({ file, room, imports }) =>
      imports.flatMap(({ specifier }) =>
        room === "alt" && specifier.startsWith("node:") && specifier !== "node:vm"
          ? [`${file} ${specifier}`]
          : [],
      ),
    );
    assert.deepEqual(reaching, []);
  });
});

describe("the source files", () => {
  it("are there, and every import between them finds one", () => {
    assert.ok(files.length > 80, `${files.length} files`);
    const broken = files.flatMap(({ file, imports }) =>
      imports.flatMap(({ specifier }) =>
        specifier.startsWith(".") && !isThere(file, specifier)
          ? [`${file} imports ${specifier}`]
          : [],
      ),
    );
    assert.deepEqual(broken, []);
  });

  it("do not import each other in circles", () => {
    assert.deepEqual(findCircle(), []);
  });

  it("stand at most sixteen in a folder", () => {
    const nFiles = new Map<string, number>();
    for (const { file } of files) {
      const folder = path.posix.dirname(file);
      nFiles.set(folder, (nFiles.get(folder) ?? 0) + 1);
    }
    assert.deepEqual(
      [...nFiles].filter(([, n]) => n > MAX_FILES_IN_FOLDER),
      [],
    );
  });

  it("have at most four hundred lines of code", () => {
    const long = files.filter(({ nCodeLines }) => nCodeLines > MAX_CODE_LINES);
    assert.deepEqual(
      long.map(({ file, nCodeLines }) => `${file}: ${nCodeLines}`),
      [],
    );
  });
});

describe("the reader of imports", () => {
  it("sees every kind of import", () => {
    const text = `
      import a from "./a"; import type { b } from "./b"; import { type c } from "./c"; import "./d";
      export { e } from "./e"; export type * from "./f"; const g = await import("./g");
      type H = import("./h").H; import i = require("./i"); const j = require("./j");
      // import "./comment"; 
      const text = 'import "./text"';`;
    const found = importsOf(ts.createSourceFile("x.ts", text, ts.ScriptTarget.ES2022, true));
    assert.deepEqual(
      found.map(({ specifier, isTypeOnly }) => `${specifier}${isTypeOnly ? " type" : ""}`),
      ["./a", "./b type", "./c type", "./d", "./e", "./f type", "./g", "./h type", "./i", "./j"],
    );
  });

  it("counts lines of code without comments and blank lines", () => {
    const text = "/**\n * A comment.\n */\n\nconst a = 1; // Why.\nconst b = `\n\n`;\n\n";
    assert.equal(codeLines(ts.createSourceFile("x.ts", text, ts.ScriptTarget.ES2022, true)), 4);
  });
});

/** Rooms lie below src, except the one that runs in a browser. */
function roomOf(file: string): string {
  const [top = "", below = ""] = file.split("/");
  return top === "webview" ? top : below;
}

function folderOf(room: string): string {
  return room === "webview" ? room : `src/${room}`;
}

function readSource(file: string): SourceFile {
  const text = readFileSync(file, "utf8");
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
  return { file, room: roomOf(file), imports: importsOf(source), nCodeLines: codeLines(source) };
}

function importsOf(source: TypeScript.SourceFile): Import[] {
  const found: Import[] = [];
  const add = (node: TypeScript.Node | undefined, isTypeOnly: boolean): void => {
    if (node !== undefined && ts.isStringLiteralLike(node)) {
      found.push({ specifier: node.text, isTypeOnly });
    }
  };
  const visit = (node: TypeScript.Node): void => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, isTypeImport(node.importClause));
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly);
    else if (ts.isExternalModuleReference(node)) add(node.expression, false);
    else if (ts.isImportTypeNode(node)) {
      add(ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined, true);
    } else if (ts.isCallExpression(node)) {
      const { expression } = node;
      const isRequire = ts.isIdentifier(expression) && expression.text === "require";
      if (isRequire || expression.kind === ts.SyntaxKind.ImportKeyword) {
        add(node.arguments[0], false);
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** `import type`, or an import whose every name is a type. */
function isTypeImport(clause: TypeScript.ImportClause | undefined): boolean {
  if (clause === undefined) return false;
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  const { name, namedBindings } = clause;
  if (name !== undefined || namedBindings === undefined) return false;
  return (
    ts.isNamedImports(namedBindings) && namedBindings.elements.every((item) => item.isTypeOnly)
  );
}

/** Lines on which a token stands; a text that spans lines counts with all of them. */
function codeLines(source: TypeScript.SourceFile): number {
  const lines = new Set<number>();
  const lineAt = (position: number): number => source.getLineAndCharacterOfPosition(position).line;
  const visit = (node: TypeScript.Node): void => {
    const children = node.getChildren(source);
    if (children.length === 0 && node.getWidth(source) > 0) {
      for (let line = lineAt(node.getStart(source)); line <= lineAt(node.end); line++) {
        lines.add(line);
      }
    }
    children.filter((child) => !ts.isJSDoc(child)).forEach(visit);
  };
  visit(source);
  return lines.size;
}

/** The file of ours behind a relative import, undefined for packages and where there is none. */
function targetOf(file: string, specifier: string): string | undefined {
  if (!specifier.startsWith(".")) return undefined;
  const target = path.posix.join(path.posix.dirname(file), specifier);
  return [`${target}.ts`, `${target}/index.ts`].find((candidate) => known.has(candidate));
}

/** Styles are imported too, by their whole name. */
function isThere(file: string, specifier: string): boolean {
  const style = path.posix.join(path.posix.dirname(file), specifier);
  return specifier.endsWith(".css") ? existsSync(style) : targetOf(file, specifier) !== undefined;
}

function packageOf(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

/** Homes are one file, or all files below a folder, or below several in braces. */
function isAt(home: string, file: string): boolean {
  const below = "**/*.ts";
  const [, before, names, after] = /^(.*)\{(.*)\}(.*)$/.exec(home) ?? [];
  if (names !== undefined) {
    return names.split(",").some((name) => isAt(`${before ?? ""}${name}${after ?? ""}`, file));
  }
  return home.endsWith(below) ? file.startsWith(home.slice(0, -below.length)) : file === home;
}

/** The first circle of imports, those of types alone among them, or nothing. */
function findCircle(): readonly string[] {
  const targets = new Map(
    files.map(({ file, imports }) => [
      file,
      imports.flatMap(({ specifier }) => targetOf(file, specifier) ?? []),
    ]),
  );
  const done = new Set<string>();
  const visit = (file: string, trail: readonly string[]): readonly string[] => {
    if (trail.includes(file)) return [...trail.slice(trail.indexOf(file)), file];
    if (done.has(file)) return [];
    for (const target of targets.get(file) ?? []) {
      const circle = visit(target, [...trail, file]);
      if (circle.length > 0) return circle;
    }
    done.add(file);
    return [];
  };
  return files.map(({ file }) => visit(file, [])).find((circle) => circle.length > 0) ?? [];
}
