/** Pictures of long documents, found by the thread that the extension starts. */

import assert from "node:assert/strict";
import path from "node:path";
import { finderIn, type PicturedDocument } from "../../src/audit/documentPictures";
import { AppError } from "../../src/base/errors";
import { FinderThread } from "../../src/editor/audit/finderThread";

const PROGRAM = path.resolve("dist", "extension", "find.js");

const page = (text: string, language: PicturedDocument["language"]): PicturedDocument => ({
  ...{ text, language, name: "page", components: ["Photo"] },
});

describe("the thread that finds pictures", () => {
  let thread: FinderThread;
  beforeEach(() => {
    thread = new FinderThread(PROGRAM);
  });
  afterEach(() => {
    thread.dispose();
  });

  it("finds what this one does, several documents at once", async () => {
    const text = "A paragraph.\n\n![A fox](fox.png) <Photo src='b.png' />\n\n".repeat(500);
    const asked = [page(text, "markdown"), page(text, "mdx"), page("<img src=a>", "html")];
    const found = await Promise.all(asked.map((one) => thread.find(one, one.language)));
    for (const [nth, document] of asked.entries()) {
      assert.deepEqual(found[nth], finderIn(document, document.language)(document.text));
    }
    assert.equal(found[0]?.length, 500);
  });

  it("says what is wrong with a document, and goes on", async () => {
    const broken = page("const a = <img src='a' alt='x", "tsx");
    const reason = await thread.find(broken, "tsx").then(
      (references) => JSON.stringify(references),
      (thrown: unknown) => AppError.from(thrown).code,
    );
    assert.equal(reason, "document.unparsable");
    assert.equal((await thread.find(page("![](a.png)", "markdown"), "markdown")).length, 1);
  });

  it("ends with what waits for it, and begins anew", async () => {
    const waiting = thread.find(page("![](a.png)", "markdown"), "markdown");
    thread.dispose();
    await assert.rejects(waiting, (thrown: AppError) => thrown.code === "internal");
    assert.equal((await thread.find(page("![](a.png)", "markdown"), "markdown")).length, 1);
  });
});
