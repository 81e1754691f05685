import assert from "node:assert/strict";
import {
  laidOver,
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

  it("are drawn in colours with the lines of the same hand on them, where there are both", () => {
    const drawing = (body: string, width = 32) => ({ body, width, height: 32 });
    const colors = { "red-apple": drawing("<fill/>"), cat: drawing("<fill/>"), dog: drawing("") };
    const lines = { "red-apple": drawing("<line/>"), dog: drawing("", 24) };
    const style = (name: string, drawings: object) => ({
      ...{ name, drawings: new Map(Object.entries(drawings)) },
    });
    const { drawings } = laidOver(style("flat", colors), style("lines", lines));
    assert.deepEqual([...drawings.keys()], ["red-apple"]);
    assert.equal(drawings.get("red-apple")?.body, "<fill/><line/>");
  });

  it("names the package that is not installed", async () => {
    await assert.rejects(readStyle("no-such-style"), /@iconify-json\/no-such-style/);
  });
});
