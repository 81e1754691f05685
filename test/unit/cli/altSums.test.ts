/** What `alt list` and `alt write` say at the end, and their exit codes. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import type { AltRow } from "../../../src/cli/documents/altImages";
import { Interrupts } from "../../../src/cli/terminal/interrupts";
import { runCli } from "../../../src/cli/program";
import { MemorySink, testHost, type TestHost } from "../../helpers/cliHost";
import { PIXEL, useAltPages } from "../../helpers/altPages";

describe("the sums of sightline alt", () => {
  const pages = useAltPages();
  const { at, put, demo, cli } = pages;

  describe("list", () => {
    it("ends with a sum on stderr, which --quiet hides", async () => {
      await put("a.md", "![](</img/a b.png>) ![A fox](</img/a b.png>) ![image](</img/a b.png>)");
      await put("b.md", "![A fox](nope.png) <img src='/img/a b.png' alt=''>");
      const { code, host } = await cli("alt", "list", pages.folder);
      assert.equal(code, 0);
      assert.equal(
        host.stderr.text,
        "sightline: 5 pictures, 1 without a text, 1 with a placeholder as text, 1 whose file is not there.\n",
      );
      const quiet = await cli("alt", "list", pages.folder, "--json", "--quiet");
      assert.equal(quiet.host.stderr.text, "");
      assert.equal((JSON.parse(quiet.host.stdout.text) as AltRow[]).length, 5);
    });

    it("says that there are no pictures, and not beside a path that leads nowhere", async () => {
      await put("a.md", "No picture.");
      const none = await cli("alt", "list", pages.folder);
      assert.deepEqual([none.code, none.host.stdout.text], [0, "No pictures.\n"]);
      const wrong = await cli("alt", "list", at("nowhere"), at("a.md"));
      assert.deepEqual([wrong.code, wrong.host.stdout.text], [1, ""]);
      assert.match(wrong.host.stderr.text, /^sightline: There is no file or folder .*nowhere\. /);
    });

    it("lists some kinds of problems alone, and fails for them with --check", async () => {
      await put("a.md", "![](</img/a b.png>) ![A fox](</img/a b.png>) ![](nope.png)");
      const codes = async (...flags: string[]): Promise<number> =>
        (await cli("alt", "list", pages.folder, ...flags)).code;
      assert.equal(await codes("--check"), 1);
      assert.equal(await codes("--check", "--only", "missing"), 1);
      assert.equal(await codes("--check", "--only", "placeholder,too-long"), 0);
      assert.equal(await codes("--only", "missing"), 0);
      assert.equal(await codes("--check", "--only", "ugly"), 2);
      const { host } = await cli("alt", "list", pages.folder, "--only", "missing", "--json");
      const rows = JSON.parse(host.stdout.text) as AltRow[];
      assert.deepEqual([...new Set(rows.map(({ problem }) => problem))], ["missing"]);
      assert.match(host.stderr.text, /^sightline: 3 pictures, /);
    });

    it("passes the check when nothing is wrong", async () => {
      await put("a.md", "![A fox](</img/a b.png>) <img src='/img/a b.png' alt=''>");
      const { code, host } = await cli("alt", "list", pages.folder, "--check");
      assert.equal(code, 0);
      assert.equal(host.stderr.text, "sightline: 2 pictures, no problem found.\n");
    });
  });

  describe("write", () => {
    it("ends with the sum of what it did", async () => {
      const text = "![](</img/a b.png>)\n![](https://example.invalid/a.png)\n![](nope.png)";
      await put("a.md", text);
      await put("b.md", text);
      const dry = await cli("alt", "write", pages.folder, "--dry-run");
      const last = (host: TestHost): string | undefined =>
        host.stderr.text.trimEnd().split("\n").at(-1);
      const sum = "sightline: 2 texts in 2 files, 2 failed, 2 not on this disk.";
      assert.equal(last(dry.host), `${sum} Nothing is written with --dry-run.`);
      const { code, host } = await cli("alt", "write", pages.folder);
      assert.deepEqual([code, last(host)], [1, sum]);
    });

    it("writes what it has when it is told to stop, and says how to go on", async () => {
      for (const [index, name] of ["a.md", "b.md", "c.md"].entries()) {
        const image = await put(`public/${index}.png`, Buffer.from(PIXEL, "base64"));
        await put(name, `![](${path.relative(pages.folder, image)})`);
      }
      const interrupts = new Interrupts();
      const stdout = new MemorySink();
      const write = stdout.write.bind(stdout);
      stdout.write = (told) => {
        write(told);
        if (told.includes("b.md:1:1")) interrupts.interrupt("SIGINT");
      };
      const host = testHost({ ...demo(), stdout, interrupts });
      assert.equal(await runCli(["alt", "write", pages.folder], host), 130);
      assert.match(host.stderr.text, /^sightline: 2 of 3 are written; run it again to go on\.$/m);
      assert.notEqual(await readFile(at("b.md"), "utf8"), "![](public/1.png)");
      assert.equal(await readFile(at("c.md"), "utf8"), "![](public/2.png)");
      const again = await cli("alt", "write", pages.folder);
      assert.equal(again.code, 0);
      assert.match(again.host.stderr.text, /^sightline: 1 text in 1 file\.$/m);
    });
  });
});
