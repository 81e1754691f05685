/** A model learns from the alternative texts of a workspace, describes in their words, and gives way to the old one. */

import assert from "node:assert/strict";
import sharp from "sharp";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { useEditor } from "./useEditor";

const COLORS = { red: "#dc2828", green: "#28a03c", blue: "#3250dc", yellow: "#f0d228" };
const SHAPES = {
  circle: '<circle cx="48" cy="48" r="30"/>',
  square: '<rect x="20" y="20" width="56" height="56"/>',
  triangle: '<polygon points="48,14 82,80 14,80"/>',
};

/** Nobody has written a text for it. */
const UNSEEN = "blue-triangle.png";

/** As the demo does not describe by itself, in words that it knows. */
const written = (color: string, shape: string): string => `a ${color} ${shape} on white`;

/** Training takes a minute, and on a busy machine longer. */
const LEARNING_MS = 600_000;

describe("learning in the editor", () => {
  const editor = useEditor({ files: { "page.md": "# Figures\n" } });

  before("draws pictures and writes of them", async () => {
    const folder = path.join(editor().folder, "figures");
    await mkdir(folder);
    let page = "# Figures\n";
    for (const [color, value] of Object.entries(COLORS)) {
      for (const [shape, drawn] of Object.entries(SHAPES)) {
        const name = `${color}-${shape}.png`;
        const size = 'xmlns="http://www.w3.org/2000/svg" width="96" height="96"';
        const svg = `<svg ${size}><rect width="96" height="96" fill="#fff"/><g fill="${value}">${drawn}</g></svg>`;
        await writeFile(path.join(folder, name), await sharp(Buffer.from(svg)).png().toBuffer());
        page += `\n![${name === UNSEEN ? "" : written(color, shape)}](figures/${name})\n`;
      }
    }
    await writeFile(path.join(editor().folder, "page.md"), page);
  });

  /** What a model says of the picture without a text, which is taken back afterwards. */
  async function textOfUnseen(): Promise<string> {
    const { text } = editor();
    await text.openAt("page.md", `](figures/${UNSEEN}`);
    await text.runCodeAction("Generate Alt Text");
    await text.untilChanged();
    const saved = await text.savedText("page.md");
    await text.undo();
    await text.savedText("page.md");
    return new RegExp(`!\\[(.*)\\]\\(figures/${UNSEEN}`).exec(saved)?.[1] ?? "";
  }

  it("says what it takes, learns, and reports; then a picture without a text is described as the others", async function () {
    this.timeout(2 * LEARNING_MS);
    const { messages, quickInput } = editor();
    const before = await textOfUnseen();
    assert.notEqual(before.toLowerCase(), written("blue", "triangle"));
    await editor().runCommand("Sightline: Learn from This Workspace's Alt Texts…");
    await quickInput.choose("Describe pictures in your words");
    const consent = "Let demo learn from 11 alt texts?";
    await messages
      .dialog(consent)
      .getByText(/Left out: 1 without a text/)
      .waitFor();
    await messages.answerDialog(consent, "Learn");
    const learnt = messages.notification(/The new model is demo-learnt/);
    await learnt.waitFor({ timeout: LEARNING_MS });
    await messages.press(/The new model is demo-learnt/, "Show Report");
    const report = messages.dialog(/The new model is demo-learnt/);
    await report.getByText(/Your words, how likely: \d.* before, \d.* after/).waitFor();
    await messages.answerDialog(/The new model is demo-learnt/, "Use It");
    await messages.notification("Sightline answers with demo-learnt.").waitFor();
    assert.equal((await textOfUnseen()).toLowerCase(), written("blue", "triangle"));
    await messages.press("Sightline answers with demo-learnt.", "Switch Back");
    await messages.statusItem.filter({ hasNotText: "demo-learnt" }).waitFor();
    assert.equal(await textOfUnseen(), before);
  });
});
