import assert from "node:assert/strict";
import {
  DOCUMENT_EXTENSIONS,
  EDITOR_LANGUAGE_IDS,
  languageOfDocument,
  languageOfFile,
} from "../../../src/alt/languages";

describe("languages", () => {
  it("goes by a file's extension, in any case", () => {
    assert.equal(languageOfFile("a/b.MD"), "markdown");
    assert.equal(languageOfFile("a.tsx"), "tsx");
    assert.equal(languageOfFile("md"), undefined);
    assert.equal(languageOfFile("a.ts"), "typescript");
    assert.equal(languageOfFile("a/b.blade.php"), "blade");
    assert.equal(languageOfFile("b.html.erb"), "erb");
    assert.equal(languageOfFile("a.md/b"), undefined);
  });

  it("knows what editors call a language", () => {
    assert.equal(languageOfDocument("typescriptreact", ""), "tsx");
    assert.equal(languageOfDocument("javascript", ""), "jsx");
    assert.equal(languageOfDocument("typescript", ""), "typescript");
    assert.equal(languageOfDocument("php", "/a/b.blade.php"), "blade");
    assert.equal(languageOfDocument("xml", "/a/b.dita"), "dita");
  });

  it("goes by the name of a file whose language the editor does not know", () => {
    assert.equal(languageOfDocument("plaintext", "/a/page.mdx"), "mdx");
    assert.equal(languageOfDocument("plaintext", "/a/Page.VUE"), "vue");
    assert.equal(languageOfDocument("html", "/a/page.vue"), "html");
    assert.equal(languageOfDocument("plaintext", "/a/notes.txt"), undefined);
    for (const extension of DOCUMENT_EXTENSIONS) {
      assert.notEqual(languageOfDocument("plaintext", `/a/b.${extension}`), undefined, extension);
    }
  });

  it("lists only identifiers that have a finder", () => {
    assert.ok(EDITOR_LANGUAGE_IDS.length >= 8);
    for (const id of EDITOR_LANGUAGE_IDS) {
      assert.notEqual(languageOfDocument(id, ""), undefined, id);
    }
  });
});
