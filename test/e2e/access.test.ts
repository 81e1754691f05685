/** The extension for people without a mouse, with a screen reader, with large letters or little room. */

import assert from "node:assert/strict";
import { ChatPage } from "./chatPage";
import { untilTrue } from "./polling";
import { useEditor } from "./useEditor";

/** The editor makes its side bar no narrower than this, in CSS pixels. */
const NARROWEST = 170;

describe("the extension without a mouse", () => {
  const editor = useEditor({ files: { pictures: { from: "media/samples" } } });
  const chat = (): ChatPage => new ChatPage(editor().view);

  it("has an empty view without faults for assistive technology", async () => {
    await editor().runCommand("Sightline: Open Chat");
    await chat().field.waitFor();
    assert.deepEqual(await violations(), []);
  });

  it("needs no sideways scrolling in the narrowest side bar", async () => {
    const { page } = editor();
    const box = await page.locator(".part.sidebar").boundingBox();
    assert.ok(box, "there is no side bar");
    const edge = { x: box.x + box.width, y: box.y + box.height / 2 };
    await page.mouse.move(edge.x, edge.y);
    await page.mouse.down();
    await page.mouse.move(box.x + NARROWEST, edge.y, { steps: 5 });
    await page.mouse.up();
    const { scrollWidth, clientWidth } = await editor()
      .view.document.locator("html")
      .evaluate(({ scrollWidth, clientWidth }) => ({ scrollWidth, clientWidth }));
    assert.ok(clientWidth <= NARROWEST, `${clientWidth} pixels are not narrow`);
    assert.ok(scrollWidth <= clientWidth, `${scrollWidth} in ${clientWidth} pixels`);
  });

  it("chooses a picture, asks and gets the answer, all by keyboard", async () => {
    const { keyboard, quickInput, view } = editor();
    await keyboard.unplugMouse();
    await editor().runCommand("Sightline: Ask About This Image…");
    await quickInput.choose("red-circle.png");
    // The list takes several pictures: what is checked counts, or else the row that Enter is on.
    await untilTrue(
      async () => (await keyboard.focused())?.name === "Question",
      "the keyboard in the question's field",
    );
    await keyboard.type("what color is the circle?");
    await keyboard.press("Enter");
    assert.equal((await chat().untilLast(1, "done")).answer, "red");
    await view.document.getByRole("status").getByText("red").waitFor({ state: "attached" });
  });

  it("reaches every control of the view with Tab, and can leave it", async () => {
    const { keyboard } = editor();
    const passed = await keyboard.tabTo(/^Ask Again/);
    assert.ok(passed.length > 0);
    await keyboard.tabTo("Question");
    await editor().runCommand("View: Show Explorer");
  });

  it("shows a conversation without faults for assistive technology, also in high contrast", async () => {
    await editor().runCommand("Sightline: Open Chat");
    await chat().turns.first().waitFor();
    assert.deepEqual(await violations(), []);
    await editor().useTheme("highContrast");
    await editor().view.document.locator("body.vscode-high-contrast").waitFor();
    assert.deepEqual(await violations(), []);
    await editor().useTheme("light");
    await editor().view.document.locator("body.vscode-light").waitFor();
    assert.deepEqual(await violations(), []);
  });

  it("shows earlier conversations without faults for assistive technology", async () => {
    await editor().runCommand("Sightline: Show History");
    await chat().conversations.first().waitFor();
    assert.deepEqual(await violations(), []);
    await editor().keyboard.press("Escape");
    await chat().conversations.first().waitFor({ state: "detached" });
  });

  it("shows a failed answer without faults for assistive technology", async () => {
    await editor().whileEngineStandsStill(async (pid) => {
      await chat().ask("what color is the circle?");
      await chat().untilEngineIsBusy();
      process.kill(pid, "SIGKILL");
      await chat().untilLast(2, "failed");
    });
    assert.deepEqual(await violations(), []);
  });

  /** In words that name the rule, the element and what is wrong with it. */
  async function violations(): Promise<string[]> {
    const found = await editor().view.accessibilityViolations();
    return found.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html}: ${failureSummary ?? ""}`),
    );
  }
});
