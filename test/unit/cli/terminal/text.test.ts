import assert from "node:assert/strict";

import { oneLine, printable } from "../../../../src/base/cleanText";
import { formatTable } from "../../../../src/cli/terminal/text";

describe("printable", () => {
  it("leaves no character that could begin an escape sequence", () => {
    const hostile = "a\u001b[2Jb\u009b1mc\u0007d\u007fe\rf";
    assert.equal(printable(hostile), "a\ufffd[2Jb\ufffd1mc\ufffdd\ufffde\ufffdf");
  });

  it("keeps tabs, line breaks and every written character", () => {
    const text = "tab\tline\nÄ 漢字 🦊";
    assert.equal(printable(text), text);
  });
});

describe("oneLine", () => {
  it("joins lines with a space and takes control characters out", () => {
    assert.equal(oneLine(" two\r\n  lines\tand\u001b[0m \n"), "two lines and\ufffd[0m");
  });
});

describe("formatTable", () => {
  it("pads columns to their widest cell, to the left or to the right", () => {
    const rows = [
      ["NAME", "SIZE", "NOTE"],
      ["a", "1 kB", "first"],
      ["longer", "10 kB", ""],
    ];
    assert.equal(
      formatTable(rows, [1]),
      "NAME     SIZE  NOTE\na        1 kB  first\nlonger  10 kB\n",
    );
  });

  it("counts characters and not UTF-16 units", () => {
    assert.equal(
      formatTable([
        ["🦊🦊", "x"],
        ["ab", "y"],
      ]),
      "🦊🦊  x\nab  y\n",
    );
  });

  it("keeps a cell with a line break on its row", () => {
    assert.equal(formatTable([["a\nb", "c"]]), "a b  c\n");
  });

  it("of nothing is nothing", () => {
    assert.equal(formatTable([]), "");
  });
});
