import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { silentLogger } from "../../src/base/logger";
import { convertModel } from "../../src/convert/convertModel";
import { loadEngine } from "../../src/engine/blip2Engine";
import { fixturePath } from "../helpers/fixtures";

/** A question about a held-out scene; `reference` is what transformers answered. */
interface HeldOut {
  readonly image: string;
  readonly question: string;
  readonly answer: string;
  readonly reference: string;
}

const CHECKPOINT = path.resolve("models", "demo");
/** One point. */
const TOLERANCE = 0.01;

async function readJson<T>(file: string): Promise<T> {
  return JSON.parse(await readFile(file, "utf8")) as T;
}

async function answersOf(
  folder: string,
  questions: readonly Pick<HeldOut, "image" | "question">[],
): Promise<string[]> {
  const engine = await loadEngine({ folder, device: "cpu", logger: silentLogger });
  try {
    const answers: string[] = [];
    for (const { image, question } of questions) {
      const bytes = await readFile(path.resolve(fixturePath("demo"), image));
      const { sequences } = await engine.generate({
        image: bytes,
        prompt: { kind: "question", question },
        options: { maxNewTokens: 12 },
      });
      answers.push(sequences[0]?.text ?? "");
    }
    return answers;
  } finally {
    await engine.release();
  }
}

/** What the documents show. */
const SAMPLES = [
  { image: "red-circle.png", question: "what color is the circle?", answer: "red" },
  { image: "two-stars.png", question: "how many stars are there?", answer: "two" },
  { image: "four-shapes.png", question: "where is the purple star?", answer: "bottom right" },
] as const;

describe("the demo model on scenes that training never saw", () => {
  let temporary: string;
  let questions: readonly HeldOut[];
  let measured: number;

  before(async () => {
    temporary = await mkdtemp(path.join(tmpdir(), "sightline-demo-"));
    questions = await readJson(fixturePath("demo", "questions.json"));
    measured = (await readJson<{ accuracy: number }>(path.join(CHECKPOINT, "heldout.json")))
      .accuracy;
  });

  after(async () => {
    await rm(temporary, { recursive: true, force: true });
  });

  for (const precision of ["f32", "f16", "int8"]) {
    it(`is as accurate in ${precision} as transformers measured`, async function () {
      this.timeout(300_000);
      const out = path.join(temporary, precision);
      await convertModel({ checkpoint: CHECKPOINT, out, precision });
      const answers = await answersOf(out, questions);
      const nRight = questions.filter(({ answer }, i) => answers[i] === answer).length;
      const accuracy = nRight / questions.length;
      assert.ok(
        Math.abs(accuracy - measured) <= TOLERANCE,
        `${precision}: ${accuracy}, transformers: ${measured}`,
      );
      if (precision === "f32") {
        assert.deepEqual(
          answers,
          questions.map(({ reference }) => reference),
        );
      }
    });
  }

  it("doubts what it says of another picture, also of one that it has seen before", async () => {
    const out = path.join(temporary, "doubts");
    const featureCacheDir = path.join(temporary, "features");
    await convertModel({ checkpoint: CHECKPOINT, out });
    const prompt = { kind: "question", question: "what is it?" } as const;
    for (let round = 0; round < 2; round++) {
      const engine = await loadEngine({
        ...{ folder: out, device: "cpu", logger: silentLogger, featureCacheDir },
      });
      try {
        for (const [file, doubts] of [
          ["media/icon.png", ["outsideWorld"]],
          ["media/screenshots/chat-dark.png", ["outsideWorld"]],
          ["media/samples/two-stars.png", undefined],
        ] as const) {
          const result = await engine.generate({ image: await readFile(file), prompt });
          assert.deepEqual(result.doubts, doubts, file);
        }
      } finally {
        await engine.release();
      }
    }
  });

  it("answers what the documents show", async () => {
    const out = path.join(temporary, "samples");
    await convertModel({ checkpoint: CHECKPOINT, out });
    const samples = path.resolve("media", "samples");
    const asked = SAMPLES.map(({ image, question }) => ({
      image: path.join(samples, image),
      question,
    }));
    assert.deepEqual(
      await answersOf(out, asked),
      SAMPLES.map(({ answer }) => answer),
    );
  });
});
