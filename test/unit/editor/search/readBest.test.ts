import assert from "node:assert/strict";
import { PictureFinder } from "../../../../src/editor/search/pictureFinder";
import type { KnownTexts } from "../../../../src/editor/search/knownTexts";
import type { Services } from "../../../../src/editor/shell/services";
import { silentLogger } from "../../../../src/base/logger";
import type { WorkspacePictures } from "../../../../src/editor/indexing/workspacePictures";
import { fakeEditor, resetFakeEditor } from "../../../helpers/editor/fakeEditor";
import { until } from "../../../helpers/waiting";

const LIMIT_MS = 60_000;

interface Match {
  readonly file: string;
  readonly isLikely: boolean;
  readonly match?: number;
}

interface Asked {
  readonly words: string;
  readonly rerank: number;
  readonly signal: AbortSignal;
  readonly answer: (matches: readonly Match[]) => void;
}

describe("the best pictures of a list, read together with the words", () => {
  const files = Array.from({ length: 12 }, (_, i) => `/w/${i}.png`);
  /** The last two stand out less than the others. */
  const found = files.map((file, i) => ({ file, isLikely: i < 10 }));
  let asked: Asked[];
  /** Of the look at the pictures. */
  let tell: (progress: object) => void;
  let finding: Promise<unknown>;

  const picker = () => fakeEditor.pickers[0]!;
  const rows = () => picker().items.filter(({ label }) => label.endsWith(".png"));
  const labels = () => rows().map(({ label }) => label);
  const marked = (): string[] =>
    rows().flatMap(({ label, description = "" }) =>
      description.includes("probably not") ? [label] : [],
    );

  beforeEach(async () => {
    resetFakeEditor();
    asked = [];
    const call = (
      _: string,
      { words, rerank = 0 }: { words: string; rerank?: number },
      { signal }: { signal: AbortSignal },
    ) =>
      new Promise((resolve) => {
        const answer = (matches: readonly Match[]): void => {
          resolve({ matches });
        };
        asked.push({ words, rerank, signal, answer });
      });
    const look = ({ onProgress }: { onProgress: (progress: object) => void }) => {
      tell = onProgress;
      tell(progress(files));
      return Promise.resolve({ files, skipped: [] });
    };
    const parts = {
      services: { engine: { call }, log: silentLogger } as unknown as Services,
      pictures: { look } as unknown as WorkspacePictures,
      texts: { gather: () => Promise.resolve([]) } as unknown as KnownTexts,
    };
    fakeEditor.listSteps.push({ type: "a red sign" });
    finding = new PictureFinder(parts, { title: "Find" }).find();
    (await askedNth(0)).answer(found);
    await until(() => labels().length === 12, "what was found", LIMIT_MS);
  });
  afterEach(async () => {
    picker().hide();
    assert.equal(await finding, undefined);
  });

  const progress = (some: readonly string[]) => ({
    ...{ files: some, skipped: [], nDone: 12, nAll: 12, nNew: 0, nLeft: 0, bytesLeft: 0 },
  });

  async function askedNth(nth: number): Promise<Asked> {
    await until(() => asked.length > nth, `question ${nth}`, LIMIT_MS);
    return asked[nth]!;
  }

  it("are marked where they do not fit, step by step, and no row changes its place", async () => {
    const before = labels();
    picker().activeItems = [rows()[3]!];
    const few = await askedNth(1);
    assert.deepEqual([few.words, few.rerank], ["a red sign", 8]);
    const read = (some: readonly Match[], refused: readonly number[]) =>
      some.map((one, i) => ({ ...one, match: refused.includes(i) ? 0.1 : 0.9 }));
    few.answer(read(found.slice(0, 8), [0, 3]));
    await until(() => marked().length === 2, "two marks", LIMIT_MS);
    assert.deepEqual(marked(), ["0.png", "3.png"]);
    assert.deepEqual(labels(), before);
    assert.equal(picker().activeItems[0]?.label, "3.png");
    // What stood out less is called so, and not twice.
    assert.match(rows()[11]?.description ?? "", /less likely$/);
    // The way to all results is one of the rows.
    picker().activeItems = picker().items.slice(-1);
    const more = await askedNth(2);
    assert.equal(more.rerank, 32);
    more.answer(read(found, [0, 3, 9, 11]));
    await until(() => marked().length === 3, "three marks", LIMIT_MS);
    assert.deepEqual(marked(), ["0.png", "3.png", "9.png"]);
    assert.deepEqual(labels(), before);
    assert.equal(picker().activeItems[0]?.label, "Show All Results…");
    await until(() => !picker().busy, "the end", LIMIT_MS);
    assert.equal(asked.length, 3);
  });

  it("are found anew when there are more pictures, for whoever walks through the list, too", async () => {
    picker().activeItems = picker().items.slice(-1);
    tell(progress([...files, "/w/new.png"]));
    assert.equal(picker().activeItems[0]?.label, "Show All Results…");
    picker().activeItems = [rows()[5]!];
    const again = await askedNth(1);
    assert.equal(again.rerank, 0);
    again.answer([{ file: "/w/new.png", isLikely: true }, ...found]);
    await until(() => labels().length === 13, "the new one", LIMIT_MS);
    assert.equal(picker().activeItems[0]?.label, "5.png");
  });

  it("are let go of for other words, whose answer has no marks of the old one", async () => {
    const few = await askedNth(1);
    few.answer(found.slice(0, 8).map((one) => ({ ...one, match: 0.1 })));
    await until(() => marked().length === 8, "the marks", LIMIT_MS);
    const more = await askedNth(2);
    await picker().type("a blue sign");
    assert.equal(more.signal.aborted, true);
    const next = await askedNth(3);
    assert.deepEqual([next.words, next.rerank], ["a blue sign", 0]);
    more.answer(found.map((one) => ({ ...one, match: 0.1 })));
    next.answer(found);
    await until(() => marked().length === 0, "no marks", LIMIT_MS);
  });
});
