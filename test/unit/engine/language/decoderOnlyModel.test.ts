import assert from "node:assert/strict";
import type { GenerateResult, Prompt, Turn } from "../../../../src/model/ask/request";
import {
  BEAMS,
  closeEngines,
  COLOUR,
  equals,
  failsWith,
  GREEDY,
  idsOf,
  openKit,
  QUERIES,
  request,
  SQUARES,
} from "../../../helpers/countedEngine";
import type { CountingFactory } from "../../../helpers/countingFactory";
import { kitPicture, recordedCase, recordedCases } from "../../../helpers/kitCases";

/** Rows of the position table of the kit opt. */
const POSITIONS = 256;

describe("an engine for a picture and OPT", () => {
  afterEach(closeEngines);

  it("tells what it runs and reads no weights before they are needed", async () => {
    const { engine, factory } = await openKit("opt");
    const { name, device, kind, deviceReason } = engine.info;
    assert.deepEqual([name, device, kind], ["opt-f32", "cpu", "generation"]);
    assert.deepEqual(deviceReason, { code: "asked", device: "cpu" });
    assert.equal(factory.nSessions, 0);
  });

  it("streams the text that transformers generates and measures each stage", async () => {
    const { engine } = await openKit("opt");
    const pieces: string[] = [];
    const onText = (text: string): void => void pieces.push(text);
    const result = await engine.generate(request("opt", { text: COLOUR }), { onText });
    equals(result, { kit: "opt", image: "wide.png", text: COLOUR });
    assert.equal(pieces.join("").trim(), result.sequences[0]?.text);
    assert.ok(pieces.length > 1);
    assert.equal(result.tokens, 12);
    assert.deepEqual(result.cached, { imageFeatures: "computed", prefixTokens: 0 });
    const { preprocess, vision, qformer, prefill, decode, total } = result.timings;
    for (const ms of [preprocess, vision, qformer, prefill, decode]) assert.ok(ms > 0);
    assert.ok(preprocess + vision + qformer + prefill + decode <= total);
  });

  it("computes only the new tokens of a second question about the same picture", async () => {
    const { engine, factory } = await openKit("opt");
    await engine.generate(request("opt", { text: COLOUR }));
    factory.runs.splice(0);
    const second = await engine.generate(request("opt", { text: SQUARES }));
    const first = recordedCase("opt", "wide.png", COLOUR).text_ids;
    const { text_ids: ids } = recordedCase("opt", "wide.png", SQUARES);
    const shared = ids.findIndex((id, i) => id !== first[i]);
    assert.equal(shared, 5);
    assert.deepEqual(second.cached, { imageFeatures: "memory", prefixTokens: QUERIES + shared });
    assert.equal(factory.count("vision_encoder") + factory.count("qformer"), 0);
    assert.equal(factory.sizes("decoder", "inputs_embeds", 1)[0], ids.length - shared);
    equals(second, { kit: "opt", image: "wide.png", text: SQUARES });
    const { preprocess, vision, qformer } = second.timings;
    assert.deepEqual([preprocess, vision, qformer], [0, 0, 0]);
  });

  it("gives for every case of the kit, asked in any order, what transformers gives", async () => {
    const { engine } = await openKit("opt");
    const cases = [...recordedCases("opt")];
    // A stride that visits all 27 cases and mixes pictures and prompts.
    for (let i = 0; i < cases.length; i++) {
      const { image, text } = cases[(i * 5) % cases.length]!;
      const setting = i % 3 === 0 ? "beam5" : "greedy";
      const options = setting === "beam5" ? BEAMS : GREEDY;
      const result = await engine.generate(request("opt", { image, text, options }));
      equals(result, { kit: "opt", image, text, setting });
    }
  });

  it("reuses a prompt after beams, and the picture for a prompt of its own", async () => {
    const { engine } = await openKit("opt");
    await engine.generate(request("opt", { text: COLOUR, options: BEAMS }));
    const { text_ids } = recordedCase("opt", "wide.png", COLOUR);
    const again = await engine.generate(request("opt", { text: COLOUR, options: BEAMS }));
    assert.equal(again.cached.prefixTokens, QUERIES + text_ids.length - 1);
    equals(again, { kit: "opt", image: "wide.png", text: COLOUR, setting: "beam5" });
    const greedy = await engine.generate(request("opt", { text: COLOUR }));
    assert.equal(greedy.cached.prefixTokens, QUERIES + text_ids.length - 1);
    equals(greedy, { kit: "opt", image: "wide.png", text: COLOUR });
    const empty = await engine.generate(request("opt", { text: "" }));
    assert.equal(empty.cached.prefixTokens, QUERIES);
    equals(empty, { kit: "opt", image: "wide.png", text: "" });
  });

  it("continues a conversation behind the answer that it gave", async () => {
    const { engine, factory } = await openKit("opt");
    const first = await engine.generate(request("opt", { text: "a photo of" }));
    const { text_ids } = recordedCase("opt", "wide.png", "a photo of");
    const answer = first.sequences[0]?.tokenIds ?? [];
    assert.equal(answer.length, 12);
    // The kept positions end before the last new token, which was never fed.
    const text = `a photo of${first.sequences[0]?.text ?? ""} and`;
    factory.runs.splice(0);
    const next = await engine.generate(request("opt", { text }));
    const reused = next.cached.prefixTokens;
    const fed = factory.sizes("decoder", "inputs_embeds", 1)[0] ?? 0;
    assert.ok(reused > QUERIES + text_ids.length, `${reused} positions were reused`);
    assert.ok(reused <= QUERIES + text_ids.length + answer.length - 1);
    const fresh = await openKit("opt");
    const expected = await fresh.engine.generate(request("opt", { text }));
    const all = fresh.factory.sizes("decoder", "inputs_embeds", 1)[0] ?? 0;
    assert.equal(fed, all - reused);
    assert.deepEqual(idsOf(next), idsOf(expected));
    const beams = request("opt", { text: `${text} a`, options: BEAMS });
    const another = await openKit("opt");
    assert.deepEqual(
      idsOf(await engine.generate(beams)),
      idsOf(await another.engine.generate(beams)),
    );
  });

  it("keeps two pictures apart that are asked about in turn", async () => {
    const { engine } = await openKit("opt");
    for (let round = 0; round < 3; round++) {
      for (const image of ["wide.png", "tall.png"]) {
        const result = await engine.generate(request("opt", { image, text: COLOUR }));
        equals(result, { kit: "opt", image, text: COLOUR });
        const { text_ids } = recordedCase("opt", image, COLOUR);
        const reused = round === 0 ? 0 : QUERIES + text_ids.length - 1;
        assert.equal(result.cached.prefixTokens, reused);
      }
    }
  });

  it("reuses nothing for another picture or another reading of the same one", async () => {
    const { engine, factory } = await openKit("opt");
    const ask = request("opt", { image: "alpha.png", text: COLOUR });
    await engine.generate(ask);
    const white = await engine.generate({ ...ask, alpha: "white" });
    assert.deepEqual(white.cached, { imageFeatures: "computed", prefixTokens: 0 });
    const { image, prompt } = ask;
    // The default looks at the picture first, so what was asked for on white does not answer for it.
    const byDefault = await engine.generate({ image, prompt, options: GREEDY });
    assert.equal(byDefault.cached.imageFeatures, "computed");
    const other = await engine.generate(request("opt", { image: "gray.png", text: COLOUR }));
    assert.deepEqual(other.cached, { imageFeatures: "computed", prefixTokens: 0 });
    assert.equal(factory.count("vision_encoder"), 4);
  });

  it("holds no more device tensors after many questions than after two", async () => {
    const { engine, factory } = await openKit("opt", { device: "webgpu" });
    const live: number[] = [];
    for (let i = 0; i < 12; i++) {
      const image = ["wide.png", "tall.png", "gray.png"][i % 3]!;
      const options = i % 2 === 0 ? BEAMS : { ...GREEDY, doSample: true, numReturnSequences: 3 };
      await engine.generate(request("opt", { image, text: `${COLOUR} ${i}`, options }));
      live.push(factory.nLive);
    }
    // Keys and values of two sequences in three layers.
    assert.deepEqual(new Set(live.slice(2)), new Set([2 * 2 * 3]));
  });

  it("ignores the placeholder of the picture in a question", async () => {
    const { engine } = await openKit("opt");
    const plain = await engine.generate(request("opt", { text: "a photo of" }));
    const smuggled = await engine.generate(request("opt", { text: "<image><image>a photo of" }));
    assert.deepEqual(idsOf(smuggled), idsOf(plain));
  });

  it("refuses pictures, options and scores that it cannot take, and goes on", async () => {
    const { engine, factory } = await openKit("opt");
    const image = new Uint8Array([1, 2, 3]);
    const prompt: Prompt = { kind: "question", question: "what?" };
    const broken = engine.generate({ image, prompt, imageName: "cat.png" });
    await failsWith(broken, "image.unreadable", "cat.png");
    const ask = request("opt", { text: "x" });
    const wrong = engine.generate({ ...ask, options: { maxNewTokens: 0 } });
    await failsWith(wrong, "option.invalid", "maxNewTokens");
    const empty = engine.generate({ ...ask, prompt: { kind: "question", question: " \n" } });
    await failsWith(empty, "option.invalid", "question");
    await failsWith(engine.score({ image, texts: ["x"] }), "model.unsupported", "opt-f32");
    assert.equal(factory.runs.length, 0);
    const result = await engine.generate(request("opt", { text: COLOUR }));
    equals(result, { kit: "opt", image: "wide.png", text: COLOUR });
  });
});

describe("a long prompt for OPT", () => {
  afterEach(closeEngines);

  const longChat = (turns: number): Prompt => ({
    kind: "chat",
    turns: Array.from({ length: turns }, (_, i): Turn => ({
      question: `how many squares are there in the picture ${i}?`,
      answer: "two small blue squares",
    })),
    question: "what colour is the circle?",
  });

  it("loses whole turns, oldest first, and no position is out of the table", async () => {
    const { engine, factory } = await openKit("opt");
    const image = kitPicture("opt", "wide.png");
    const options = { maxNewTokens: 20, minNewTokens: 20 };
    const ask = async (turns: number): Promise<GenerateResult> =>
      engine.generate({ image, prompt: longChat(turns), options });
    assert.equal((await ask(2)).droppedTurns, 0);
    const result = await ask(40);
    assert.ok(result.droppedTurns > 0 && result.droppedTurns < 40, `${result.droppedTurns}`);
    assert.equal(result.tokens, 20);
    const shorter = await ask(40 - result.droppedTurns);
    assert.equal(shorter.droppedTurns, 0);
    const one = await ask(41 - result.droppedTurns);
    assert.equal(one.droppedTurns, 1);
    assert.ok(largestPosition(factory) <= POSITIONS - 1, `${largestPosition(factory)}`);
  });

  it("may fill the table to its last row and not one token more", async () => {
    const { engine, factory } = await openKit("opt");
    const { text_ids } = recordedCase("opt", "wide.png", COLOUR);
    // The last new token is not fed and needs no position.
    const maxNewTokens = POSITIONS - QUERIES - text_ids.length + 1;
    const options = { maxNewTokens, minNewTokens: maxNewTokens };
    const result = await engine.generate(request("opt", { text: COLOUR, options }));
    assert.equal(result.tokens, maxNewTokens);
    assert.equal(result.sequences[0]?.finishReason, "length");
    assert.equal(largestPosition(factory), POSITIONS - 1);
    const more = { maxNewTokens: maxNewTokens + 1 };
    const tooMany = engine.generate(request("opt", { text: COLOUR, options: more }));
    await failsWith(tooMany, "prompt.tooLong", "fewer new tokens");
  });

  it("is refused before the picture is looked at when the question alone does not fit", async () => {
    const { engine, factory } = await openKit("opt");
    const image = kitPicture("opt", "wide.png");
    const question = "why? ".repeat(500);
    const prompts: readonly Prompt[] = [
      { kind: "question", question },
      { kind: "chat", turns: [{ question: "a?", answer: "b" }], question },
      { kind: "caption", prefix: question },
      { kind: "raw", text: question },
    ];
    for (const prompt of prompts) {
      await failsWith(engine.generate({ image, prompt }), "prompt.tooLong");
    }
    for (const prompt of [longChat(3), longChat(0), { kind: "raw", text: "" } as const]) {
      const options = { maxNewTokens: 4096 };
      await failsWith(engine.generate({ image, prompt, options }), "prompt.tooLong", "room for 0");
    }
    assert.equal(factory.runs.length, 0);
  });
});

/** Largest position that any run of the decoder computed. */
function largestPosition(factory: CountingFactory): number {
  return factory.runs.reduce((largest, { part, feeds }) => {
    const { data } = feeds["position_ids"] ?? {};
    if (part !== "decoder" || data === undefined) return largest;
    return Math.max(largest, ...[...data].map(Number));
  }, -1);
}
