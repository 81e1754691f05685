import assert from "node:assert/strict";
import path from "node:path";
import { AnswerFile } from "../../../../src/answers/answerFile";
import { AppError } from "../../../../src/base/errors";
import { answerEach, type PictureAnswer } from "../../../../src/host/pictures/folderAnswers";
import { temporaryFolder } from "../../../helpers/kitModel";

const QUESTION = "is there a person?";
const FILES = ["/a.png", "/b.png", "/c.png"];

describe("one question about many pictures", () => {
  let file: string;
  beforeEach(async () => {
    file = path.join(await temporaryFolder(), "answers.jsonl");
  });

  async function run(
    ask: (file: string) => Promise<string>,
    signal = new AbortController().signal,
  ): Promise<{ nFailed: number; answers: readonly PictureAnswer[]; counts: readonly number[] }> {
    const table = await AnswerFile.open(file, { format: "jsonl", question: QUESTION });
    const answers: PictureAnswer[] = [];
    const counts: number[] = [];
    const nFailed = await answerEach(FILES, {
      ...{ table, ask, signal },
      onProgress: (nDone) => counts.push(nDone),
      onAnswer: (answer) => answers.push(answer),
    });
    return { nFailed, answers, counts };
  }

  it("asks about each, and says what cannot be asked about", async () => {
    const { nFailed, answers, counts } = await run((one) =>
      one === "/b.png"
        ? Promise.reject(new AppError("image.unreadable", "It is damaged."))
        : Promise.resolve(`yes ${one}`),
    );
    assert.equal(nFailed, 1);
    assert.deepEqual(
      answers.map(({ text, error }) => text + error),
      ["yes /a.png", "It is damaged.", "yes /c.png"],
    );
    assert.deepEqual(counts, [0, 1, 2, 3]);
  });

  it("asks about as many at once as may be, and keeps their order", async () => {
    const table = await AnswerFile.open(file, { format: "jsonl", question: QUESTION });
    const answered: string[] = [];
    let [nRunning, most] = [0, 0];
    await answerEach(FILES, {
      ...{ table, signal: new AbortController().signal, atOnce: () => 2 },
      ask: async (one) => {
        most = Math.max(most, ++nRunning);
        // The first to come is the last to go.
        for (let nth = 0; nth < FILES.length - FILES.indexOf(one); nth++) {
          await new Promise((resolve) => setImmediate(resolve));
        }
        nRunning--;
        return one;
      },
      onProgress: () => undefined,
      onAnswer: ({ text }) => void answered.push(text),
    });
    assert.equal(most, 2);
    assert.deepEqual(answered, FILES);
  });

  it("keeps what was answered when it is stopped, and goes on from there", async () => {
    const end = new AbortController();
    const stopped = run((one) => {
      if (one === "/b.png") end.abort();
      return Promise.resolve("yes");
    }, end.signal);
    await assert.rejects(stopped, { code: "request.cancelled" });
    const asked: string[] = [];
    const { counts } = await run((one) => {
      asked.push(one);
      return Promise.resolve("no");
    });
    assert.deepEqual(asked, ["/c.png"]);
    assert.deepEqual(counts, [2, 3]);
    const table = await AnswerFile.open(file, { format: "jsonl", question: QUESTION });
    assert.deepEqual(
      table.rows.map(({ text }) => text),
      ["yes", "yes", "no"],
    );
  });

  it("ends with a failure that is about no picture, and asks again what failed", async () => {
    const broken = run(() => Promise.reject(new AppError("model.missing", "There is none.")));
    await assert.rejects(broken, { code: "model.missing" });
    await run((one) =>
      one === "/a.png"
        ? Promise.reject(new AppError("image.missing", "gone"))
        : Promise.resolve("x"),
    );
    const { answers } = await run(() => Promise.resolve("back"));
    assert.deepEqual(
      answers.map((answer) => answer.file),
      ["/a.png"],
    );
  });
});
