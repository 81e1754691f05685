import assert from "node:assert/strict";
import {
  chmod,
  mkdir,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from "node:fs/promises";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { readDocument, replaceDocument } from "../../../src/cli/documents/altDocuments";
import type { AltRow } from "../../../src/cli/documents/altImages";
import { kindsOf } from "../../../src/cli/documents/altWriteCommand";
import { runCli } from "../../../src/cli/program";
import { AppError, type ErrorCode } from "../../../src/base/errors";
import { MemorySink, testHost, type TestHost } from "../../helpers/cliHost";
import { PIXEL, useAltPages } from "../../helpers/altPages";

const withCode = (code: ErrorCode, words: string) => (thrown: unknown) => {
  assert.ok(thrown instanceof AppError, String(thrown));
  assert.equal(thrown.code, code, thrown.message);
  assert.ok(thrown.message.includes(words), thrown.message);
  return true;
};

/** What `alt write --json` prints for a picture, or for one that failed. */
interface WriteRow {
  readonly file?: string;
  readonly alt?: string;
  readonly error?: { readonly code: ErrorCode };
}

/** Acts when a text is told, at which moment a command is where it tells that. */
class ActingSink extends MemorySink {
  readonly #act: (text: string) => void;

  constructor(act: (text: string) => void) {
    super();
    this.#act = act;
  }

  override write(text: string): void {
    super.write(text);
    this.#act(text);
  }
}

describe("sightline alt", () => {
  const pages = useAltPages();
  const { at, put, demo, cli } = pages;

  describe("list", () => {
    it("prints one array with places, targets and problems", async () => {
      const text = "\ufeffé ![Alt text](/img/a%20b.png?x)\r\n\r\n<img src='nope.png' alt=''>\r\n";
      const file = await put("docs/a.md", text);
      const { code, host } = await cli("alt", "list", pages.folder, "--json");
      assert.equal(code, 0);
      const rows = JSON.parse(host.stdout.text) as AltRow[];
      assert.deepEqual(rows, [
        {
          file,
          range: { start: { line: 0, character: 2 }, end: { line: 0, character: 31 } },
          altRange: { start: { line: 0, character: 4 }, end: { line: 0, character: 12 } },
          syntax: "markdown-inline",
          target: "/img/a%20b.png?x",
          resolved: at("public/img/a b.png"),
          alt: "Alt text",
          decorative: false,
          problem: "placeholder",
        },
        {
          file,
          range: { start: { line: 2, character: 0 }, end: { line: 2, character: 27 } },
          altRange: { start: { line: 2, character: 25 }, end: { line: 2, character: 25 } },
          syntax: "html",
          target: "nope.png",
          resolved: null,
          alt: "",
          decorative: true,
          problem: "unresolved",
        },
      ]);
    });

    it("gives relative paths for a relative path", async () => {
      const file = path.relative(
        process.cwd(),
        await put("a.html", "<img src='public/img/a b.png'>"),
      );
      const { host } = await cli("alt", "list", file, "--json");
      const [row] = JSON.parse(host.stdout.text) as AltRow[];
      const resolved = path.relative(process.cwd(), at("public/img/a b.png"));
      assert.deepEqual([row?.file, row?.resolved, row?.problem], [file, resolved, "missing"]);
    });

    it("goes on after a document that is not well formed, missing or no text", async () => {
      const bad = [
        await put("bad.vue", "<template lang='pug'>\nimg(src='a')\n</template>"),
        at("none.md"),
        await put("latin1.md", Buffer.from("caf\u00e9 ![](a.png)", "latin1")),
      ];
      const good = await put("good.md", "![A fox](https://example.com/a.png)");
      const { code, host } = await cli("alt", "list", ...bad, good, "--json");
      assert.equal(code, 1);
      const rows = JSON.parse(host.stdout.text) as AltRow[];
      assert.deepEqual(
        rows.map(({ file, problem, resolved }) => [file, problem, resolved]),
        [[good, null, null]],
      );
      for (const file of bad) assert.ok(host.stderr.text.includes(file), file);
    });

    it("passes over files of no known kind among others, as hooks name them, and refuses one alone", async () => {
      const text = await put("a.txt", "![](a.png)");
      const good = await put("good.md", "![A fox](https://example.com/a.png)");
      const { code, host } = await cli("alt", "list", text, good, "--json");
      assert.deepEqual([code, (JSON.parse(host.stdout.text) as AltRow[]).length], [0, 1]);
      const alone = await cli("alt", "list", text);
      assert.equal(alone.code, 1);
      assert.ok(alone.host.stderr.text.includes(text));
    });

    it("prints an empty array when there is no picture", async () => {
      const { code, host } = await cli("alt", "list", pages.folder, "--json");
      assert.deepEqual([code, host.stdout.text], [0, "[]\n"]);
    });

    it("prints a table for people, with places counted from one", async () => {
      const file = await put("a.md", "\n ![](x.png)");
      const { host } = await cli("alt", "list", file);
      assert.match(host.stdout.text, /^PLACE +PROBLEM +PICTURE +ALT TEXT\n/);
      assert.ok(host.stdout.text.includes(`${file}:2:2`));
      assert.match(host.stdout.text, /missing +x\.png/);
    });

    it("knows components and site roots that are named", async () => {
      const file = await put("a.jsx", "<Foto src='/a b.png' />");
      const args = ["--component", "Foto", "--site-root", "public/img", "--json"];
      const { host } = await cli("alt", "list", pages.folder, ...args);
      const [row] = JSON.parse(host.stdout.text) as AltRow[];
      assert.deepEqual([row?.file, row?.resolved], [file, at("public/img/a b.png")]);
    });
  });

  it("knows wikilinks, their sizes and their texts", async () => {
    const file = await put("a.md", "![[img/a b.png|300]] ![[nope.png|A fox]]\n");
    const listed = await cli("alt", "list", file, "--json");
    const rows = JSON.parse(listed.host.stdout.text) as AltRow[];
    assert.deepEqual(
      rows.map(({ syntax, target, resolved, alt, problem }) => ({
        ...{ syntax, target, resolved, alt, problem },
      })),
      [
        {
          syntax: "markdown-wikilink",
          target: "img/a b.png",
          resolved: at("public/img/a b.png"),
          alt: null,
          problem: "missing",
        },
        {
          syntax: "markdown-wikilink",
          target: "nope.png",
          resolved: null,
          alt: "A fox",
          problem: "unresolved",
        },
      ],
    );
    const written = await cli("alt", "write", file, "--max-new-tokens", "8");
    assert.equal(written.code, 0, written.host.stderr.text);
    assert.match(
      await readFile(file, "utf8"),
      /^!\[\[img\/a b\.png\|[A-Z][^|\]]+\|300\]\] !\[\[nope\.png\|A fox\]\]\n$/,
    );
  });

  describe("write", () => {
    const DOCUMENT =
      "\ufeff# é\r\n\r\n![](</img/a b.png>) ![A fox](/img/a%20b.png)\r\n<img src='/img/a b.png'>";

    it("writes missing texts and nothing else", async () => {
      const file = await put("a.md", DOCUMENT);
      await chmod(file, 0o640);
      const { code, host } = await cli("alt", "write", pages.folder, "--max-new-tokens", "8");
      assert.equal(code, 0, host.stderr.text);
      const after = await readFile(file, "utf8");
      const match =
        /^\ufeff# é\r\n\r\n!\[(.+)\]\(<\/img\/a b\.png>\) !\[A fox\]\(\/img\/a%20b\.png\)\r\n<img src='\/img\/a b\.png' alt="(.+)">$/.exec(
          after,
        );
      assert.ok(match, after);
      assert.equal(match[1], match[2]);
      assert.equal((await stat(file)).mode & 0o777, 0o640);
      assert.deepEqual((await readdir(pages.folder)).sort(), ["a.md", "public"]);
      const again = await cli("alt", "write", pages.folder);
      assert.equal(again.code, 0);
      assert.equal(await readFile(file, "utf8"), after);
    });

    it("prints a unified diff and changes nothing with --dry-run", async () => {
      const file = await put("a.md", DOCUMENT);
      const { code, host } = await cli("alt", "write", file, pages.folder, "--dry-run");
      assert.equal(code, 0, host.stderr.text);
      assert.equal(await readFile(file, "utf8"), DOCUMENT);
      assert.ok(host.stdout.text.startsWith(`--- ${file}\n+++ ${file}\n@@ `), host.stdout.text);
      assert.match(host.stdout.text, /^-!\[\]\(<\/img\/a b\.png>\)/m);
      assert.match(host.stdout.text, /^\+!\[.+\]\(<\/img\/a b\.png>\)/m);
      assert.match(host.stdout.text, /^ \ufeff# é\r$/m);
    });

    it("touches other problems only when they are asked for", async () => {
      const text = "![image](</img/a b.png>) ![IMG_1.png](</img/a b.png>) ![](</img/a b.png>)";
      const file = await put("a.md", text);
      const { code } = await cli(
        "alt",
        "write",
        file,
        "--only",
        "placeholder,filename",
        pages.folder,
      );
      assert.equal(code, 0);
      const after = await readFile(file, "utf8");
      assert.ok(!after.includes("![image]") && !after.includes("IMG_1"), after);
      assert.ok(after.endsWith(" ![](</img/a b.png>)"), after);
    });

    it("writes one object per picture with --json, from a data: URI too", async () => {
      const target = `data:image/png;base64,${PIXEL}`;
      const file = await put("a.html", `<img src="${target}">`);
      const { host } = await cli("alt", "write", file, "--json", "--quiet");
      const line = JSON.parse(host.stdout.text) as Record<string, unknown>;
      assert.deepEqual([line["file"], line["target"], line["previous"]], [file, target, null]);
      assert.ok((await readFile(file, "utf8")).endsWith(` alt="${String(line["alt"])}">`));
    });

    it("reads a data: URI of escaped bytes, and names one that is damaged", async () => {
      const escaped = Buffer.from(PIXEL, "base64").toString("hex").replace(/../g, "%$&");
      const good = `data:image/png,${escaped}`;
      const file = await put("a.html", `<img src="data:image/png;base64,"><img src="${good}">`);
      const { code, host } = await cli("alt", "write", file);
      assert.equal(code, 1);
      assert.match(host.stderr.text, /a\.html:1:1: The picture in the document is damaged\. Put/);
      assert.match(await readFile(file, "utf8"), /^<img src="[^"]*"><img src="[^"]*" alt=".+">$/);
    });

    it("goes on after pictures that are missing or damaged, and fetches nothing", async () => {
      await put("public/bad.png", "no picture");
      const text =
        "![](nope.png)\n![](/bad.png)\n![](https://example.invalid/a.png)\n![](</img/a b.png>)";
      const file = await put("a.md", text);
      const { code, host } = await cli("alt", "write", pages.folder);
      assert.equal(code, 1);
      const after = await readFile(file, "utf8");
      assert.ok(after.startsWith(text.slice(0, text.lastIndexOf("![]("))), after);
      assert.match(after, /!\[.+\]\(<\/img\/a b\.png>\)$/);
      assert.ok(host.stderr.text.includes(`${file}:1:1: There is no file for nope.png`));
      assert.ok(host.stderr.text.includes(`${file}:2:1: `));
      assert.match(host.stderr.text, /is on a server and is not fetched/);
    });

    it("writes nothing for a picture that shows one color, which is no failure", async () => {
      const spacer =
        "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7";
      const text = `<img src="${spacer}">`;
      const file = await put("a.html", text);
      const { code, host } = await cli("alt", "write", file);
      assert.deepEqual([code, await readFile(file, "utf8")], [0, text]);
      assert.match(host.stderr.text, /a\.html:1:1: .* shows one colour only/);
    });

    it("leaves texts alone that a program computes", async () => {
      const text = "<><img src='/img/a b.png' alt={a} /><img src='/img/a b.png' {...b} /></>";
      const file = await put("a.jsx", text);
      const { code, host } = await cli("alt", "write", pages.folder);
      assert.deepEqual([code, await readFile(file, "utf8")], [0, text]);
      assert.match(host.stderr.text, /There is no picture to describe/);
    });

    it("refuses a problem that it does not know", async () => {
      const { code, host } = await cli("alt", "write", pages.folder, "--only", "missing,ugly");
      assert.equal(code, 2);
      assert.match(host.stderr.text, /--only does not know "ugly"/);
      assert.deepEqual([...kindsOf("too-long, missing")], ["missing", "too-long"]);
    });
  });

  describe("write, where documents fail", () => {
    const FOX = "![](</img/a b.png>)";
    const codesOf = (host: TestHost): readonly (readonly [string | undefined, string])[] => {
      const rows = host.stdout.text.trimEnd().split("\n");
      return rows.map((line) => {
        const { file, alt, error } = JSON.parse(line) as WriteRow;
        return [file, error?.code ?? (alt === undefined ? "" : "written")];
      });
    };

    it("goes on after documents that it cannot read", async () => {
      const latin1 = await put("a.md", Buffer.from(`caf\u00e9 ${FOX}`, "latin1"));
      const broken = await put("b.vue", "<template lang='pug'>\nimg(src='a')\n</template>");
      const huge = await put("c.md", FOX);
      await truncate(huge, 5 << 20);
      const good = await put("d.md", FOX);
      const bad = [at("none.md")];
      const args = [...bad, pages.folder, "--json", "--quiet"];
      const { code, host } = await cli("alt", "write", ...args);
      assert.equal(code, 1);
      assert.deepEqual(codesOf(host), [
        [undefined, "document.missing"],
        [latin1, "document.unreadable"],
        [broken, "document.unparsable"],
        [good, "written"],
      ]);
      assert.notEqual(await readFile(good, "utf8"), FOX);
    });

    it("goes on after documents that change before they are written", async () => {
      const text = `${FOX}\n![](https://example.invalid/a.png)`;
      const changed = await put("a.md", text);
      const unwritable = await put("b.md", text);
      const gone = await put("c.md", text);
      const good = await put("d.md", text);
      // The note about the last document's remote picture comes when all have been read.
      const stderr = new ActingSink((told) => {
        if (!told.includes(`${good}:2:1`)) return;
        writeFileSync(changed, "newer");
        rmSync(unwritable);
        mkdirSync(unwritable);
        rmSync(gone);
      });
      const host = testHost({ ...demo(), stderr });
      assert.equal(await runCli(["alt", "write", pages.folder, "--json"], host), 1);
      assert.deepEqual(codesOf(host), [
        [changed, "document.changed"],
        [unwritable, "document.unwritable"],
        [gone, "document.missing"],
        [good, "written"],
      ]);
      assert.equal(await readFile(changed, "utf8"), "newer");
      assert.deepEqual((await readdir(pages.folder)).sort(), ["a.md", "b.md", "d.md", "public"]);
    });

    it("says that a picture is missing, not the document", async () => {
      const file = await put("a.md", "![](nope.png)");
      const { code, host } = await cli("alt", "write", file, "--json", "--quiet");
      assert.equal(code, 1);
      assert.deepEqual(codesOf(host), [[file, "image.missing"]]);
    });
  });

  describe("replaceDocument", () => {
    it("leaves a file alone that was changed meanwhile, and no other file behind", async () => {
      const file = await put("a.md", "old");
      const document = await readDocument({ file, language: "markdown", root: pages.folder });
      await writeFile(file, "newer");
      await assert.rejects(
        replaceDocument(document, "mine"),
        withCode("document.changed", `${file} was changed meanwhile`),
      );
      assert.equal(await readFile(file, "utf8"), "newer");
      assert.deepEqual((await readdir(pages.folder)).sort(), ["a.md", "public"]);
    });

    it("keeps a link a link", async () => {
      await put("real/a.md", "old");
      await symlink(at("real/a.md"), at("link.md"));
      const file = at("link.md");
      const document = await readDocument({ file, language: "markdown", root: pages.folder });
      await replaceDocument(document, "mine");
      assert.equal(await readFile(at("real/a.md"), "utf8"), "mine");
      assert.deepEqual((await readdir(at("real"))).sort(), ["a.md"]);
    });

    it("leaves a read-only file alone, before a model is asked", async () => {
      const file = await put("a.md", "![](public/img/a%20b.png)");
      await chmod(file, 0o444);
      const document = await readDocument({ file, language: "markdown", root: pages.folder });
      const isUnwritable = withCode("document.unwritable", `${file} is read-only`);
      await assert.rejects(replaceDocument(document, "mine"), isUnwritable);
      const { code, host } = await cli("alt", "write", file, "--model", at("no model"));
      assert.equal(code, 1);
      assert.match(host.stderr.text, /is read-only, so it is left alone/);
      assert.equal(await readFile(file, "utf8"), "![](public/img/a%20b.png)");
      const dry = await cli("alt", "write", file, "--dry-run");
      assert.deepEqual([dry.code, dry.host.stdout.text.includes("+![")], [0, true]);
    });

    it("says which file is gone", async () => {
      const file = await put("a.md", "old");
      const document = await readDocument({ file, language: "markdown", root: pages.folder });
      await rm(file);
      await assert.rejects(replaceDocument(document, "mine"), withCode("document.missing", file));
    });

    it("says which file cannot be written, and leaves no other file behind", async () => {
      const file = await put("a.md", "old");
      const document = await readDocument({ file, language: "markdown", root: pages.folder });
      await rm(file);
      await mkdir(file);
      await assert.rejects(
        replaceDocument(document, "mine"),
        withCode("document.unwritable", `${file} cannot be written`),
      );
      assert.deepEqual((await readdir(pages.folder)).sort(), ["a.md", "public"]);
    });
  });
});
