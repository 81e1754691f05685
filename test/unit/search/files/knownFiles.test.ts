import assert from "node:assert/strict";
import { appendFile, mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { KnownFiles } from "../../../../src/search/files/knownFiles";
import { temporaryFolder } from "../../../helpers/kitModel";

const digest = "ab".repeat(32);
const other = "cd".repeat(32);
const now = 2_000_000;

describe("what is known of files", () => {
  let file: string;
  beforeEach(async () => {
    file = path.join(await temporaryFolder(), "new", "files.jsonl");
  });
  const picture = (name: string, size = 5) => ({ file: name, size, mtimeNs: 123_456_789n });

  it("lasts from one start to the next, for a file that is as it was", async () => {
    const known = await KnownFiles.open(file);
    await known.add(picture("a.png"), digest, now);
    await known.save();
    const again = await KnownFiles.open(file);
    assert.equal(again.digestOf(picture(path.resolve("a.png"))), digest);
    assert.equal(again.digestOf(picture("a.png", 6)), undefined);
    assert.equal(again.digestOf({ ...picture("a.png"), mtimeNs: 1n }), undefined);
    assert.equal(again.digestOf(picture("b.png")), undefined);
  });

  it("is not trusted of a file that changed just before it was read", async () => {
    const known = await KnownFiles.open(file);
    await known.add({ ...picture("a.png"), mtimeNs: BigInt(now - 1000) * 1_000_000n }, digest, now);
    assert.equal(known.digestOf(picture("a.png")), undefined);
  });

  it("outlives torn and strange lines", async () => {
    const known = await KnownFiles.open(file);
    await known.add(picture("a.png"), digest, now);
    await known.save();
    await appendFile(file, '["/x",1,"2","no digest"]\n{}\n[]\nnull\n["/torn",1');
    const next = await KnownFiles.open(file);
    await next.add(picture("b.png"), other, now);
    await next.save();
    const last = await KnownFiles.open(file);
    assert.equal(last.digestOf(picture("a.png")), digest);
    assert.equal(last.digestOf(picture("b.png")), other);
  });

  it("is written anew when most lines are of the past", async () => {
    await mkdir(path.dirname(file));
    const line = `${JSON.stringify([path.resolve("a.png"), 5, "123456789", digest])}\n`;
    await writeFile(file, line.repeat(2000));
    const known = await KnownFiles.open(file);
    assert.equal(known.digestOf(picture("a.png")), digest);
    assert.equal(await readFile(file, "utf8"), line);
  });

  it("can be lost: a folder in its place stops nobody", async () => {
    await mkdir(file, { recursive: true });
    const known = await KnownFiles.open(file);
    await known.add(picture("a.png"), digest, now);
    await known.save();
    assert.equal(known.digestOf(picture("a.png")), digest);
  });
});
