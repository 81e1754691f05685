import assert from "node:assert/strict";
import {
  EDITOR_LANGUAGE_IDS,
  languageOfEditorId,
  languageOfFile,
} from "../../../src/alt/languages";

describe("languages", () => {
  it("goes by a file's extension, in any case", () => {
    assert.equal(languageOfFile("a/b.MD"), "markdown");
    assert.equal(languageOfFile("a.tsx"), "tsx");
    assert.equal(languageOfFile("md"), undefined);
    assert.equal(languageOfFile("a.ts"), undefined);
  });

  it("knows what editors call a language", () => {
    assert.equal(languageOfEditorId("typescriptreact"), "tsx");
    assert.equal(languageOfEditorId("javascript"), "jsx");
    assert.equal(languageOfEditorId("typescript"), undefined);
  });

  it("lists only identifiers that have a finder", () => {
    assert.ok(EDITOR_LANGUAGE_IDS.length >= 8);
    for (const id of EDITOR_LANGUAGE_IDS) assert.notEqual(languageOfEditorId(id), undefined, id);
  });
});
