import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { useAltPages } from "../../../helpers/altPages";
import { readPairs } from "../../../../src/train/data/pairs";

describe("sightline train pairs", () => {
  const pages = useAltPages();
  const { at, put, cli } = pages;

  it("takes what people wrote, and tells what it left out and why", async () => {
    await put(
      "docs/a.md",
      [
        "![A fox on a wall](<../public/img/a b.png>)",
        "![a fox  on a wall](<../public/img/a b.png>)",
        "![](<../public/img/a b.png>) <img src='../public/img/a b.png' alt=''>",
        "![image](<../public/img/a b.png>) ![A lost picture](nope.png) ![A far one](https://example.com/a.png)",
      ].join("\n"),
    );
    const out = at("pairs.jsonl");
    const { code, host } = await cli("train", "pairs", at("docs"), "--out", out);
    assert.equal(code, 0, host.stderr.text);
    const lines = (await readFile(out, "utf8")).trim().split("\n");
    assert.equal(lines.length, 1);
    const line = JSON.parse(lines[0]!) as Record<string, unknown>;
    assert.deepEqual(
      [line["text"], line["document"], line["line"]],
      ["A fox on a wall", "docs/a.md", 1],
    );
    assert.match(host.stdout.text, /1 picture with a text, from 1 document\.\nLeft out:/);
    const json = await cli("train", "pairs", at("docs"), "--out", out, "--json");
    assert.deepEqual(JSON.parse(json.host.stdout.text), {
      file: out,
      pairs: 1,
      leftOut: { decorative: 1, missing: 1, poor: 1, elsewhere: 2, twice: 1 },
    });
    const [pair] = await readPairs(out);
    assert.equal(pair?.text, "A fox on a wall");
    assert.equal(path.basename(pair.image), "a b.png");
    await readFile(pair.image);
  });

  it("writes nothing when there is nothing to learn from", async () => {
    await put("a.md", "![](</img/a b.png>)");
    const { code, host } = await cli("train", "pairs", at("a.md"), "--out", at("none.jsonl"));
    assert.equal(code, 1);
    assert.match(host.stderr.text, /nothing to learn from\. Run `sightline alt list`/);
    assert.ok(!(await readdir(pages.folder)).some((name) => name.startsWith("none")));
  });

  it("names the file that it cannot write, and leaves nothing half-written", async () => {
    await put("a.md", "![A fox](</img/a b.png>)");
    const { code, host } = await cli(
      "train",
      "pairs",
      at("a.md"),
      "--out",
      at("no/such/folder.jsonl"),
    );
    assert.equal(code, 1);
    assert.match(host.stderr.text, /folder\.jsonl cannot be written/);
  });
});
