/** Faults of alternative texts: marked, mended and taken back in a document. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Locator } from "playwright-core";
import { untilTrue } from "./polling";
import { useEditor } from "./useEditor";

const PAGE = `# Shapes

![](pictures/red-circle.png "A red circle")

![image](pictures/two-stars.png)

![Two stars](pictures/two-stars.png)
`;

/** Says of every picture without words in one file what markdownlint would say. */
const LINTER = {
  "package.json": JSON.stringify({
    ...{ name: "linter", publisher: "test", version: "1.0.0", main: "./main.js" },
    ...{ engines: { vscode: "*" }, activationEvents: ["onLanguage:markdown"] },
  }),
  "main.js": `
const vscode = require("vscode");
exports.activate = () => {
  const collection = vscode.languages.createDiagnosticCollection("linter");
  const look = (document) => {
    if (!document.uri.path.endsWith("linted.md")) return;
    const found = [...document.getText().matchAll(/!\\[\\]\\([^)]*\\)/g)].map((match) => {
      const at = (offset) => document.positionAt(match.index + offset);
      const range = new vscode.Range(at(0), at(match[0].length));
      const diagnostic = new vscode.Diagnostic(range, "Images should have alternate text", 1);
      return Object.assign(diagnostic, { code: "MD045/no-alt-text", source: "markdownlint" });
    });
    collection.set(document.uri, found);
  };
  vscode.workspace.textDocuments.forEach(look);
  vscode.workspace.onDidOpenTextDocument(look);
  vscode.workspace.onDidChangeTextDocument(({ document }) => look(document));
};
`,
};

const BOOK = {
  cells: [
    {
      ...{ cell_type: "markdown", id: "words", metadata: {} },
      source: ["# Stars\n", "\n", '![](pictures/two-stars.png "Two \\"bright\\" stars")\n'],
    },
    {
      ...{ cell_type: "code", id: "sum", metadata: {}, execution_count: 3, source: ["1 + 1"] },
      outputs: [
        {
          ...{ output_type: "execute_result", execution_count: 3, metadata: {} },
          data: { "text/plain": ["2"] },
        },
      ],
    },
    {
      ...{ cell_type: "markdown", id: "bare", metadata: {} },
      source: ["![](pictures/two-stars.png)"],
    },
  ],
  ...{ metadata: { language_info: { name: "python" } }, nbformat: 4, nbformat_minor: 5 },
};

describe("the audit in the editor", () => {
  const editor = useEditor({
    files: {
      "pictures/red-circle.png": { from: "media/samples/red-circle.png" },
      "pictures/two-stars.png": { from: "media/samples/two-stars.png" },
      "page.md": PAGE,
      "linted.md": "# Stars\n\n![](pictures/two-stars.png)\n",
      "book.ipynb": JSON.stringify(BOOK),
    },
    extensions: { "test.linter": LINTER },
  });
  const marks = (): Locator =>
    editor().page.locator(".editor-instance .squiggly-warning, .editor-instance .squiggly-info");

  async function untilMarked(count: number): Promise<void> {
    await untilTrue(async () => (await marks().count()) === count, `${count} marks`);
  }

  it("marks pictures whose text is missing or says nothing, and no other", async () => {
    const { text, keyboard } = editor();
    await keyboard.unplugMouse();
    await text.open("page.md");
    await untilMarked(2);
  });

  it("mends a finding by the rule's own fix, from the keyboard", async () => {
    const { text } = editor();
    await text.openAt("page.md", "](pictures/red");
    await text.runCodeAction("Move the Title into the Text");
    await text.untilChanged();
    await untilMarked(1);
    const saved = await text.savedText("page.md");
    assert.match(saved, /!\[A red circle\]\(pictures\/red-circle\.png\)\n/);
  });

  it("takes a finding back with a comment, and tells it no more", async () => {
    const { text } = editor();
    await text.openAt("page.md", "image](");
    await text.runCodeAction('Suppress "placeholder" Here with a Comment');
    await text.untilChanged();
    await untilMarked(0);
    assert.match(
      await text.savedText("page.md"),
      /<!-- sightline-disable-next-line placeholder -->\n!\[image\]/,
    );
    await text.undo();
    await untilMarked(1);
    await text.savedText("page.md");
  });

  it("mends what another tool says, and marks nothing beside it", async () => {
    const { text, page } = editor();
    await text.open("linted.md");
    await untilMarked(1);
    await text.openAt("linted.md", "](pictures");
    await text.runCodeAction("Mark as Decorative");
    await text.untilChanged();
    await untilMarked(0);
    assert.match(await text.savedText("linted.md"), /<img src="pictures\/two-stars\.png" alt="">/);
    await page.locator(".tab.active", { hasText: "linted.md" }).waitFor();
  });

  it("mends a finding in a cell of a notebook, and changes nothing else of it", async () => {
    const { keyboard, page, text } = editor();
    await text.open("book.ipynb");
    await page.locator(".statusbar-item", { hasText: "Cell 1 of 3" }).waitFor();
    await keyboard.press("Enter");
    const cell = page.locator(".notebookOverlay .monaco-editor.focused");
    await cell.locator(".squiggly-warning").waitFor();
    await keyboard.press("Control+Home", "ArrowDown", "ArrowDown");
    await text.runCodeAction("Move the Title into the Text");
    await text.untilChanged();
    await cell.locator(".squiggly-warning").waitFor({ state: "detached" });
    const { cells, ...rest } = JSON.parse(await text.savedText("book.ipynb")) as typeof BOOK;
    const [words, ...others] = cells;
    const mended = '# Stars\n\n![Two "bright" stars](pictures/two-stars.png)\n';
    assert.equal(words?.source.join(""), mended);
    assert.deepEqual(others, BOOK.cells.slice(1));
    assert.deepEqual(rest.metadata, BOOK.metadata);
  });

  it("checks the workspace, and opens a finding from its list, by keyboard alone", async () => {
    const { keyboard, page } = editor();
    await editor().runCommand("Sightline: Check Alt Texts of This Workspace");
    await page.getByText("Documents: 3, pictures: 6, findings: 2.").waitFor();
    const focused = page.locator(".monaco-list:focus-within .monaco-list-row.focused");
    await untilTrue(async () => (await focused.count()) === 1, "a row with the keyboard");
    await page.locator(".monaco-list-row", { hasText: "book.ipynb" }).waitFor();
    await keyboard.press("End", "Enter");
    await page.locator(".tab.active", { hasText: "page.md" }).waitFor();
    await page.locator(".statusbar-item", { hasText: "Ln 5, Col 8 (5 selected)" }).waitFor();
  });

  it("takes a finding into the baseline, and tells it no more", async () => {
    const { text } = editor();
    await text.openAt("page.md", "image](");
    await text.runCodeAction("Add to the Baseline of This Folder");
    await untilMarked(0);
    const baseline = await readFile(path.join(editor().folder, ".sightline-baseline.json"), "utf8");
    assert.match(baseline, /"rule":"placeholder","file":"page\.md"/);
  });
});
