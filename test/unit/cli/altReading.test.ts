import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { AltRow } from "../../../src/cli/altImages";
import { runCli } from "../../../src/cli/program";
import { decodeDocument, encodeDocument } from "../../../src/cli/textEncoding";
import { testHost, type TestHost } from "../../helpers/cliHost";

/** A PNG of four by four pixels, a red square on white. */
const PIXEL =
  "iVBORw0KGgoAAAANSUhEUgAAAAQAAAAECAIAAAAmkwkpAAAACXBIWXMAAAPoAAAD6AG1e1JrAAAAGklEQVQImWP4jwQY/v//f0JO7oScHDYOHAAAERAn7ROHm10AAAAASUVORK5CYII=";

const ENCODINGS = ["utf-8", "le", "be"] as const;

const bytesOf = (
  text: string,
  encoding: (typeof ENCODINGS)[number],
  hasByteOrderMark: boolean,
): Uint8Array => encodeDocument(text, { encoding, hasByteOrderMark });

describe("documents in every encoding", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "sightline-reading-"));
    await writeFile(at("p.png"), Buffer.from(PIXEL, "base64"));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  const at = (name: string): string => path.join(folder, name);

  async function cli(...args: string[]): Promise<{ code: number; host: TestHost }> {
    const host = testHost({
      home: at(".home"),
      demoCheckpoint: path.resolve("models", "demo"),
    });
    return { code: await runCli(args, host), host };
  }

  const rowsOf = (host: TestHost): AltRow[] => JSON.parse(host.stdout.text) as AltRow[];

  for (const encoding of ENCODINGS) {
    for (const hasByteOrderMark of [true, false]) {
      const told = `${encoding} ${hasByteOrderMark ? "with" : "without"} its mark`;
      it(`are written back as they are but for the text: ${told}`, async () => {
        const [before, after] = [
          "# Caf\u00e9 \ud83e\udd8a\r\n\r\nA long line of it. ![",
          "](p.png)\r\nend\n",
        ];
        await writeFile(at("a.md"), bytesOf(before + after, encoding, hasByteOrderMark));
        const listed = await cli("alt", "list", at("a.md"), "--json");
        assert.deepEqual(
          rowsOf(listed.host).map(({ range, problem }) => [range.start, problem]),
          [[{ line: 2, character: 19 }, "missing"]],
        );
        const { code, host } = await cli("alt", "write", at("a.md"), "--json", "--quiet");
        assert.equal(code, 0, host.stderr.text);
        const { alt } = JSON.parse(host.stdout.text) as { alt: string };
        assert.notEqual(alt, "");
        const wanted = bytesOf(before + alt + after, encoding, hasByteOrderMark);
        assert.deepEqual(await readFile(at("a.md")), Buffer.from(wanted));
      });
    }
  }

  it("are refused where the bytes are no text that comes back as it was", () => {
    for (const bytes of [
      [0xff, 0xfe, 0x41],
      [0xff, 0xfe, 0x00, 0xd8],
      [0xfe, 0xff, 0xdc, 0x00],
      [0x41, 0xe9],
    ]) {
      assert.equal(decodeDocument(Uint8Array.from(bytes)), undefined, String(bytes));
    }
    for (const text of ["", "a", "\0", "\ufeff", "a\0b\0c"]) {
      const bytes = Buffer.from(text, "utf8");
      const decoded = decodeDocument(bytes);
      assert.ok(decoded !== undefined);
      assert.deepEqual(encodeDocument(decoded.text, decoded), bytes);
    }
  });

  it("pass in any other encoding that holds no picture", async () => {
    await writeFile(at("a.md"), Buffer.from("caf\u00e9", "latin1"));
    const { code, host } = await cli("alt", "list", at("a.md"), "--json");
    assert.deepEqual([code, host.stdout.text, host.stderr.text], [0, "[]\n", ""]);
    await writeFile(at("a.md"), Buffer.from("caf\u00e9 <Foto src=a>", "latin1"));
    const named = await cli("alt", "list", at("a.md"), "--component", "Foto");
    assert.equal(named.code, 1);
    assert.match(named.host.stderr.text, /a\.md is neither UTF-8 nor UTF-16/);
  });

  it("fail for their size only where they are named and may hold a picture", async () => {
    await writeFile(at("large.md"), `![A fox](https://a.example/b.png)\n${"a\n".repeat(3 << 20)}`);
    await writeFile(at("small.md"), "![A fox](p.png)");
    await writeFile(at("plain.html"), "<p>a\n".repeat(1 << 20));
    await writeFile(at("enormous.html"), "");
    await truncate(at("enormous.html"), 65 << 20);
    const { code, host } = await cli("alt", "list", folder, "--json");
    assert.equal(code, 0);
    assert.deepEqual(
      rowsOf(host).map(({ file }) => path.basename(file)),
      ["small.md"],
    );
    const told = host.stderr.text.split("\n").filter((line) => line.includes("Not searched"));
    assert.deepEqual(
      told.map(
        (line) =>
          /^sightline: Not searched: \S*?(\w+)\.\w+ has .* more than .*\. Split it\.$/.exec(
            line,
          )?.[1],
      ),
      ["enormous", "large"],
    );
    const write = await cli("alt", "write", folder, "--dry-run");
    assert.equal(write.code, 0, write.host.stderr.text);
    for (const name of ["large.md", "enormous.html"]) {
      for (const command of ["list", "write"]) {
        const named = await cli("alt", command, at(name));
        assert.equal(named.code, 1);
        assert.match(named.host.stderr.text, /^sightline: .*Split it\.$/m);
      }
    }
  });
});
