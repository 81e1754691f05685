import assert from "node:assert/strict";
import type { ImageTarget } from "../../../../src/alt/imageReference";
import {
  resolveTarget,
  type ResolveContext,
  type ResolveFiles,
} from "../../../../src/alt/resolve/resolveTarget";

interface Disk {
  readonly files: readonly string[];
  readonly texts?: Readonly<Record<string, string>>;
  readonly document?: string;
  readonly roots?: readonly string[];
  readonly siteRoots?: readonly string[];
  /** Of the document. */
  readonly text?: string;
}

async function resolve(target: ImageTarget, disk: Disk): Promise<string | undefined> {
  const context: ResolveContext = {
    documentPath: disk.document ?? "/w/docs/guide/a.md",
    workspaceRoots: disk.roots ?? ["/w"],
    ...(disk.siteRoots === undefined ? {} : { siteRoots: disk.siteRoots }),
    ...(disk.text === undefined ? {} : { documentText: disk.text }),
    files: filesOf(disk),
  };
  const resolved = await resolveTarget({ target }, context);
  return resolved.kind === "file" ? resolved.path : undefined;
}

/** A file system that is made of paths; a folder is there when something is in it. */
function filesOf({ files, texts = {} }: Pick<Disk, "files" | "texts">): ResolveFiles {
  const all = [...files, ...Object.keys(texts)];
  return {
    exists: (path) => Promise.resolve(files.includes(path)),
    readText: (path) => Promise.resolve(texts[path]),
    list: (folder) => {
      const start = folder === "/" ? "/" : `${folder}/`;
      const below = all
        .filter((path) => path.startsWith(start))
        .map((path) => path.slice(start.length));
      const names = below.map((path) => path.replace(/\/.*$/, "/"));
      return Promise.resolve(below.length === 0 ? undefined : [...new Set(names)].sort());
    },
  };
}

const url = (value: string): ImageTarget => ({ kind: "url", value });
const module = (value: string): ImageTarget => ({ kind: "module", value });

describe("resolveTarget", () => {
  const simple: readonly (readonly [string, string, string])[] = [
    ["a relative path", "a.png", "/w/docs/guide/a.png"],
    ["a path with dots", "./.././img/../a.png", "/w/docs/a.png"],
    ["percent-encoding", "a%20b%23.png", "/w/docs/guide/a b#.png"],
    ["a percent sign that encodes nothing", "100%.png", "/w/docs/guide/100%.png"],
    ["encoding that is meant literally", "a%20b.png", "/w/docs/guide/a%20b.png"],
    ["query and hash", "a.png?v=1#x", "/w/docs/guide/a.png"],
    ["a hash that belongs to the name", "a#1.png", "/w/docs/guide/a#1.png"],
    ["backslashes", "img\\a.png", "/w/docs/guide/img/a.png"],
    ["public", "/img/a.png", "/w/public/img/a.png"],
    ["static beside the document's folder", "/a.png", "/w/docs/static/a.png"],
    ["the workspace itself", "/img/a.png?x", "/w/img/a.png"],
    ["an absolute path within the workspace", "/w/b/a.png", "/w/b/a.png"],
    ["a file: URL", "file:///w/b/a%20c.png", "/w/b/a c.png"],
    ["a path that climbs above the root", "../../../../../a.png", "/a.png"],
  ];
  for (const [name, value, file] of simple) {
    it(`finds ${name}: ${value}`, async () => {
      assert.equal(await resolve(url(value), { files: [file] }), file);
    });
  }

  const wikilinks: readonly (readonly [string, string, string])[] = [
    ["beside the document", "a b.png", "/w/docs/guide/a b.png"],
    ["with a part of the picture", "a.png#left", "/w/docs/guide/a.png"],
    ["in a folder beside it", "img/a.png", "/w/docs/guide/img/a.png"],
    ["in a folder above it", "a.png", "/w/docs/a.png"],
    ["in the workspace", "img/a.png", "/w/img/a.png"],
    ["in a site's folder", "a.png", "/w/assets/a.png"],
    ["from the workspace", "/img/a.png", "/w/img/a.png"],
    ["above the document, with dots", "../a.png", "/w/docs/a.png"],
  ];
  for (const [name, value, file] of wikilinks) {
    it(`finds a wikilink's file ${name}: ${value}`, async () => {
      const target: ImageTarget = { kind: "wikilink", value };
      assert.equal(await resolve(target, { files: [file] }), file);
    });
  }

  it("finds a wikilink's file in a folder that a setting names, and the nearest first", async () => {
    const target: ImageTarget = { kind: "wikilink", value: "a.png" };
    const siteRoots = ["attachments", "."];
    assert.equal(
      await resolve(target, { files: ["/w/attachments/a.png"], siteRoots }),
      "/w/attachments/a.png",
    );
    const files = ["/w/a.png", "/w/docs/a.png"];
    assert.equal(await resolve(target, { files }), "/w/docs/a.png");
    assert.equal(await resolve(target, { files: ["/x/a.png", "/a.png"] }), undefined);
  });

  it("finds site roots that a setting names", async () => {
    const disk = { files: ["/w/web/www/a.png"], siteRoots: ["web/www"] };
    assert.equal(await resolve(url("/a.png"), disk), "/w/web/www/a.png");
  });

  it("prefers the nearest site of a workspace with several", async () => {
    const files = ["/w/public/a.png", "/w/packages/x/public/a.png"];
    const disk = { files, document: "/w/packages/x/src/a.tsx" };
    assert.equal(await resolve(url("/a.png"), disk), "/w/packages/x/public/a.png");
  });

  it("understands Windows paths", async () => {
    const disk = {
      files: ["C:/w/docs/img/a.png", "D:/b.png"],
      document: "C:\\w\\docs\\a.md",
      roots: ["C:\\w"],
    };
    assert.equal(await resolve(url("img/a.png"), disk), "C:/w/docs/img/a.png");
    assert.equal(await resolve(url("D:\\b.png"), disk), "D:/b.png");
    assert.equal(await resolve(url("file:///D:/b.png"), disk), "D:/b.png");
  });

  it("follows paths of tsconfig.json, with comments, extends and several targets", async () => {
    const texts = {
      "/w/tsconfig.json": '{ // see\n "extends": "./base", "compilerOptions": {"strict": true,}, }',
      "/w/base.json":
        '{"compilerOptions": {"baseUrl": "./app", "paths": {"@img/*": ["none/*", "images/*"], "logo": ["l.png"]}}}',
    };
    const files = ["/w/app/images/a.png", "/w/app/l.png", "/w/app/direct/b.png"];
    const disk = { files, texts, document: "/w/app/x/y.tsx" };
    assert.equal(await resolve(module("@img/a.png"), disk), "/w/app/images/a.png");
    assert.equal(await resolve(module("logo"), disk), "/w/app/l.png");
    assert.equal(await resolve(module("direct/b.png"), disk), "/w/app/direct/b.png");
    assert.equal(await resolve(url("@img/a.png"), disk), "/w/app/images/a.png");
    assert.equal(await resolve(module("./../images/a.png"), disk), "/w/app/images/a.png");
  });

  it("reads jsconfig.json and the aliases of templates", async () => {
    const texts = { "/w/jsconfig.json": '{"compilerOptions": {"paths": {"#/*": ["./lib/*"]}}}' };
    const files = ["/w/lib/a.png", "/w/src/assets/b.png", "/w/src/lib/c.png"];
    const disk = { files, texts, document: "/w/src/x.vue" };
    assert.equal(await resolve(module("#/a.png"), disk), "/w/lib/a.png");
    assert.equal(await resolve(url("@/assets/b.png"), disk), "/w/src/assets/b.png");
    assert.equal(await resolve(url("~@/assets/b.png?url"), disk), "/w/src/assets/b.png");
    assert.equal(await resolve(module("$lib/c.png"), disk), "/w/src/lib/c.png");
  });

  it("survives damaged, circular and hostile configurations", async () => {
    for (const text of [
      "{",
      "[]",
      "null",
      '{"extends": "./tsconfig.json"}',
      '{"compilerOptions": {"paths": {"__proto__": ["x"], "*": [1, "*"], "a": 3}, "baseUrl": 7}}',
      '{"extends": ["./tsconfig", "./tsconfig"]}',
    ]) {
      const texts = { "/w/tsconfig.json": text };
      assert.equal(await resolve(module("@x/a.png"), { files: ["/w/b"], texts }), undefined);
    }
  });

  const elsewhere: readonly (readonly [string, string])[] = [
    ["https://example.com/a.png", "remote"],
    ["HTTP://example.com/a.png", "remote"],
    ["//cdn.example.com/a.png", "remote"],
    ["data:image/png;base64,AAAA", "data"],
    ["blob:x", "dynamic"],
    ["cid:a.png", "dynamic"],
    ["htps://example.com/a.png", "unresolved"],
    ["a\0.png", "unresolved"],
    ["nowhere.png", "unresolved"],
  ];
  for (const [value, kind] of elsewhere) {
    it(`never looks for ${JSON.stringify(value)} where it is not: ${kind}`, async () => {
      const resolved = await resolveTarget(
        { target: url(value) },
        {
          documentPath: "/w/a.md",
          workspaceRoots: ["/w"],
          files: {
            ...filesOf({ files: [] }),
            exists: (path) => {
              assert.equal(path.includes("\0"), false);
              return Promise.resolve(false);
            },
          },
        },
      );
      assert.equal(resolved.kind, kind);
    });
  }

  it("says what it tried", async () => {
    const resolved = await resolveTarget(
      { target: url("a.png?x") },
      {
        documentPath: "/w/a.md",
        workspaceRoots: [],
        files: filesOf({ files: [] }),
      },
    );
    assert.deepEqual(resolved, { kind: "unresolved", tried: ["/w/a.png", "/w/a.png?x"] });
  });
});
