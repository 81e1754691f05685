import assert from "node:assert/strict";
import { readFile, truncate, writeFile } from "node:fs/promises";
import path from "node:path";
import type { AltRow } from "../../../src/cli/documents/altImages";
import { decodeDocument, encodeDocument } from "../../../src/disk/textEncoding";
import type { TestHost } from "../../helpers/cliHost";
import { useAltPages } from "../../helpers/altPages";

const ENCODINGS = ["utf-8", "le", "be"] as const;

const bytesOf = (
  text: string,
  encoding: (typeof ENCODINGS)[number],
  hasByteOrderMark: boolean,
): Uint8Array => encodeDocument(text, { encoding, hasByteOrderMark });

describe("documents in every encoding", () => {
  const pages = useAltPages("p.png");
  const { at, cli } = pages;

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

  it("in encodings of two and four bytes that cannot be kept are refused and not passed over", async () => {
    const text = "\ufeff![](p.png)\n";
    const broken = Buffer.from(`${text}\ud800`, "utf16le");
    const wide = Buffer.from(Uint32Array.from(text, (letter) => letter.charCodeAt(0)).buffer);
    for (const bytes of [
      broken,
      wide,
      Buffer.concat([Buffer.from(text, "utf16le"), Buffer.of(0x21)]),
    ]) {
      await writeFile(at("a.md"), bytes);
      const { code, host } = await cli("alt", "list", at("a.md"));
      assert.equal(code, 1);
      assert.match(host.stderr.text, /a\.md is neither UTF-8 nor UTF-16/);
    }
  });

  it("fail for their size only where they are named and may hold a picture", async () => {
    await writeFile(at("large.md"), `![A fox](https://a.example/b.png)\n${"a\n".repeat(3 << 20)}`);
    await writeFile(at("small.md"), "![A fox](p.png)");
    await writeFile(at("plain.html"), "<p>a\n".repeat(1 << 20));
    await writeFile(at("enormous.html"), "");
    await truncate(at("enormous.html"), 65 << 20);
    const { code, host } = await cli("alt", "list", pages.folder, "--json");
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
    const write = await cli("alt", "write", pages.folder, "--dry-run");
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
