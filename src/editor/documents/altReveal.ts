/** Shows the line of a document that a row of a list is about, and puts everything back afterwards. */

import * as vscode from "vscode";

/** Rows that the keyboard runs past open nothing, in ms. */
const DELAY_MS = 150;

/** A line of a document. */
export interface ShownLine {
  readonly uri: vscode.Uri;
  /** From zero. */
  readonly line: number;
}

/** What the window showed before. */
interface Before {
  readonly uri: vscode.Uri;
  readonly column: vscode.ViewColumn | undefined;
  readonly top: vscode.Range | undefined;
}

/**
 * Follows a list: the line is marked and the text that it would get stands behind it. The keyboard
 * stays in the list, the cursor where it was, and tabs that were opened only for this are closed.
 */
export class RowReveal {
  readonly #type = vscode.window.createTextEditorDecorationType({
    isWholeLine: true,
    backgroundColor: new vscode.ThemeColor("editor.rangeHighlightBackground"),
    after: {
      color: new vscode.ThemeColor("editorGhostText.foreground"),
      fontStyle: "italic",
      margin: "0 0 0 1em",
    },
  });
  readonly #opened = new Set<string>();
  readonly #before: Before | undefined;
  #timer: NodeJS.Timeout | undefined;
  #work: Promise<void> = Promise.resolve();
  #marked: vscode.TextEditor | undefined;
  #isEnded = false;

  constructor() {
    const editor = vscode.window.activeTextEditor;
    this.#before =
      editor === undefined
        ? undefined
        : { uri: editor.document.uri, column: editor.viewColumn, top: editor.visibleRanges[0] };
  }

  /** @param text what stands behind the line, which is not in the document. */
  show(place: ShownLine, text: string): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      // One after the other: an editor that opens late would cover the one that is meant.
      this.#work = this.#work.then(() => this.#reveal(place, text)).catch(() => undefined);
    }, DELAY_MS);
  }

  /** Puts the window back as it was. */
  async end(): Promise<void> {
    clearTimeout(this.#timer);
    this.#isEnded = true;
    await this.#work;
    this.#type.dispose();
    await this.#restore().catch(() => undefined);
  }

  async #reveal({ uri, line }: ShownLine, text: string): Promise<void> {
    if (this.#isEnded) return;
    const editor = visibleEditorOf(uri) ?? (await this.#open(uri));
    const place = editor.document.lineAt(Math.min(line, editor.document.lineCount - 1)).range;
    this.#marked?.setDecorations(this.#type, []);
    editor.revealRange(place, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
    const shown = { range: place, renderOptions: { after: { contentText: text } } };
    editor.setDecorations(this.#type, [shown]);
    this.#marked = editor;
  }

  async #open(uri: vscode.Uri): Promise<vscode.TextEditor> {
    if (tabsOf(uri).length === 0) this.#opened.add(uri.toString());
    return vscode.window.showTextDocument(uri, { preview: true, preserveFocus: true });
  }

  async #restore(): Promise<void> {
    const opened = [...this.#opened].flatMap((uri) => tabsOf(vscode.Uri.parse(uri, true)));
    // A tab that somebody wrote in or kept is theirs.
    await vscode.window.tabGroups.close(
      opened.filter(({ isDirty, isPreview }) => isPreview && !isDirty),
      true,
    );
    const before = this.#before;
    if (before === undefined || this.#marked === undefined) return;
    const editor =
      visibleEditorOf(before.uri) ??
      (await vscode.window.showTextDocument(before.uri, {
        preserveFocus: true,
        ...(before.column === undefined ? {} : { viewColumn: before.column }),
      }));
    if (before.top !== undefined) {
      editor.revealRange(before.top, vscode.TextEditorRevealType.AtTop);
    }
  }
}

function visibleEditorOf(uri: vscode.Uri): vscode.TextEditor | undefined {
  const key = uri.toString();
  return vscode.window.visibleTextEditors.find(({ document }) => document.uri.toString() === key);
}

function tabsOf(uri: vscode.Uri): readonly vscode.Tab[] {
  const key = uri.toString();
  return vscode.window.tabGroups.all
    .flatMap(({ tabs }) => tabs)
    .filter(({ input }) => input instanceof vscode.TabInputText && input.uri.toString() === key);
}
