/** Where the user was writing last; followed from the start, and so apart from what uses it. */

import * as vscode from "vscode";

/** Remembers where the cursor was last; the chat itself takes the focus from it. */
export class LastEditor implements vscode.Disposable {
  readonly #subscription: vscode.Disposable;
  #last: vscode.TextEditor | undefined;

  constructor() {
    this.#last = vscode.window.activeTextEditor;
    this.#subscription = vscode.window.onDidChangeActiveTextEditor((editor) => {
      this.#last = editor ?? this.#last;
    });
  }

  /** The editor that was active last, while it can be seen. */
  get current(): vscode.TextEditor | undefined {
    const editor = vscode.window.activeTextEditor ?? this.#last;
    if (editor === undefined || editor.document.uri.scheme === "output") return undefined;
    return vscode.window.visibleTextEditors.includes(editor) ? editor : undefined;
  }

  dispose(): void {
    this.#subscription.dispose();
  }
}
