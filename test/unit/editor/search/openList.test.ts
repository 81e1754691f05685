import assert from "node:assert/strict";
import { PictureFinder } from "../../../../src/editor/search/pictureFinder";
import type { KnownTexts } from "../../../../src/editor/search/knownTexts";
import type { Services } from "../../../../src/editor/shell/services";
import { silentLogger } from "../../../../src/base/logger";
import type { WorkspacePictures } from "../../../../src/editor/indexing/workspacePictures";
import { fakeEditor, resetFakeEditor } from "../../../helpers/editor/fakeEditor";
import { HANG_MS, until } from "../../../helpers/waiting";

type Answer = (matches: readonly { readonly file: string; readonly isLikely: boolean }[]) => void;

describe("a list of found pictures, for whoever walks through it", () => {
  const files = Array.from({ length: 12 }, (_, i) => `/w/${i}.png`);
  const found = files.map((file, i) => ({ file, isLikely: i < 10 }));
  let answers: Answer[];
  /** Of the look at the pictures. */
  let tell: (progress: object) => void;
  let endLook: () => void;
  let finding: Promise<unknown>;

  const picker = () => fakeEditor.pickers[0]!;
  const labels = () =>
    picker().items.flatMap(({ label }) => (label.endsWith(".png") ? [label] : []));
  const progress = (some: readonly string[]) => ({
    ...{ files: some, skipped: [], nDone: 12, nAll: 12, nNew: 0, nLeft: 0, bytesLeft: 0 },
  });

  beforeEach(async () => {
    resetFakeEditor();
    answers = [];
    const call = () =>
      new Promise((resolve) => {
        answers.push((matches) => {
          resolve({ matches });
        });
      });
    const look = ({ onProgress }: { onProgress: (progress: object) => void }) => {
      tell = onProgress;
      tell(progress(files));
      return new Promise((resolve) => {
        endLook = () => {
          resolve({ files, skipped: [] });
        };
      });
    };
    const parts = {
      services: { engine: { call }, log: silentLogger } as unknown as Services,
      pictures: { look } as unknown as WorkspacePictures,
      texts: { gather: () => Promise.resolve([]) } as unknown as KnownTexts,
    };
    finding = new PictureFinder(parts, { title: "Find" }).find();
    await picker().type("a red sign");
    // No name has these words, so that the list of all results is the only line until there is an answer.
    assert.equal(picker().activeItems[0]?.label, "Show All Results…");
    (await answerNth(0))(found);
    await until(() => labels().length === 12, "what was found", HANG_MS);
  });
  afterEach(async () => {
    picker().hide();
    assert.equal(await finding, undefined);
  });

  async function answerNth(nth: number): Promise<Answer> {
    await until(() => answers.length > nth, `question ${nth}`, HANG_MS);
    return answers[nth]!;
  }

  it("begins with the first that was found", () => {
    assert.equal(picker().activeItems[0]?.label, "0.png");
  });

  it("is not drawn anew when the same is found again", async () => {
    const { items } = picker();
    endLook();
    (await answerNth(1))(found.map((match) => ({ ...match })));
    await until(() => !picker().busy, "the end", HANG_MS);
    assert.equal(picker().items, items);
  });

  for (const { when, happens } of [
    {
      when: "there are more pictures",
      happens: () => {
        tell(progress([...files, "/w/new.png"]));
      },
    },
    {
      when: "all were looked at",
      happens: () => {
        endLook();
      },
    },
  ]) {
    it(`stays where it is when ${when}, and they are found anew`, async () => {
      picker().activeItems = picker().items.slice(-1);
      happens();
      const answer = await answerNth(1);
      assert.equal(picker().activeItems[0]?.label, "Show All Results…");
      picker().activeItems = [picker().items.find(({ label }) => label === "5.png")!];
      answer([{ file: "/w/new.png", isLikely: true }, ...found]);
      await until(() => labels().length === 13, "the new one", HANG_MS);
      assert.equal(picker().activeItems[0]?.label, "5.png");
    });
  }
});
