import assert from "node:assert/strict";
import {
  readMeanings,
  readStyle,
  TRAINING_STYLES,
  UNSEEN_STYLE,
} from "../../../../src/world/drawings/meanings";

describe("the meanings of the world", () => {
  it("have a drawing in every style that tests need, a name and a kind", async () => {
    const styles = await Promise.all([...TRAINING_STYLES, UNSEEN_STYLE].map(readStyle));
    const meanings = await readMeanings(styles);
    assert.ok(meanings.size > 1500, String(meanings.size));
    const unseen = styles.at(-1)!;
    for (const [slug, { label, kinds, keywords }] of meanings) {
      assert.ok(unseen.drawings.has(slug), slug);
      assert.match(label, /^[a-z0-9]+( [a-z0-9]+)*$/);
      assert.ok(kinds.length > 0);
      assert.ok(keywords.every((word) => !label.split(" ").includes(word)));
    }
    assert.deepEqual(meanings.get("red-apple")?.kinds, ["a fruit", "food"]);
    assert.deepEqual(meanings.get("feather")?.kinds, ["an object"]);
  });

  it("names the package that is not installed", async () => {
    await assert.rejects(readStyle("no-such-style"), /@iconify-json\/no-such-style/);
  });
});
