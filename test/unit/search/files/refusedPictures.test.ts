import assert from "node:assert/strict";
import { appendFile, mkdir } from "node:fs/promises";
import path from "node:path";
import { RefusedPictures } from "../../../../src/search/files/refusedPictures";
import { temporaryFolder } from "../../../helpers/kitModel";

const digest = "ab".repeat(32);
const other = "cd".repeat(32);

describe("what no picture came of", () => {
  let folder: string;
  beforeEach(async () => {
    folder = path.join(await temporaryFolder(), "new");
  });

  it("is known at the next start, and told of the file that is asked about", async () => {
    const refused = await RefusedPictures.open(folder);
    await refused.add(digest, { file: "/w/a $& b.png", why: "/w/a $& b.png is damaged." });
    const again = await RefusedPictures.open(folder);
    for (const known of [refused, again]) {
      assert.equal(known.whyNot(digest, "/w/$1.png"), "/w/$1.png is damaged.");
      assert.equal(known.whyNot(other, "/w/$1.png"), undefined);
    }
  });

  it("outlives torn and strange lines", async () => {
    const refused = await RefusedPictures.open(folder);
    await refused.add(digest, { file: "a", why: "damaged" });
    const strange = `["no digest","damaged"]\n{}\nnull\n["${other}",7]\n["${digest}`;
    await appendFile(path.join(folder, "refused.jsonl"), strange);
    const next = await RefusedPictures.open(folder);
    assert.equal(next.whyNot(other, "b"), undefined);
    await next.add(other, { file: "b", why: "empty" });
    const last = await RefusedPictures.open(folder);
    assert.deepEqual([last.whyNot(digest, "x"), last.whyNot(other, "x")], ["damaged", "empty"]);
  });

  it("can be lost: a folder in its place stops nobody", async () => {
    await mkdir(path.join(folder, "refused.jsonl"), { recursive: true });
    const refused = await RefusedPictures.open(folder);
    await refused.add(digest, { file: "a", why: "damaged" });
    assert.equal(refused.whyNot(digest, "a"), "damaged");
    refused.forget();
    assert.equal(refused.whyNot(digest, "a"), undefined);
  });
});
