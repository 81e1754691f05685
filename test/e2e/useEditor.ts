/** An editor for a suite: opened before its first test, closed after its last, explained when one fails. */

import { Editor, type EditorOptions } from "./editor";

/** Filling the cache on a first run, unpacking the extension and starting two programs. */
const OPEN_LIMIT_MS = 400_000;

/** Declares the hooks. @returns the editor, from the first test on */
export function useEditor(options: EditorOptions): () => Editor {
  let editor: Editor | undefined;

  before("opens an editor", async function () {
    this.timeout(OPEN_LIMIT_MS);
    editor = await Editor.open(options);
  });

  afterEach("reports a failure", async function () {
    if (this.currentTest?.state === "failed") {
      await editor?.reportFailure(this.currentTest.fullTitle());
    }
  });

  after("closes the editor", async () => {
    await editor?.close();
  });

  return () => {
    if (editor === undefined) throw new Error("The editor opens before the first test.");
    return editor;
  };
}
