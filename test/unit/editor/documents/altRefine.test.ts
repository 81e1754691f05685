import assert from "node:assert/strict";
import { mock } from "node:test";
import { addPicture, AltWorld } from "../../../helpers/altServices";
import { says } from "../../../helpers/chatFakes";
import { refineAltText } from "../../../../src/editor/documents/altRefine";
import { requireImage } from "../../../../src/editor/documents/altRequired";
import type { FakeDocument } from "../../../helpers/editor/documents";
import { fakeEditor, messageTexts, resetFakeEditor } from "../../../helpers/editor/fakeEditor";
import { openDocument } from "../../../helpers/editor/open";

const BEFORE = "![A red fox in the grass](a.png)\n";

describe("refining a text", () => {
  let world: AltWorld;
  let document: FakeDocument;

  beforeEach(() => {
    resetFakeEditor();
    addPicture("a.png");
    world = new AltWorld();
    document = openDocument("markdown", BEFORE, "![");
  });

  async function refine(way: string): Promise<void> {
    fakeEditor.listSteps.unshift(() => ({ take: [way] }));
    await refineAltText(world.services, await requireImage(world.services, []));
  }

  it("writes the text that is chosen, and only then", async () => {
    world.engine.script = [says("a fox")];
    fakeEditor.listSteps.push(() => {
      assert.equal(document.text, BEFORE);
      return { take: ["A fox"] };
    });
    await refine("Shorter");
    assert.equal(document.text, "![A fox](a.png)\n");
    assert.equal(fakeEditor.lists[0]?.title, "Refine alt text");
  });

  it("shows the line, the text behind it and the picture before each row", async () => {
    world.engine.script = [says("a fox")];
    let icon: unknown;
    mock.timers.enable({ apis: ["setTimeout"] });
    try {
      fakeEditor.listSteps.push(([item]) => {
        icon = item?.iconPath;
        return {
          take: ["A fox"],
          after: () => {
            mock.timers.tick(1000);
          },
        };
      });
      await refine("Shorter");
    } finally {
      mock.timers.reset();
    }
    assert.match(String(icon), /a\.png$/);
    assert.deepEqual(fakeEditor.revealed, [0]);
    assert.match(JSON.stringify(fakeEditor.decorations), /"contentText":"A fox"/);
  });

  it("asks for fewer words, for more, or for several texts", async () => {
    for (const way of ["Shorter", "Longer", "Choose among several"]) await refine(way);
    const options = world.engine.requests.map(({ options: given }) => given);
    assert.equal(options[0]?.lengthPenalty, -1);
    assert.ok(options.some((given) => (given?.minNewTokens ?? 0) > 0));
    assert.equal(options.at(-1)?.numReturnSequences, 5);
  });

  it("begins the text with what a person names, and asks a question as one", async () => {
    world.engine.script = [says("sleeping")];
    fakeEditor.typed.push("the fox's tail");
    fakeEditor.listSteps.push(() => ({ take: ["The fox's tail sleeping"] }));
    await refine("Focus on…");
    assert.deepEqual(world.engine.requests[0]?.prompt, {
      kind: "caption",
      prefix: "the fox's tail",
    });
    assert.equal(document.text, "![The fox's tail sleeping](a.png)\n");
  });

  it("asks nothing of the model when the person leaves", async () => {
    await refine("Focus on…");
    fakeEditor.typed.push("  ");
    await refine("Focus on…");
    await refineAltText(world.services, await requireImage(world.services, []));
    assert.deepEqual(world.engine.requests, []);
    assert.equal(document.text, BEFORE);
  });

  it("says so when the model has only the text that is there", async () => {
    world.engine.script = Array.from({ length: 4 }, () => says("a red fox in the grass"));
    await refine("Choose among several");
    assert.deepEqual(messageTexts(), ["The model has no other text for this picture."]);
    world.engine.script = Array.from({ length: 4 }, () => says("a red fox in the green grass"));
    await refine("Shorter");
    assert.equal(messageTexts().at(-1), "The model has no shorter text for this picture.");
    assert.equal(document.text, BEFORE);
  });

  it("changes nothing that the program computes", async () => {
    resetFakeEditor();
    openDocument("tsx", "<img src='a.png' alt={text} />", "<img");
    await assert.rejects(refine("Shorter"), { code: "document.notEditable" });
    assert.deepEqual(world.engine.requests, []);
  });
});
