/** The extension for people without a mouse, with a screen reader, with large letters or little room. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { ChatPage } from "./chatPage";
import { countMoving, findLayoutFaults, offerFiles } from "./pageScripts";
import { untilTrue } from "./polling";
import { useEditor } from "./useEditor";

/** The editor makes its side bar no narrower than this, in CSS pixels. */
const NARROWEST = 170;
/** And makes it as wide as this unless somebody drags its edge. */
const USUAL = 300;
/** As many pictures as the chat takes. */
const FULL_TRAY = 32;
/** The least that is legible of a notice that scrolls: two lines of its text, in CSS pixels. */
const TWO_LINES = 36;

describe("the extension without a mouse", () => {
  const editor = useEditor({
    files: { pictures: { from: "media/samples" } },
    // As the browser says, and that is started with the wish for no motion.
    settings: { "workbench.reduceMotion": "auto" },
  });
  const chat = (): ChatPage => new ChatPage(editor().view);

  it("has an empty view without faults for assistive technology", async () => {
    await editor().runCommand("Sightline: Open Chat");
    await chat().field.waitFor();
    assert.deepEqual(await violations(), []);
  });

  it("needs no sideways scrolling in the narrowest side bar", async () => {
    await makeSideBar(NARROWEST);
    const { scrollWidth, clientWidth } = await pageSize();
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

  it("moves while it is busy, and stands still for people who want no motion", async () => {
    const { page, view } = editor();
    // The lamp of the engine, and three dots where the answer will be.
    const indicators = view.document.locator(".engine-lamp, .turn:last-child .dots > i");
    const untilMoving = (count: number): Promise<void> =>
      untilTrue(
        async () => (await indicators.evaluateAll(countMoving)) === count,
        `${count} indicators that move`,
      );
    await editor().whileEngineStandsStill(async () => {
      await chat().ask("what color is the circle?");
      await chat().untilEngineIsBusy();
      assert.equal(await indicators.evaluateAll(countMoving), 0);
      await page.emulateMedia({ reducedMotion: "no-preference" });
      await untilMoving(4);
      await page.emulateMedia({ reducedMotion: "reduce" });
      await untilMoving(0);
    });
    await chat().untilLast(2, "done");
  });

  it("shows a failed answer without faults for assistive technology", async () => {
    await editor().whileEngineStandsStill(async (pid) => {
      await chat().ask("what color is the circle?");
      await chat().untilEngineIsBusy();
      process.kill(pid, "SIGKILL");
      await chat().untilLast(3, "failed");
    });
    assert.deepEqual(await violations(), []);
  });

  it("cuts nothing off and lays nothing over something else at 200 %", async () => {
    // The mouse works again.
    await editor().reload();
    await editor().runCommand("Sightline: Open Chat");
    await chat().untilLast(3, "failed");
    await atTwiceTheSize(async (width) => {
      assert.deepEqual(await layoutFaults(), [], `${width}`);
    });
  });

  it("shows a full tray and a notice without faults for assistive technology", async () => {
    const { view } = editor();
    const picture = await readFile("media/samples/red-circle.png");
    // The chat knows a picture again by its bytes; nobody reads those behind the end of a PNG.
    const files = Array.from({ length: FULL_TRAY + 1 }, (_, index) => ({
      name: `${index + 1}.png`,
      type: "image/png",
      base64: Buffer.concat([picture, Buffer.of(index)]).toString("base64"),
    }));
    await view.document.getByRole("main").evaluate(offerFiles, { event: "drop", files } as const);
    await view.document
      .getByText(`At most ${FULL_TRAY} pictures can be added at a time.`)
      .waitFor();
    await untilTrue(
      async () => (await chat().pictures.locator("img").count()) === FULL_TRAY,
      `${FULL_TRAY} pictures`,
    );
    assert.deepEqual(await violations(), []);
    await atTwiceTheSize(async (width) => {
      assert.deepEqual(await layoutFaults(), [], `${width}`);
      const heightOf = async (selector: string): Promise<number> =>
        (await view.document.locator(selector).first().boundingBox())?.height ?? 0;
      const picture = await heightOf(".tray-toggle");
      const tray = await heightOf(".tray");
      assert.ok(picture > 0 && tray >= picture, `${width}: a tray of ${tray} pixels`);
      const notice = await heightOf(".notice:visible");
      assert.ok(notice >= TWO_LINES, `${width}: a notice of ${notice} pixels`);
    });
  });

  /** What a browser does at 200 %: half as many CSS pixels. With a usual side bar and the narrowest one. */
  async function atTwiceTheSize(look: (width: number) => Promise<void>): Promise<void> {
    const { page } = editor();
    const size = page.viewportSize();
    assert.ok(size, "the window has no size");
    await page.setViewportSize({ width: size.width / 2, height: size.height / 2 });
    for (const width of [USUAL, NARROWEST]) {
      await makeSideBar(width);
      await look(width);
    }
    await page.setViewportSize(size);
    await makeSideBar(USUAL);
  }

  function layoutFaults(): Promise<string[]> {
    return editor().view.document.locator("html").evaluate(findLayoutFaults);
  }

  /** Makes the side bar so wide, and waits until its view is, whose frame takes a few pixels. */
  async function makeSideBar(width: number): Promise<void> {
    await editor().view.dragEdgeTo(width);
    await untilTrue(async () => {
      const { clientWidth } = await pageSize();
      return clientWidth <= width && clientWidth > width - 10;
    }, `a side bar of ${width} pixels`);
  }

  async function pageSize(): Promise<{ scrollWidth: number; clientWidth: number }> {
    return editor()
      .view.document.locator("html")
      .evaluate(({ scrollWidth, clientWidth }) => ({ scrollWidth, clientWidth }));
  }

  /** In words that name the rule, the element and what is wrong with it. */
  async function violations(): Promise<string[]> {
    const found = await editor().view.accessibilityViolations();
    return found.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html}: ${failureSummary ?? ""}`),
    );
  }
});
