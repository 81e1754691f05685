/** Pictures of several documents are reviewed one by one, by the keyboard alone, written, and taken back. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { untilTrue } from "./polling";
import { ReviewPage } from "./reviewPage";
import { useEditor } from "./useEditor";

/** With ends of lines of Windows, and a byte order mark. */
const ONE = "\ufeff# One\r\n\r\nThe first: ![](../pictures/red-circle.png)\r\n";
const TWO =
  '<p>\n  <img src="../pictures/two-stars.png">\n  <img src="../pictures/four-shapes.png" alt="image">\n</p>\n';
const THREE = "Three\n=====\n\n.. image:: ../pictures/four-shapes.png\n";
const GOOD = "![Two purple stars](pictures/two-stars.png)\n";
const PICTURES = Object.fromEntries(
  ["red-circle", "two-stars", "four-shapes"].map((name) => [
    `pictures/${name}.png`,
    { from: `media/samples/${name}.png` },
  ]),
);
const FILES = {
  "docs/one.md": ONE,
  "docs/three.rst": THREE,
  "docs/two.html": TWO,
  "good.md": GOOD,
};

describe("the review of alternative texts", () => {
  const editor = useEditor({ files: { ...PICTURES, ...FILES } });
  const review = (): ReviewPage => new ReviewPage(editor().view);
  const onDisk = (name: string): Promise<string> =>
    readFile(path.join(editor().folder, name), "utf8");

  async function untouched(): Promise<void> {
    for (const [name, text] of Object.entries(FILES)) assert.equal(await onDisk(name), text, name);
  }

  it("opens from the palette on the first picture, with the keyboard in it", async () => {
    await editor().keyboard.unplugMouse();
    await editor().runCommand("Sightline: Review Alt Texts…");
    await review().untilDecided("open", "open", "open", "open");
    await review().untilShown(1);
    await review().image.waitFor();
    assert.deepEqual(await editor().view.accessibilityViolations(), []);
  });

  it("accepts, edits, marks and skips, and writes nothing", async () => {
    const { keyboard } = editor();
    await review().proposals.first().waitFor();
    await keyboard.press("a");
    await review().untilShown(2);
    await keyboard.press("e");
    await review().field.waitFor();
    await keyboard.press("Control+Shift+Home");
    await keyboard.type("Four shapes: a square, a star and more");
    await keyboard.press("Enter");
    await review().untilShown(3);
    await keyboard.press("d");
    await review().untilShown(4);
    // What comes later is said later, and in the place of what is looked for here.
    await review().proposals.first().waitFor();
    await keyboard.press("s");
    await review().untilDecided("text", "text", "decorative", "skip");
    assert.match(await review().said(), /Everything is decided\. To be written: 3\./);
    await untouched();
    assert.deepEqual(await editor().view.accessibilityViolations(), []);
  });

  it("takes the last decision back, moves by arrows, and says its keys", async () => {
    const { keyboard } = editor();
    await keyboard.press("u");
    await review().untilDecided("text", "text", "decorative", "open");
    await keyboard.press("ArrowLeft", "ArrowLeft");
    await review().untilShown(2);
    await keyboard.press("?");
    const help = editor().view.byRole("dialog", "Keys of the review");
    await help.waitFor();
    assert.deepEqual(await editor().view.accessibilityViolations(), []);
    await keyboard.press("Escape");
    await help.waitFor({ state: "hidden" });
    await review().untilShown(2);
    await keyboard.press("ArrowRight", "ArrowRight", "s");
    await review().untilDecided("text", "text", "decorative", "skip");
  });

  it("has everything again after the window was reloaded", async () => {
    await editor().reload();
    await review().untilDecided("text", "text", "decorative", "skip");
    await untouched();
    await editor().keyboard.unplugMouse();
  });

  it("writes all files at once, and keeps what was skipped", async () => {
    const { keyboard } = editor();
    await editor().runCommand("View: Focus Active Editor Group");
    await keyboard.tabTo("Pictures");
    await keyboard.press("Control+Enter");
    await review().outcome.filter({ hasText: "Pictures written: 3, files: 3." }).waitFor();
    await review().untilDecided("skip");
    assert.match(
      await onDisk("docs/one.md"),
      /^\ufeff# One\r\n\r\nThe first: !\[[^\]]*circle[^\]]*\]\(/,
    );
    assert.equal(
      await onDisk("docs/two.html"),
      TWO.replace('two-stars.png"', 'two-stars.png" alt=""'),
    );
    assert.match(await onDisk("docs/three.rst"), /:alt: Four shapes: a square, a star and more/);
    assert.equal(await onDisk("good.md"), GOOD);
    assert.deepEqual(await editor().view.accessibilityViolations(), []);
  });

  it("is taken back in one step, after everything was closed and the window reloaded", async () => {
    const { keyboard } = editor();
    await editor().runCommand("View: Close All Editors");
    await editor().reload();
    await keyboard.press("Escape");
    await editor().runCommand("Sightline: Undo Last Review");
    await untilTrue(async () => (await onDisk("docs/one.md")) === ONE, "the first file as it was");
    await untilTrue(async () => (await onDisk("docs/two.html")) === TWO, "the last file as it was");
    await untouched();
  });
});
