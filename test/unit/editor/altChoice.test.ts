import assert from "node:assert/strict";
import { AltWorld } from "../../helpers/altServices";
import { chooseOne, chooseText, inARow, plainLabel, twoLines } from "../../../src/editor/altChoice";
import { requireImage } from "../../../src/editor/altRequired";
import { fakeEditor, resetFakeEditor } from "../../helpers/editor/fakeEditor";
import { openDocument } from "../../helpers/editor/open";

const LONG = `A fox ${"in the tall grass ".repeat(8)}at night`;

describe("lists of texts", () => {
  beforeEach(resetFakeEditor);

  it("give what is taken, and nothing when they are closed", async () => {
    const choices = [
      { label: "one", value: 1 },
      { label: "two", value: 2 },
    ];
    fakeEditor.listSteps.push(() => ({ take: ["two"] }));
    assert.equal(await chooseOne(choices, { title: "Which?" }), 2);
    assert.equal(await chooseOne(choices, { title: "Which?" }), undefined);
  });

  it("show each text behind the picture while it is looked at", async () => {
    const document = openDocument("markdown", "![](a.png)\n", "![");
    const image = await requireImage(new AltWorld().services, []);
    fakeEditor.listSteps.push(() => ({ take: ["A fox"] }));
    assert.equal(await chooseText(["A cat", "A fox"], image, "Refine"), "A fox");
    const shown = JSON.stringify(fakeEditor.decorations);
    assert.ok(shown.includes('"contentText":"A fox"'), shown);
    assert.equal(document.text, "![](a.png)\n");
  });

  it("show nothing at a place that is not known any more", async () => {
    const document = openDocument("markdown", "![](a.png)\n", "![");
    const image = await requireImage(new AltWorld().services, []);
    await document.type(0, "typed ");
    fakeEditor.listSteps.push(() => ({ take: ["A fox"] }));
    assert.equal(await chooseText(["A fox"], image, "Refine"), "A fox");
    assert.deepEqual(fakeEditor.decorations, []);
  });

  it("break long texts and say how long they are", async () => {
    openDocument("markdown", "![](a.png)\n", "![");
    const image = await requireImage(new AltWorld().services, []);
    let detail = "";
    fakeEditor.listSteps.push(([item]) => {
      detail = item?.detail ?? "";
      return "leave";
    });
    assert.equal(await chooseText([LONG], image, "Refine"), undefined);
    assert.match(detail, /at night · \d+ characters; most guides advise at most 125$/);
  });

  it("are put together of parts that say what they say", () => {
    assert.deepEqual(twoLines("a bc d", 4), ["a bc", "d"]);
    assert.deepEqual(twoLines("abcdef", 4), ["abcdef", ""]);
    assert.equal(inARow("a", "", undefined, "b"), "a · b");
    assert.ok(!plainLabel("$(trash) $(x)").includes("$("));
  });
});
