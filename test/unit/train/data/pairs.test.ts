import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { readPairs, splitPairs, type Pair } from "../../../../src/train/data/pairs";

describe("readPairs", () => {
  const temp = { folder: "" };
  before(async () => {
    temp.folder = await mkdtemp(path.join(tmpdir(), "sightline-pairs-"));
  });
  after(() => rm(temp.folder, { recursive: true }));
  const put = async (name: string, text: string): Promise<string> => {
    const file = path.join(temp.folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, text);
    return file;
  };

  it("reads JSON lines, with paths from the file's folder", async () => {
    const file = await put(
      "a/pairs.jsonl",
      '{"image": "x.png", "text": "A cat"}\n\n{"file_name": "/y.png", "caption": "A dog"}\n',
    );
    assert.deepEqual(await readPairs(file), [
      { image: path.join(temp.folder, "a/x.png"), text: "A cat" },
      { image: path.resolve("/y.png"), text: "A dog" },
    ]);
    assert.deepEqual(await readPairs(path.dirname(file)), await readPairs(file));
  });

  it("reads a folder of pictures with text files beside them", async () => {
    await put("b/cat.jpg", "");
    await put("b/cat.txt", "A cat\n\n A second text \n");
    await put("b/deep/dog.png", "");
    await put("b/deep/dog.txt", "A dog");
    await put("b/alone.png", "");
    const folder = path.join(temp.folder, "b");
    assert.deepEqual(
      (await readPairs(folder)).map(({ image, text }) => [path.relative(folder, image), text]),
      [
        ["cat.jpg", "A cat"],
        ["cat.jpg", "A second text"],
        [path.join("deep", "dog.png"), "A dog"],
      ],
    );
  });

  it("names the line that it cannot read, and a place that has nothing", async () => {
    const bad = await put("c.jsonl", '{"image": "x.png", "text": "A"}\nnonsense\n');
    await assert.rejects(readPairs(bad), /c\.jsonl, line 2 is not valid JSON/);
    const half = await put("d.jsonl", '{"image": "x.png"}\n');
    await assert.rejects(readPairs(half), /d\.jsonl, line 1: "text"/);
    const list = await put("e.jsonl", "[1]\n");
    await assert.rejects(readPairs(list), /must be a JSON object/);
    await assert.rejects(readPairs(await put("f.jsonl", "\n")), /no pictures with texts/);
    await assert.rejects(readPairs(path.join(temp.folder, "nowhere")), /no file or folder/);
  });
});

describe("splitPairs", () => {
  const pairsIn = (nFolders: number, nEach: number): Pair[] =>
    Array.from({ length: nFolders * nEach }, (_, i) => ({
      image: `/w/${Math.floor(i / nEach)}/${i}.png`,
      text: `text ${i}`,
    }));
  const options = { share: 0.2, base: "/w" };

  it("keeps whole folders out where there are many", () => {
    const { train, heldOut } = splitPairs(pairsIn(20, 5), options);
    assert.equal(train.length + heldOut.length, 100);
    assert.equal(heldOut.length, 20);
    const folderOf = ({ image }: Pair): string => path.posix.dirname(image);
    const out = new Set(heldOut.map(folderOf));
    assert.equal(out.size, 4);
    assert.ok(train.every((pair) => !out.has(folderOf(pair))));
  });

  it("keeps whole pictures out of few folders, with all of their texts", () => {
    const pairs = pairsIn(2, 50).flatMap((pair) => [pair, { ...pair, text: "another" }]);
    const { train, heldOut } = splitPairs(pairs, options);
    assert.equal(heldOut.length, 40);
    const out = new Set(heldOut.map(({ image }) => image));
    assert.equal(out.size, 20);
    assert.ok(train.every(({ image }) => !out.has(image)));
  });

  it("splits in the same way wherever the folder lies", () => {
    const pairs = pairsIn(3, 30);
    const moved = pairs.map(({ image, text }) => ({ image: image.replace("/w", "/v/u"), text }));
    assert.deepEqual(
      splitPairs(moved, { ...options, base: "/v/u" }).heldOut.map(({ text }) => text),
      splitPairs(pairs, options).heldOut.map(({ text }) => text),
    );
  });
});
