/** Opens documents in the fake editor. */

import { FakeDocument, FakeTextEditor } from "./documents";
import { fakeEditor } from "./fakeEditor";
import { FakeUri } from "./values";

/** Opens a document with the cursor before the words. */
export function openDocument(language: string, text: string, cursor = ""): FakeDocument {
  return openDocumentAt(`page.${language}`, { language, text, cursor });
}

/** The same, in a place of the workspace. */
export function openDocumentAt(
  path: string,
  { language, text, cursor }: { language: string; text: string; cursor: string },
): FakeDocument {
  const document = new FakeDocument(FakeUri.file(`/w/${path}`), language, text);
  const at = document.offsetAt(document.rangeOf(cursor).start);
  fakeEditor.documents.push(document);
  fakeEditor.activeEditor = new FakeTextEditor(document, [at, at]);
  fakeEditor.visibleEditors.push(fakeEditor.activeEditor);
  return document;
}
