import assert from "node:assert/strict";

import { tableHead, tableRow } from "../../../src/answers/answerTable";

describe("the table of answers", () => {
  it("quotes in CSV what RFC 4180 wants quoted, and ends lines as it says", () => {
    const row = (file: string, text: string): string => tableRow("csv", { file, text, error: "" });
    assert.equal(tableHead("csv"), "file,text,error\r\n");
    assert.equal(row("a.png", "a red circle"), "a.png,a red circle,\r\n");
    assert.equal(row("a,b.png", 'a "fox"'), '"a,b.png","a ""fox""",\r\n');
    assert.equal(row("a\nb.png", "ä\rb"), '"a\nb.png","ä\rb",\r\n');
  });

  it("keeps tabs and line breaks out of the cells that tabs part", () => {
    assert.equal(tableHead("tsv"), "file\ttext\terror\n");
    const row = { file: "a\tb.png", text: "two\nlines", error: "" };
    assert.equal(tableRow("tsv", row), "a b.png\ttwo lines\t\n");
  });
});
