import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import {
  BEAMS,
  closeEngines,
  COUNTED_DEVICES,
  failsWith,
  GREEDY,
  idsOf,
  openKit,
  request,
} from "../../../helpers/countedEngine";
import { kitPath } from "../../../helpers/fixtures";
import { kitPicture, recordedCases } from "../../../helpers/kitCases";

const CAPTION = "blip-caption";
const VQA = "blip-vqa";
/** Of the text model of the kit blip-caption. */
const LAYERS = 4;

interface RankedKit {
  readonly answers: readonly { readonly text: string; readonly ids: readonly number[] }[];
  readonly cases: readonly {
    readonly image: string;
    readonly text: string;
    readonly rank_enc: { readonly smoothed: readonly number[] };
  }[];
}

const casesOf = (kit: string, image: string): ReturnType<typeof recordedCases> =>
  recordedCases(kit).filter((entry) => entry.image === image);

describe("an engine for BLIP", () => {
  afterEach(closeEngines);

  for (const device of COUNTED_DEVICES) {
    it(`reads a picture once for all captions, beams included (${device})`, async () => {
      const { engine, factory } = await openKit(CAPTION, { device });
      for (const { image, text, generation } of casesOf(CAPTION, "wide.png")) {
        const greedy = await engine.generate(request(CAPTION, { image, text, options: GREEDY }));
        assert.deepEqual(idsOf(greedy), generation?.["greedy"]?.ids);
        const beams = await engine.generate(request(CAPTION, { image, text, options: BEAMS }));
        assert.deepEqual(idsOf(beams), generation?.["beam5"]?.ids);
      }
      assert.equal(factory.count("image_reader"), 1);
      await engine.generate(request(CAPTION, { image: "tall.png", text: "" }));
      assert.equal(factory.count("image_reader"), 2);
      // What was read of the first picture is gone.
      if (device === "webgpu") assert.equal(factory.nLive, 2 * LAYERS);
    });
  }

  it("reads a question only where it is another, and the picture only where that is", async () => {
    const { engine, factory } = await openKit(VQA);
    const [first, second] = casesOf(VQA, "wide.png");
    assert.ok(first && second && first.text !== second.text);
    const ask = (text: string): ReturnType<typeof engine.generate> =>
      engine.generate(request(VQA, { text, options: GREEDY }));
    const fresh = await ask(first.text);
    assert.equal(fresh.cached.prefixTokens, 0);
    assert.deepEqual(idsOf(fresh), first.generation?.["greedy"]?.ids);
    const again = await ask(first.text);
    assert.deepEqual(idsOf(again), idsOf(fresh));
    assert.ok(again.cached.prefixTokens > first.text_ids.length);
    assert.deepEqual([factory.count("image_reader"), factory.count("text_encoder")], [1, 1]);
    const other = await ask(second.text);
    assert.deepEqual(idsOf(other), second.generation?.["greedy"]?.ids);
    assert.deepEqual([factory.count("image_reader"), factory.count("text_encoder")], [1, 2]);
  });

  for (const device of COUNTED_DEVICES) {
    it(`chooses among given answers as the authors do (${device})`, async () => {
      const { engine, factory } = await openKit(VQA, { device });
      const { answers, cases } = JSON.parse(
        readFileSync(kitPath(VQA, "cases.json"), "utf8"),
      ) as RankedKit;
      for (const { image, text, rank_enc: recorded } of cases.slice(0, 6)) {
        const { sequences } = await engine.generate({
          ...{ image: kitPicture(VQA, image), alpha: "drop" },
          prompt: { kind: "question", question: text },
          answers: answers.map((answer) => answer.text),
        });
        const best = recorded.smoothed.indexOf(Math.max(...recorded.smoothed));
        assert.equal(sequences[0]?.text, answers[best]?.text);
        assert.equal(sequences.length, answers.length);
        for (const { text: answer, score = NaN, tokenIds } of sequences) {
          const index = answers.findIndex((one) => one.text === answer);
          assert.deepEqual(tokenIds, answers[index]?.ids.slice(1));
          assert.ok(Math.abs(score - (recorded.smoothed[index] ?? NaN)) <= 1e-3, answer);
        }
      }
      // A step for each id behind the first but the last one, for all answers that have one.
      const steps = Math.max(...answers.map(({ ids }) => ids.length)) - 1;
      assert.equal(factory.count("decoder"), 6 * steps);
    });
  }

  it("chooses among answers only where it was trained to, and there are some that fit", async () => {
    const prompt = { kind: "question", question: "why?" } as const;
    const ask = (kit: string, answers: string[]) => ({
      ...{ image: kitPicture(kit, "wide.png"), prompt, answers },
    });
    const answerer = (await openKit(VQA)).engine;
    await failsWith(answerer.generate(ask(VQA, [])), "option.invalid", "1 to 10000");
    const long = "circle ".repeat(300);
    await failsWith(answerer.generate(ask(VQA, ["yes", long])), "prompt.tooLong", "An answer");
    const writer = (await openKit("opt")).engine;
    await failsWith(
      writer.generate(ask("opt", ["yes", "no"])),
      "model.unsupported",
      "given answers",
    );
  });

  it("reads a picture ahead", async () => {
    const { engine, factory } = await openKit(VQA);
    await engine.prepare({ image: kitPicture(VQA, "wide.png"), alpha: "drop" });
    assert.equal(factory.count("image_reader"), 1);
    await engine.generate(request(VQA, { text: "what is this?" }));
    assert.equal(factory.count("image_reader"), 1);
  });

  it("refuses what its model was not trained for, and what has no position", async () => {
    const image = kitPicture(CAPTION, "wide.png");
    const captioner = (await openKit(CAPTION)).engine;
    const question = { kind: "question", question: "why?" } as const;
    await failsWith(captioner.generate({ image, prompt: question }), "model.unsupported");
    const answerer = (await openKit(VQA)).engine;
    const caption = { kind: "caption" } as const;
    await failsWith(answerer.generate({ image, prompt: caption }), "model.unsupported");
    const text = "circle ".repeat(1000);
    await failsWith(captioner.generate(request(CAPTION, { text })), "prompt.tooLong");
    await failsWith(answerer.generate(request(VQA, { text })), "prompt.tooLong");
  });
});
