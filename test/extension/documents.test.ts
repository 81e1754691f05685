import assert from "node:assert/strict";
import * as vscode from "vscode";
import { until } from "../helpers/waiting";
import { extension, openDocument } from "./world";

/** Each has one picture without a text; the expression finds the text that it gets. */
const SHAPES = [
  {
    name: "made.md",
    content: "# Shapes\n\n![](pictures/red-circle.png)\n",
    cursorBefore: "](pictures",
    text: /!\[([^\]]+)\]\(pictures\/red-circle\.png\)/,
  },
  {
    name: "made.html",
    content: '<p><img\n  src="pictures/red-circle.png"></p>\n',
    cursorBefore: "<img",
    text: /<img\s+src="pictures\/red-circle\.png"\s+alt="([^"]+)">/,
  },
  {
    name: "made.tsx",
    content:
      'import circle from "./pictures/red-circle.png";\n\nexport const Page = () => <img src={circle} />;\n',
    cursorBefore: "<img",
    text: /<img src=\{circle\} alt="([^"]+)" \/>/,
  },
];

describe("pictures in documents", () => {
  before(async () => {
    await extension().activate();
  });

  afterEach(async () => {
    await vscode.commands.executeCommand("workbench.action.revertAndCloseActiveEditor");
  });

  for (const { name, content, cursorBefore, text } of SHAPES) {
    it(`get a text in ${name} that one undo takes back`, async () => {
      const { document } = await openDocument(name, content, cursorBefore);
      await vscode.commands.executeCommand("sightline.generateAltText");
      await until(() => document.getText() !== content, `a text in ${name}`);
      assert.match(text.exec(document.getText())?.[1] ?? "", /circle/i, document.getText());
      await vscode.commands.executeCommand("workbench.action.focusActiveEditorGroup");
      await vscode.commands.executeCommand("undo");
      await until(() => document.getText() === content, `${name} as it was`);
    });
  }

  it("have code actions on their reference and nowhere else", async () => {
    const content = "Words.\n\n![](pictures/red-circle.png)\n";
    const { document } = await openDocument("actions.md", content, "![");
    const titles = await actionsAt(document, content.indexOf("]("));
    for (const title of ["Generate Alt Text", "Mark as Decorative", "Ask About This Image…"]) {
      assert.ok(titles.includes(title), `${title} is not among ${titles.join(", ")}`);
    }
    assert.ok(!(await actionsAt(document, 2)).includes("Generate Alt Text"));
  });

  it("show what they are called when the pointer rests on them", async () => {
    const content = "![a warm circle](pictures/red-circle.png) and words\n";
    const { document } = await openDocument("hover.md", content, "![");
    assert.match(await hoverAt(document, 3), /a warm circle/);
    assert.match(await hoverAt(document, 3), /!\[\]\([^)]*red-circle\.png/);
    assert.doesNotMatch(await hoverAt(document, content.indexOf("words")), /a warm circle/);
  });

  it("become decorative on demand", async () => {
    const content = '<img src="pictures/red-circle.png">\n';
    const { document } = await openDocument("decorative.html", content, "<img");
    await vscode.commands.executeCommand("sightline.markAsDecorative");
    const marked = '<img src="pictures/red-circle.png" alt="">\n';
    await until(() => document.getText() === marked, "an empty text");
  });
});

async function actionsAt(document: vscode.TextDocument, offset: number): Promise<string[]> {
  const position = document.positionAt(offset);
  const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
    "vscode.executeCodeActionProvider",
    document.uri,
    new vscode.Range(position, position),
  );
  return actions.map(({ title }) => title);
}

/** Everything that the hovers of all providers say. */
async function hoverAt(document: vscode.TextDocument, offset: number): Promise<string> {
  const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
    "vscode.executeHoverProvider",
    document.uri,
    document.positionAt(offset),
  );
  return hovers
    .flatMap(({ contents }) => contents)
    .map((content) => (content instanceof vscode.MarkdownString ? content.value : ""))
    .join("\n")
    .replaceAll("&nbsp;", " ");
}
