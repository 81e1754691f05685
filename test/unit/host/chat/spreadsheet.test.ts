import assert from "node:assert/strict";
import { spreadsheetText } from "../../../../src/host/chat/spreadsheet";

describe("spreadsheetText", () => {
  it("has a line for each row and tabs between its cells", () => {
    assert.equal(
      spreadsheetText([
        ["a.png", "red"],
        ["b.png", ""],
      ]),
      "a.png\tred\nb.png\t",
    );
    assert.equal(spreadsheetText([]), "");
  });

  it("keeps what would end a cell or a row out of the cells", () => {
    const cells = ["a\tb.png", " one\r\n two\n", "three\u2028four\u00a0five\vsix"];
    assert.equal(spreadsheetText([cells]), "a b.png\tone two\tthree four five six");
  });

  it("quotes a cell that begins with a quote, and no other", () => {
    const cells = ['"red" or blue?', 'is it "red"?', '"'];
    assert.equal(spreadsheetText([cells]), '"""red"" or blue?"\tis it "red"?\t""""');
  });
});
