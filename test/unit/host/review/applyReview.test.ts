import assert from "node:assert/strict";
import { chmod, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { encodeDocument } from "../../../../src/disk/textEncoding";
import {
  applyReview,
  canUndoReview,
  undoLastReview,
} from "../../../../src/host/review/applyReview";
import { lastJournal, MAX_JOURNALS } from "../../../../src/host/review/reviewJournal";
import { ReviewFolder, type Wish } from "../../../helpers/reviewFolder";

const PAGE = "# A\n\n![](one.png)\n\nWords ![](two.png) words.\n";
const HTML = '<p>\n  <img src="one.png">\n  <img src="two.png" alt="img">\n</p>\n';

describe("a review that is applied", () => {
  let folder: ReviewFolder;

  const open = async (files: Readonly<Record<string, string | Uint8Array>>): Promise<void> => {
    folder = await ReviewFolder.make(files);
  };
  const apply = async (...wishes: readonly Wish[]): ReturnType<typeof applyReview> =>
    applyReview(await folder.changes(...wishes), folder.ports);
  const undo = (): ReturnType<typeof undoLastReview> => undoLastReview(folder.ports);

  afterEach(async () => {
    await folder.remove();
  });

  it("writes texts into all files, and is taken back in one step", async () => {
    await open({ "a.md": PAGE, "b.html": HTML });
    const outcome = await apply(["a.md", 0, "A fox"], ["a.md", 1, null], ["b.html", 1, "Two"]);
    assert.deepEqual(outcome.done, ["a.md 0", "a.md 1", "b.html 1"]);
    assert.equal(outcome.nFiles, 2);
    assert.deepEqual(outcome.failures, []);
    assert.equal(
      await folder.text("a.md"),
      '# A\n\n![A fox](one.png)\n\nWords <img src="two.png" alt=""> words.\n',
    );
    assert.match(await folder.text("b.html"), /<img src="two.png" alt="Two">/);
    assert.deepEqual(await undo(), { uris: ["a.md", "b.html"], failures: [] });
    assert.equal(await folder.text("a.md"), PAGE);
    assert.equal(await folder.text("b.html"), HTML);
    assert.equal(await undo(), undefined);
  });

  const kinds: readonly (readonly [string, string, Uint8Array])[] = [
    ["ends of lines of Windows", "a.md", Buffer.from(PAGE.replaceAll("\n", "\r\n"))],
    ["mixed ends of lines", "a.md", Buffer.from(`${PAGE}![](three.png)\r\n`)],
    ["a byte order mark", "a.md", Buffer.from(`\ufeff${PAGE}`)],
    [
      "UTF-16",
      "a.md",
      encodeDocument(`${PAGE}Schöne Grüße 🦊\n`, { encoding: "le", hasByteOrderMark: true }),
    ],
    [
      "a notebook",
      "a.ipynb",
      Buffer.from(
        JSON.stringify({
          cells: [
            {
              cell_type: "markdown",
              metadata: {},
              source: ["# T\n", "![](one.png)\n", "![](two.png)"],
            },
          ],
          metadata: {},
          nbformat: 4,
          nbformat_minor: 5,
        }),
      ),
    ],
  ];
  for (const [name, file, bytes] of kinds) {
    it(`leaves ${name} alone, and restores every byte`, async () => {
      await open({ [file]: bytes });
      const outcome = await apply([file, 0, 'A "fox"'], [file, 1, "A\tdog"]);
      assert.deepEqual(outcome.failures, []);
      const written = await folder.bytes(file);
      assert.notDeepEqual(written, Buffer.from(bytes));
      assert.equal(written.includes("\r\n"), Buffer.from(bytes).includes("\r\n"));
      await undo();
      assert.deepEqual(await folder.bytes(file), Buffer.from(bytes));
    });
  }

  it("names pictures that were changed since, and writes the others", async () => {
    await open({ "a.md": PAGE });
    const changes = await folder.changes(["a.md", 0, "A fox"], ["a.md", 1, "A dog"]);
    await folder.write("a.md", PAGE.replace("![](one.png)", "![By hand](one.png)"));
    const outcome = await applyReview(changes, folder.ports);
    assert.deepEqual(outcome.done, ["a.md 1"]);
    assert.deepEqual(
      outcome.failures.map(({ id, error }) => [id, error.code, error.message]),
      [["a.md 0", "document.changed", "a.md changed"]],
    );
    assert.match(await folder.text("a.md"), /!\[By hand\].*!\[A dog\]/s);
  });

  it("goes on behind a file that is gone, and one that cannot be written", async () => {
    await open({ "a.md": PAGE, "b.md": PAGE, "c.md": PAGE });
    const changes = await folder.changes(["a.md", 0, "A"], ["b.md", 0, "B"], ["c.md", 0, "C"]);
    await folder.remove("a.md");
    await chmod(path.join(folder.root, "b.md"), 0o444);
    const outcome = await applyReview(changes, folder.ports);
    assert.deepEqual(outcome.done, ["c.md 0"]);
    assert.deepEqual(
      outcome.failures.map(({ id, error }) => [id, error.code]),
      [
        ["a.md 0", "document.missing"],
        ["b.md 0", "document.unwritable"],
      ],
    );
    // What was not written is not in the way of taking back what was.
    assert.deepEqual(await undo(), { uris: ["c.md"], failures: [] });
    assert.equal(await folder.text("c.md"), PAGE);
  });

  it("does not write over what somebody wrote while it was written", async () => {
    await open({ "a.md": PAGE });
    folder.beforeWrite = () => folder.write("a.md", `${PAGE}More.\n`);
    const outcome = await apply(["a.md", 0, "A fox"]);
    assert.deepEqual(
      outcome.failures.map(({ error }) => error.code),
      ["document.changed"],
    );
    assert.equal(await folder.text("a.md"), `${PAGE}More.\n`);
    assert.equal(await canUndoReview(folder.journals), false);
  });

  it("refuses a text that would be read as something else, and leaves the document as it is", async () => {
    await open({ "a.md": PAGE });
    const changes = await folder.changes(["a.md", 0, "A fox"]);
    const broken = new Map(
      [...changes].map(([file, all]) => [
        file,
        all.map((change) => ({
          ...change,
          edits: () => [{ start: 5, end: 8, newText: "<!-- ![A fox](" }],
        })),
      ]),
    );
    const outcome = await applyReview(broken, folder.ports);
    assert.deepEqual(
      outcome.failures.map(({ error }) => [error.code, error.message]),
      [["document.notEditable", "a.md misread"]],
    );
    assert.equal(await folder.text("a.md"), PAGE);
  });

  it("writes nothing where there can be no journal", async () => {
    await open({ "a.md": PAGE, journals: "a file in the way" });
    await assert.rejects(apply(["a.md", 0, "A fox"]), { code: "document.unwritable" });
    assert.equal(await folder.text("a.md"), PAGE);
  });

  it("is taken back where somebody wrote elsewhere in the file, and only there where it still stands", async () => {
    await open({ "a.md": PAGE, "b.md": PAGE });
    await apply(["a.md", 0, "A fox"], ["a.md", 1, "A dog"], ["b.md", 0, "A bird"]);
    const now = await folder.text("a.md");
    await folder.write("a.md", `New first line.\n\n${now.replace("A dog", "A hound")}`);
    await folder.write("b.md", "Nothing of it is left.\n");
    const outcome = await undo();
    assert.deepEqual(outcome?.uris, ["a.md"]);
    assert.deepEqual(outcome.failures, ["a.md has lost 1", "b.md holds something else"]);
    assert.equal(
      await folder.text("a.md"),
      "New first line.\n\n# A\n\n![](one.png)\n\nWords ![A hound](two.png) words.\n",
    );
    assert.equal(await folder.text("b.md"), "Nothing of it is left.\n");
    assert.equal(await canUndoReview(folder.journals), false);
  });

  it("does not guess which of two equal places was meant", async () => {
    const line =
      "- ![](one.png) in a long list of lines that are all the same, one below the other\n";
    await open({ "a.md": line.repeat(6) });
    await apply(["a.md", 2, "A fox"], ["a.md", 3, "A fox"]);
    const written = await folder.text("a.md");
    await folder.write("a.md", `First.\n\n${written}${written}`);
    const outcome = await undo();
    assert.equal(outcome?.failures.length, 1);
    assert.match(await folder.text("a.md"), /A fox/);
  });

  it("is taken back after a crash at any moment, also with a line that was cut off", async () => {
    await open({ "a.md": PAGE, "b.md": PAGE });
    await apply(["a.md", 0, "A fox"], ["b.md", 0, "A dog"]);
    const [name = ""] = await readdir(folder.journals);
    const file = path.join(folder.journals, name);
    const whole = await readFile(file);
    const applied = { a: await folder.bytes("a.md"), b: await folder.bytes("b.md") };
    for (let length = 0; length <= whole.length; length += 7) {
      await writeFile(file, whole.subarray(0, length));
      await folder.write("a.md", applied.a);
      await folder.write("b.md", applied.b);
      const journal = await lastJournal(folder.journals);
      const known = journal?.files.map(({ change }) => change.uri) ?? [];
      const outcome = await undo();
      assert.deepEqual(outcome?.uris ?? [], known);
      for (const [uri, bytes] of [
        ["a.md", applied.a],
        ["b.md", applied.b],
      ] as const) {
        const expected = known.includes(uri) ? Buffer.from(PAGE) : bytes;
        assert.deepEqual(await folder.bytes(uri), expected, `${uri} at ${length}`);
      }
    }
  });

  it("tells a file that was not reached before a crash from one that was", async () => {
    await open({ "a.md": PAGE });
    const crash = new Error("the power failed");
    folder.beforeWrite = () => {
      throw crash;
    };
    await apply(["a.md", 0, "A fox"]);
    folder.beforeWrite = () => undefined;
    // The line that says so was lost as well.
    const [name = ""] = await readdir(folder.journals);
    const file = path.join(folder.journals, name);
    const lines = (await readFile(file, "utf8")).split("\n").slice(0, 2);
    await writeFile(file, lines.join("\n"));
    assert.deepEqual(await undo(), { uris: [], failures: [] });
    assert.equal(await folder.text("a.md"), PAGE);
  });

  it("goes on with a taking back that a crash has ended", async () => {
    await open({ "a.md": PAGE, "b.md": PAGE });
    await apply(["a.md", 0, "A fox"], ["b.md", 0, "A dog"]);
    // The first file was taken back, and nothing of it is in the journal.
    await folder.write("a.md", PAGE);
    assert.deepEqual(await undo(), { uris: ["b.md"], failures: [] });
    assert.equal(await folder.text("b.md"), PAGE);
  });

  it("takes reviews back one after the other, the last one first", async () => {
    await open({ "a.md": PAGE });
    await apply(["a.md", 0, "A fox"]);
    const first = await folder.text("a.md");
    await apply(["a.md", 1, "A dog"]);
    await undo();
    assert.equal(await folder.text("a.md"), first);
    await undo();
    assert.equal(await folder.text("a.md"), PAGE);
  });

  it("keeps the journals of the last reviews, and leaves what is damaged alone", async () => {
    await open({ "a.md": PAGE });
    await mkdir(folder.journals, { recursive: true });
    await writeFile(path.join(folder.journals, "9999-broken.jsonl"), '{"type":"begun"}\n\0\0{');
    for (let nth = 0; nth < MAX_JOURNALS + 3; nth++) await apply(["a.md", 0, `Text ${nth}`]);
    assert.ok((await readdir(folder.journals)).length <= MAX_JOURNALS);
    await undo();
    assert.match(await folder.text("a.md"), new RegExp(`Text ${MAX_JOURNALS + 1}\\]`));
  });
});
