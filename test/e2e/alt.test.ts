/** Alternative texts in documents, from the lightbulb, the palette and the keyboard, read back from disk. */

import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { untilTrue } from "./polling";
import { useEditor } from "./useEditor";

const MARKDOWN = `# Shapes

![](pictures/red-circle.png)

Words between.

![two stars, as I see them](pictures/two-stars.png "Stars")
`;
const HTML = `<p>
  <img
    src="pictures/red-circle.png"
    class="wide">
  <img src="pictures/two-stars.png" alt="">
</p>
`;
const TSX = `import circle from "./pictures/red-circle.png";

export const Page = () => <Image src={circle} width={32} />;
`;
const MANY = `![](pictures/red-circle.png) and ![alt text](pictures/two-stars.png)

<img src="pictures/four-shapes.png">

![A hand-written text](pictures/four-shapes.png)

<img src="pictures/four-shapes.png" alt="">
`;

const GERMAN = `<html lang="de">
  <img src="pictures/red-circle.png">
</html>
`;

/** A square, one upright and one across, each larger than a hover, and one with as many words as there are. */
const FORMS = [
  "![A form](pictures/four-shapes.png)",
  "![A form](tall.svg)",
  "![A form](wide.svg)",
  "[![image](pictures/two-stars.png)](notes.md)",
];
const svgOf = (width: number, height: number): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="100%" height="100%" fill="teal"/></svg>\n`;

/** The pictures of MANY that want a text or could have another; the decorative one is left alone. */
const MANY_PICTURES = ["red-circle.png", "two-stars.png", "four-shapes.png", "four-shapes.png"];

/** What is in red-circle.png; the model decides the order, and the editor draws other spaces. */
const IS_RIGHT = [/red\scircle/, /green\ssquare/, /cream\sbackground/];

describe("alternative texts in the editor", () => {
  const editor = useEditor({
    files: {
      pictures: { from: "media/samples" },
      "page.md": MARKDOWN,
      "page.html": HTML,
      "page.tsx": TSX,
      "many.md": MANY,
      "figure.html": '<figure><img src="pictures/red-circle.png" alt="x"></figure>\n',
      "german.html": GERMAN,
      "notes.md": "Before \n",
      "tall.svg": svgOf(300, 900),
      "wide.svg": svgOf(3000, 300),
      "forms.md": `${FORMS.join("\n\n")}\n`,
    },
    settings: { "sightline.alt.onPaste": true },
  });

  it("come from the lightbulb in Markdown, and one undo takes them back", async () => {
    const { text } = editor();
    await text.openAt("page.md", "](pictures/red");
    const titles = await text.openCodeActions();
    for (const title of ["Generate Alt Text", "Mark as Decorative", "Ask About This Image…"]) {
      assert.ok(titles.includes(title), `${title} is not among ${titles.join(", ")}`);
    }
    await editor().keyboard.press("Escape");
    await text.runCodeAction("Generate Alt Text");
    await text.untilChanged();
    await expectAlt("page.md", MARKDOWN, /!\[([^\]]+)\]\(pictures\/red/);
  });

  it("come from the palette in HTML, in a tag over several lines", async () => {
    const { text } = editor();
    await text.openAt("page.html", "<img");
    await editor().runCommand("Sightline: Generate Alt Text");
    await text.untilChanged();
    await expectAlt("page.html", HTML, / alt="([^"]+)"/);
  });

  it("come from the keyboard in TSX, for a picture that is imported", async () => {
    const { text, keyboard } = editor();
    await text.openAt("page.tsx", "Image");
    await text.focus();
    await keyboard.press("Shift+Alt+t");
    await text.untilChanged();
    await expectAlt("page.tsx", TSX, / alt="([^"]+)"/);
  });

  it("that a person wrote stay until that person says otherwise", async () => {
    const { text, quickInput, keyboard } = editor();
    await text.openAt("page.md", "two stars");
    await text.focus();
    await keyboard.press("Shift+Alt+t");
    const labels = await quickInput.labels();
    assert.match(labels[0] ?? "", /^Keep/);
    await quickInput.cancel();
    assert.equal(await text.savedText("page.md"), MARKDOWN);
    await keyboard.press("Shift+Alt+t");
    await quickInput.choose(/^Replace/);
    // Both are there before anything is written, and Enter alone takes the new one.
    const box = editor().page.locator(".quick-input-message", { hasText: "as I see them" });
    await box.waitFor();
    const { title, message } = await quickInput.texts();
    assert.match(`${title} ${message}`, /^Replace the text Now: .*as I see them/);
    assert.match(await quickInput.field.inputValue(), /stars?/);
    assert.equal(await editor().page.locator(".tab.active.dirty").count(), 0);
    await quickInput.field.press("Enter");
    await text.untilChanged();
    const replaced = await text.savedText("page.md");
    assert.match(replaced, /!\[[^\]]*stars?[^\]]*\]\(pictures\/two-stars\.png "Stars"\)/);
    assert.doesNotMatch(replaced, /as I see them/);
  });

  it("of all pictures in a file are looked at first and taken back in one step", async () => {
    const { text, quickInput } = editor();
    await text.open("many.md");
    await editor().runCommand("Sightline: Generate Alt Text for All Images in This File");
    const { title } = await quickInput.texts();
    assert.match(title, /which pictures/);
    // Checked are those that nobody described; the hand-written one is offered and not checked.
    assert.deepEqual(
      await quickInput.labels(),
      [1, 1, 3, 5].map((line, at) => `Line ${line}: ${MANY_PICTURES[at] ?? ""}`),
    );
    await editor().keyboard.press("Enter");
    await untilTrue(
      async () => /Write these/.test((await quickInput.texts()).title),
      "the list of new texts",
    );
    const drafts = await quickInput.labels();
    assert.equal(drafts.length, 3, drafts.join(", "));
    assert.equal(await readFile(path.join(editor().folder, "many.md"), "utf8"), MANY);
    await editor().keyboard.press("Enter");
    await text.untilChanged();
    const written = await text.savedText("many.md");
    assert.match(written, /^!\[[^\]]*red circle[^\]]*\]\(pictures\/red-circle\.png\) and /);
    assert.match(written, /and !\[[^\]]*stars?[^\]]*\]\(pictures\/two-stars\.png\)/);
    assert.match(written, /<img src="pictures\/four-shapes\.png" alt="[^"]+">/);
    assert.match(written, /!\[A hand-written text\]/);
    assert.match(written, /<img src="pictures\/four-shapes\.png" alt="">/);
    await text.undo();
    assert.equal(await text.savedText("many.md"), MANY);
  });

  it("come with a word about their language where the page has another", async () => {
    const { text, quickInput, messages } = editor();
    const note = /The model writes English; the page is in German\./;
    assert.equal(await messages.notification(note).count(), 0);
    await text.open("german.html");
    await editor().runCommand("Sightline: Generate Alt Text for All Images in This File");
    await editor().page.locator(".quick-input-title", { hasText: "which pictures" }).waitFor();
    await editor().keyboard.press("Enter");
    await editor().page.locator(".quick-input-title", { hasText: "Write these" }).waitFor();
    assert.match((await quickInput.texts()).message, note);
    await quickInput.cancel();
    await text.openAt("german.html", "<img");
    await editor().runCommand("Sightline: Generate Alt Text");
    await text.untilChanged();
    await messages.notification(note).filter({ hasText: "Read what it wrote" }).waitFor();
    await expectAlt("german.html", GERMAN, / alt="([^"]+)"/);
  });

  it("say when a picture is decorative", async () => {
    const { text } = editor();
    await text.openAt("page.html", "<img");
    await editor().runCommand("Sightline: Mark as Decorative");
    await text.untilChanged();
    assert.match(
      await text.savedText("page.html"),
      /<img\s+src="pictures\/red-circle.png"\s+alt=""\s+class="wide">/,
    );
  });

  it("have a caption beside them where the document has room for one", async () => {
    const { text, quickInput } = editor();
    await text.openAt("figure.html", "img");
    await editor().runCommand("Sightline: Insert Caption");
    await quickInput.field.waitFor();
    await untilTrue(
      async () => IS_RIGHT[0]?.test(await quickInput.field.inputValue()) === true,
      "a caption to look at",
    );
    await quickInput.answer("A circle & a square");
    await text.untilChanged();
    assert.equal(
      await text.savedText("figure.html"),
      '<figure><img src="pictures/red-circle.png" alt="x"><figcaption>A circle &amp; a square</figcaption></figure>\n',
    );
  });

  it("are shown over the picture's reference, with the picture", async () => {
    const { text, keyboard } = editor();
    await text.openAt("many.md", "A hand-written");
    const hover = await text.openHover();
    await hover.getByText("A hand-written text").waitFor();
    await hover.locator("img").first().waitFor();
    await keyboard.press("Escape");
  });

  it("are shown with the whole picture, whatever its form", async () => {
    const { text, keyboard } = editor();
    for (const form of FORMS) {
      await text.openAt("forms.md", form.slice(form.indexOf("](")));
      const hover = await text.openHover();
      await hover.getByText(/\d.×.\d+.pixels/).waitFor();
      const picture = hover.locator("img").first();
      await untilTrue(() => picture.evaluate(isLoaded), `the picture of ${form}`);
      assert.deepEqual(await picture.evaluate(partsCutOff), [], form);
      await keyboard.press("Escape");
    }
  });

  it("follow a picture that is pasted", async () => {
    const { text } = editor();
    await text.openAt("notes.md", "Before ");
    await editor().keyboard.press("End");
    const sample = await readFile(path.resolve("media", "samples", "red-circle.png"));
    // A file of the workspace would be used again; this one has a byte more behind its end.
    const bytes = Buffer.concat([sample, Buffer.of(0)]);
    const file = { name: "image.png", type: "image/png", base64: bytes.toString("base64") };
    await text.offerFiles({ event: "paste", files: [file] });
    await text.untilChanged();
    const line = editor().page.locator(".editor-instance .view-line", { hasText: "Before" });
    for (const pattern of IS_RIGHT) await line.filter({ hasText: pattern }).waitFor();
    const saved = await text.savedText("notes.md");
    assert.match(saved, /^Before !\[[^\]]+\]\(image\.png\)/);
    const { folder } = editor();
    assert.deepEqual(
      (await readdir(folder)).filter((name) => name.endsWith(".png")),
      ["image.png"],
    );
    assert.deepEqual(await readFile(path.join(folder, "image.png")), bytes);
  });

  it("are copied for a picture in the Explorer", async () => {
    const { explorer, page } = editor();
    await explorer.row("pictures").click();
    await explorer.choose("red-circle.png", "Sightline", "Copy Alt Text");
    await untilTrue(async () => {
      const copied = await page.evaluate(() => navigator.clipboard.readText());
      return IS_RIGHT.every((pattern) => pattern.test(copied));
    }, "the copied text");
  });

  /** The new text is right, nothing else changed, and one undo brings the document back. */
  async function expectAlt(name: string, before: string, place: RegExp): Promise<void> {
    const { text } = editor();
    const written = await text.savedText(name);
    const alt = place.exec(written)?.[1] ?? "";
    for (const pattern of IS_RIGHT) assert.match(alt, pattern);
    assert.match(alt, /^A /);
    await text.undo();
    await text.untilChanged();
    assert.equal(await text.savedText(name), before);
  }
});

function isLoaded(picture: SVGElement | HTMLElement): boolean {
  return (picture as HTMLImageElement).naturalWidth > 0;
}

/** Says which sides of an element lie outside of what holds it, and whether its proportions are kept. */
function partsCutOff(picture: SVGElement | HTMLElement): string[] {
  const { naturalWidth, naturalHeight } = picture as HTMLImageElement;
  const box = picture.getBoundingClientRect();
  const faults: string[] = [];
  // Sizes are whole pixels.
  if (Math.abs(box.width / naturalWidth - box.height / naturalHeight) * naturalWidth > 2) {
    faults.push(`${box.width} × ${box.height} of ${naturalWidth} × ${naturalHeight}`);
  }
  for (let outer = picture.parentElement; outer !== null; outer = outer.parentElement) {
    if (getComputedStyle(outer).overflow === "visible") continue;
    const frame = outer.getBoundingClientRect();
    for (const side of ["left", "top"] as const) {
      if (box[side] < frame[side] - 1) faults.push(`${side} of ${outer.className}`);
    }
    for (const side of ["right", "bottom"] as const) {
      if (box[side] > frame[side] + 1) faults.push(`${side} of ${outer.className}`);
    }
  }
  return faults;
}
