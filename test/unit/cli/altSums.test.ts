/** What `alt list` and `alt write` say at the end, and their exit codes. */

import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { AltRow } from "../../../src/cli/altImages";
import { Interrupts } from "../../../src/cli/interrupts";
import { runCli } from "../../../src/cli/program";
import { MemorySink, testHost, type TestHost } from "../../helpers/cliHost";

/** A PNG of four by four pixels, a red square on white. */
const PIXEL =
  "iVBORw0KGgoAAAANSUhEUgAAAAQAAAAECAIAAAAmkwkpAAAACXBIWXMAAAPoAAAD6AG1e1JrAAAAGklEQVQImWP4jwQY/v//f0JO7oScHDYOHAAAERAn7ROHm10AAAAASUVORK5CYII=";

describe("the sums of sightline alt", () => {
  let folder: string;
  let home: string;

  before(async () => {
    home = await mkdtemp(path.join(tmpdir(), "sightline-sums-home-"));
  });

  after(async () => {
    await rm(home, { recursive: true });
  });

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "sightline-sums-"));
    await put("public/img/a b.png", Buffer.from(PIXEL, "base64"));
  });

  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  const at = (name: string): string => path.join(folder, name);

  async function put(name: string, content: string | Uint8Array): Promise<string> {
    await mkdir(path.dirname(at(name)), { recursive: true });
    await writeFile(at(name), content);
    return at(name);
  }

  const demo = (): Partial<TestHost> & { readonly home: string } => ({
    home,
    demoCheckpoint: path.resolve("models", "demo"),
  });

  async function cli(...args: string[]): Promise<{ code: number; host: TestHost }> {
    const host = testHost(demo());
    return { code: await runCli(args, host), host };
  }

  describe("list", () => {
    it("ends with a sum on stderr, which --quiet hides", async () => {
      await put("a.md", "![](</img/a b.png>) ![A fox](</img/a b.png>) ![image](</img/a b.png>)");
      await put("b.md", "![A fox](nope.png) <img src='/img/a b.png' alt=''>");
      const { code, host } = await cli("alt", "list", folder);
      assert.equal(code, 0);
      assert.equal(
        host.stderr.text,
        "sightline: 5 pictures, 1 without a text, 1 with a placeholder as text, 1 whose file is not there.\n",
      );
      const quiet = await cli("alt", "list", folder, "--json", "--quiet");
      assert.equal(quiet.host.stderr.text, "");
      assert.equal((JSON.parse(quiet.host.stdout.text) as AltRow[]).length, 5);
    });

    it("says that there are no pictures, and not beside a path that leads nowhere", async () => {
      await put("a.md", "No picture.");
      const none = await cli("alt", "list", folder);
      assert.deepEqual([none.code, none.host.stdout.text], [0, "No pictures.\n"]);
      const wrong = await cli("alt", "list", at("nowhere"), at("a.md"));
      assert.deepEqual([wrong.code, wrong.host.stdout.text], [1, ""]);
      assert.match(wrong.host.stderr.text, /^sightline: There is no file or folder .*nowhere\. /);
    });

    it("lists some kinds of problems alone, and fails for them with --check", async () => {
      await put("a.md", "![](</img/a b.png>) ![A fox](</img/a b.png>) ![](nope.png)");
      const codes = async (...flags: string[]): Promise<number> =>
        (await cli("alt", "list", folder, ...flags)).code;
      assert.equal(await codes("--check"), 1);
      assert.equal(await codes("--check", "--only", "missing"), 1);
      assert.equal(await codes("--check", "--only", "placeholder,too-long"), 0);
      assert.equal(await codes("--only", "missing"), 0);
      assert.equal(await codes("--check", "--only", "ugly"), 2);
      const { host } = await cli("alt", "list", folder, "--only", "missing", "--json");
      const rows = JSON.parse(host.stdout.text) as AltRow[];
      assert.deepEqual([...new Set(rows.map(({ problem }) => problem))], ["missing"]);
      assert.match(host.stderr.text, /^sightline: 3 pictures, /);
    });

    it("passes the check when nothing is wrong", async () => {
      await put("a.md", "![A fox](</img/a b.png>) <img src='/img/a b.png' alt=''>");
      const { code, host } = await cli("alt", "list", folder, "--check");
      assert.equal(code, 0);
      assert.equal(host.stderr.text, "sightline: 2 pictures, no problem found.\n");
    });
  });

  describe("write", () => {
    it("ends with the sum of what it did", async () => {
      const text = "![](</img/a b.png>)\n![](https://example.invalid/a.png)\n![](nope.png)";
      await put("a.md", text);
      await put("b.md", text);
      const dry = await cli("alt", "write", folder, "--dry-run");
      const last = (host: TestHost): string | undefined =>
        host.stderr.text.trimEnd().split("\n").at(-1);
      const sum = "sightline: 2 texts in 2 files, 2 failed, 2 not on this disk.";
      assert.equal(last(dry.host), `${sum} Nothing is written with --dry-run.`);
      const { code, host } = await cli("alt", "write", folder);
      assert.deepEqual([code, last(host)], [1, sum]);
    });

    it("writes what it has when it is told to stop, and says how to go on", async () => {
      for (const [index, name] of ["a.md", "b.md", "c.md"].entries()) {
        const image = await put(`public/${index}.png`, Buffer.from(PIXEL, "base64"));
        await put(name, `![](${path.relative(folder, image)})`);
      }
      const interrupts = new Interrupts();
      const stdout = new MemorySink();
      const write = stdout.write.bind(stdout);
      stdout.write = (told) => {
        write(told);
        if (told.includes("b.md:1:1")) interrupts.interrupt("SIGINT");
      };
      const host = testHost({ ...demo(), stdout, interrupts });
      assert.equal(await runCli(["alt", "write", folder], host), 130);
      assert.match(host.stderr.text, /^sightline: 2 of 3 are written; run it again to go on\.$/m);
      assert.notEqual(await readFile(at("b.md"), "utf8"), "![](public/1.png)");
      assert.equal(await readFile(at("c.md"), "utf8"), "![](public/2.png)");
      const again = await cli("alt", "write", folder);
      assert.equal(again.code, 0);
      assert.match(again.host.stderr.text, /^sightline: 1 text in 1 file\.$/m);
    });
  });
});
