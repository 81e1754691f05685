import assert from "node:assert/strict";
import {
  chooseOne,
  chooseText,
  inARow,
  plainLabel,
  twoLines,
} from "../../../../src/editor/review/altChoice";
import { fakeEditor, resetFakeEditor } from "../../../helpers/editor/fakeEditor";
import * as vscode from "vscode";

const LONG = `A fox ${"in the tall grass ".repeat(16)}at night`;

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

  it("tell which text is looked at, with the picture before each", async () => {
    const looked: string[] = [];
    const iconPath = new vscode.ThemeIcon("file-media");
    fakeEditor.listSteps.push((items) => {
      assert.deepEqual(
        items.map((item) => item.iconPath),
        [iconPath, iconPath],
      );
      return { take: ["A fox"] };
    });
    const chosen = await chooseText(["A cat", "A fox"], {
      ...{ title: "Refine", now: "A dog", icon: { iconPath } },
      onActive: (text) => looked.push(text),
    });
    assert.equal(chosen, "A fox");
    assert.equal(looked.at(-1), "A fox");
    assert.equal(fakeEditor.lists[0]?.placeholder, "Now: A dog");
  });

  it("break long texts and say how long they are", async () => {
    let detail = "";
    fakeEditor.listSteps.push(([item]) => {
      detail = item?.detail ?? "";
      return "leave";
    });
    const look = { title: "Refine", now: null, icon: {}, onActive: () => undefined };
    assert.equal(await chooseText([LONG], look), undefined);
    assert.match(detail, /at night · \d+ characters; most guides advise at most 250$/);
  });

  it("are put together of parts that say what they say", () => {
    assert.deepEqual(twoLines("a bc d", 4), ["a bc", "d"]);
    assert.deepEqual(twoLines("abcdef", 4), ["abcdef", ""]);
    assert.equal(inARow("a", "", undefined, "b"), "a · b");
    assert.ok(!plainLabel("$(trash) $(x)").includes("$("));
  });
});
