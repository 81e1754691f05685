import assert from "node:assert/strict";
import { appendFile, mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { AnswerFile } from "../../../src/answers/answerFile";
import { FILE_FORMATS, fileHead, fileRow, fileRows } from "../../../src/answers/answerTable";
import { temporaryFolder } from "../../helpers/kitModel";

const ROWS = [
  { file: 'a,"b".png', question: "what, is it?", text: 'a "red"\nsign', error: "" },
  { file: "b.png", question: "what, is it?", text: "", error: "" },
  { file: "c.png", question: "why?", text: "because", error: "" },
];

describe("a table of answers in a file", () => {
  let file: string;
  beforeEach(async () => {
    file = path.join(await temporaryFolder(), "table");
  });

  for (const format of FILE_FORMATS) {
    it(`says again what was written, as ${format}`, () => {
      const text = fileHead(format) + ROWS.map((row) => fileRow(format, row)).join("");
      const plain = ROWS.map((row) =>
        format === "tsv" ? { ...row, text: row.text.replace("\n", " ") } : row,
      );
      assert.deepEqual(fileRows(format, text), plain);
      assert.equal(fileRows(format, "something else\n"), undefined);
    });

    it(`goes on behind a torn row and asks again what failed, as ${format}`, async () => {
      const question = "what, is it?";
      const first = await AnswerFile.open(file, { format, question });
      await first.add({ file: 'a,"b".png', text: "one\r\ntwo", error: "" });
      await first.add({ file: "b.png", text: "", error: "broken" });
      const whole = await readFile(file, "utf8");
      await appendFile(file, fileRow(format, { ...ROWS[2]!, file: "torn.png" }).slice(0, -4));
      const again = await AnswerFile.open(file, { format, question });
      assert.deepEqual([...again.answered], ['a,"b".png']);
      const other = await AnswerFile.open(file, { format, question: "why?" });
      assert.deepEqual([...other.answered], []);
      await other.add({ file: "c.png", text: "because", error: "" });
      const rows = fileRows(format, await readFile(file, "utf8")) ?? [];
      assert.deepEqual(
        rows.map((row) => [row.file, row.question]),
        [
          ['a,"b".png', question],
          ["c.png", "why?"],
        ],
      );
      assert.ok(whole.length > 0);
    });

    it(`keeps what failed of another question, as ${format}`, async () => {
      const first = await AnswerFile.open(file, { format, question: "what?" });
      await first.add({ file: "b.png", text: "", error: "broken" });
      await AnswerFile.open(file, { format, question: "why?" });
      const rows = fileRows(format, await readFile(file, "utf8")) ?? [];
      assert.deepEqual(
        rows.map((row) => [row.file, row.question, row.error]),
        [["b.png", "what?", "broken"]],
      );
    });

    it(`is not written over a file that is none, as ${format}`, async () => {
      await writeFile(file, "my notes\n");
      const opening = AnswerFile.open(file, { format, question: "why?" });
      await assert.rejects(opening, { code: "document.unreadable" });
      assert.equal(await readFile(file, "utf8"), "my notes\n");
    });
  }

  it("says where it cannot be", async () => {
    await mkdir(file);
    const at = { format: "csv", question: "why?" } as const;
    await assert.rejects(AnswerFile.open(file, at), { code: "document.unreadable" });
    const below = path.join(file, "none", "table.csv");
    await assert.rejects(AnswerFile.open(below, at), { code: "document.unwritable" });
  });
});
