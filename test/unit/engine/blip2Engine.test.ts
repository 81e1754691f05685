import assert from "node:assert/strict";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { AppError, type ErrorCode } from "../../../src/base/errors";
import { silentLogger } from "../../../src/base/logger";
import { loadEngine, type Blip2Engine } from "../../../src/engine/blip2Engine";
import type { GenerationOptions } from "../../../src/engine/generationOptions";
import type {
  GenerateRequest,
  GenerateResult,
  Prompt,
  RunOptions,
  Turn,
} from "../../../src/engine/request";
import { CountingFactory } from "../../helpers/countingFactory";
import { kitPicture, recordedCase, recordedCases } from "../../helpers/kitCases";
import { copyOfKitModel, kitModel, temporaryFolder } from "../../helpers/kitModel";

/** Positions of the picture in the kits opt and t5. */
const QUERIES = 8;
/** Rows of the position table of the kit opt. */
const POSITIONS = 256;
const COLOUR = "Question: what colour is the circle? Answer:";
const SQUARES = "Question: how many squares are there? Short answer:";
const BEAMS = { numBeams: 5, maxNewTokens: 10 } as const;
const GREEDY = { maxNewTokens: 12 } as const;

interface Loaded {
  readonly engine: Blip2Engine;
  readonly factory: CountingFactory;
}

const opened: Loaded[] = [];

async function open(kit: string, featureCacheDir?: string): Promise<Loaded> {
  const factory = new CountingFactory();
  const engine = await loadEngine({
    folder: await kitModel(kit),
    device: "cpu",
    logger: silentLogger,
    factory,
    ...(featureCacheDir === undefined ? {} : { featureCacheDir }),
  });
  const loaded = { engine, factory };
  opened.push(loaded);
  return loaded;
}

const request = (
  kit: string,
  ask: { image?: string; text: string; options?: Partial<GenerationOptions> },
): GenerateRequest => ({
  image: kitPicture(kit, ask.image ?? "wide.png"),
  prompt: { kind: "raw", text: ask.text },
  options: ask.options ?? GREEDY,
  alpha: "drop",
});

const idsOf = (result: GenerateResult): readonly (readonly number[])[] =>
  result.sequences.map(({ tokenIds }) => tokenIds);

/** The answer is that of transformers. */
function equals(
  result: GenerateResult,
  recorded: { kit: string; image: string; text: string; setting?: "greedy" | "beam5" },
): void {
  const { kit, image, text, setting = "greedy" } = recorded;
  const { eos, padding } = kit === "t5" ? { eos: 1, padding: 0 } : { eos: 202, padding: 1 };
  // Beams that ended early are recorded with a filling; and kits leave the padding id out everywhere.
  const bare = (ids: readonly number[]): readonly number[] => {
    const end = ids.indexOf(eos);
    return ids.slice(0, end < 0 ? ids.length : end + 1).filter((id) => id !== padding);
  };
  const { generation } = recordedCase(kit, image, text);
  const expected = generation?.[setting]?.ids.map(bare);
  assert.deepEqual(idsOf(result).map(bare), expected, `${kit} ${image} "${text}" ${setting}`);
}

async function failsWith(work: Promise<unknown>, code: ErrorCode, text = ""): Promise<void> {
  await assert.rejects(work, (thrown) => {
    assert.ok(thrown instanceof AppError, String(thrown));
    assert.equal(thrown.code, code, thrown.message);
    assert.ok(thrown.message.includes(text), thrown.message);
    return true;
  });
}

/** A run that is cancelled when a graph begins its n-th run. */
function cancelAt(factory: CountingFactory, part: string, n: number): RunOptions {
  const controller = new AbortController();
  const before = factory.count(part);
  factory.onRun = (run) => {
    if (run.part === part && factory.count(part) - before === n - 1) controller.abort();
  };
  return { signal: controller.signal };
}

afterEach(async () => {
  for (const { engine, factory } of opened.splice(0)) {
    factory.onRun = () => undefined;
    await engine.release();
    assert.equal(factory.nLive, 0, "device tensors are left after release");
    assert.equal(factory.nSessions, 0, "sessions are left after release");
  }
});

describe("an engine for a picture and OPT", () => {
  it("tells what it runs and reads no weights before they are needed", async () => {
    const { engine, factory } = await open("opt");
    const { name, device, kind, deviceReason } = engine.info;
    assert.deepEqual([name, device, kind], ["opt-f32", "cpu", "generation"]);
    assert.match(deviceReason, /\.$/);
    assert.equal(factory.nSessions, 0);
  });

  it("streams the text that transformers generates and measures each stage", async () => {
    const { engine } = await open("opt");
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
    const { engine, factory } = await open("opt");
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
    const { engine } = await open("opt");
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
    const { engine } = await open("opt");
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
    const { engine, factory } = await open("opt");
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
    const fresh = await open("opt");
    const expected = await fresh.engine.generate(request("opt", { text }));
    const all = fresh.factory.sizes("decoder", "inputs_embeds", 1)[0] ?? 0;
    assert.equal(fed, all - reused);
    assert.deepEqual(idsOf(next), idsOf(expected));
  });

  it("keeps two pictures apart that are asked about in turn", async () => {
    const { engine } = await open("opt");
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
    const { engine, factory } = await open("opt");
    const ask = request("opt", { image: "alpha.png", text: COLOUR });
    await engine.generate(ask);
    const white = await engine.generate({ ...ask, alpha: "white" });
    assert.deepEqual(white.cached, { imageFeatures: "computed", prefixTokens: 0 });
    const { alpha: _, ...unsaid } = ask;
    const byDefault = await engine.generate(unsaid);
    assert.equal(byDefault.cached.imageFeatures, "memory");
    const other = await engine.generate(request("opt", { image: "gray.png", text: COLOUR }));
    assert.deepEqual(other.cached, { imageFeatures: "computed", prefixTokens: 0 });
    assert.equal(factory.count("vision_encoder"), 3);
  });

  it("holds no more device tensors after many questions than after two", async () => {
    const { engine, factory } = await open("opt");
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
    const { engine } = await open("opt");
    const plain = await engine.generate(request("opt", { text: "a photo of" }));
    const smuggled = await engine.generate(request("opt", { text: "<image><image>a photo of" }));
    assert.deepEqual(idsOf(smuggled), idsOf(plain));
  });

  it("refuses pictures, options and scores that it cannot take, and goes on", async () => {
    const { engine, factory } = await open("opt");
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
  const longChat = (turns: number): Prompt => ({
    kind: "chat",
    turns: Array.from({ length: turns }, (_, i): Turn => ({
      question: `how many squares are there in the picture ${i}?`,
      answer: "two small blue squares",
    })),
    question: "what colour is the circle?",
  });

  it("loses whole turns, oldest first, and no position is out of the table", async () => {
    const { engine, factory } = await open("opt");
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
    const { engine, factory } = await open("opt");
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
    const { engine, factory } = await open("opt");
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

describe("an engine for a picture and T5", () => {
  it("runs the encoder again only for another prompt or picture", async () => {
    const { engine, factory } = await open("t5");
    const { text_ids } = recordedCase("t5", "wide.png", COLOUR);
    const ask = request("t5", { text: COLOUR });
    const first = await engine.generate(ask);
    assert.equal(first.cached.prefixTokens, 0);
    const again = await engine.generate(ask);
    assert.equal(again.cached.prefixTokens, QUERIES + text_ids.length);
    const beams = await engine.generate({ ...ask, options: BEAMS });
    assert.equal(beams.cached.prefixTokens, QUERIES + text_ids.length);
    assert.equal(factory.count("text_encoder"), 1);
    for (const result of [first, again]) {
      equals(result, { kit: "t5", image: "wide.png", text: COLOUR });
    }
    equals(beams, { kit: "t5", image: "wide.png", text: COLOUR, setting: "beam5" });
    const other = await engine.generate(request("t5", { image: "tall.png", text: COLOUR }));
    assert.equal(other.cached.prefixTokens, 0);
    equals(other, { kit: "t5", image: "tall.png", text: COLOUR });
    await engine.generate(request("t5", { image: "tall.png", text: SQUARES }));
    assert.equal(factory.count("text_encoder"), 3);
  });

  it("holds the keys and values of one prompt between questions", async () => {
    const { engine, factory } = await open("t5");
    for (const options of [GREEDY, BEAMS, { ...GREEDY, doSample: true, numReturnSequences: 4 }]) {
      for (const text of [COLOUR, SQUARES]) {
        await engine.generate(request("t5", { text, options }));
        // Two tensors in three layers.
        assert.equal(factory.nLive, 6);
      }
    }
  });

  it("refuses a prompt beyond what its memory allows", async () => {
    const { engine, factory } = await open("t5");
    const ask = request("t5", { text: "why? ".repeat(3000) });
    await failsWith(engine.generate(ask), "prompt.tooLong");
    assert.equal(factory.runs.length, 0);
  });
});

describe("cancelling", () => {
  for (const kit of ["opt", "t5"]) {
    it(`takes effect within one token of ${kit} and leaves the caches right`, async () => {
      const { engine, factory } = await open(kit);
      const recorded = { kit, image: "wide.png", text: COLOUR } as const;
      // Long enough that every one of these runs happens; `more` runs of the decoder may follow.
      const greedy = { maxNewTokens: 12, minNewTokens: 12 };
      const beams = { ...BEAMS, minNewTokens: 10 };
      const loops = [
        { part: "embed_tokens", options: greedy, at: [1, 2, 5], more: 0 },
        { part: "decoder", options: greedy, at: [1, 2, 3, 6], more: 0 },
        { part: "decoder", options: beams, at: [1, 2, 4], more: 0 },
        { part: "reorder_cache", options: beams, at: [1, 3], more: 1 },
      ];
      for (const { part, options, at, more } of loops) {
        for (const n of at) {
          const run = cancelAt(factory, part, n);
          const before = factory.count("decoder");
          const answer = engine.generate(request(kit, { text: SQUARES, options }), run);
          await failsWith(answer, "request.cancelled");
          assert.ok(factory.count("decoder") - before <= n + more, `${part} ${n}`);
          factory.onRun = () => undefined;
          const next = await engine.generate(request(kit, { text: COLOUR }));
          equals(next, recorded);
          const five = await engine.generate(request(kit, { text: COLOUR, options: BEAMS }));
          equals(five, { ...recorded, setting: "beam5" });
        }
      }
    });

    it(`ends ${kit} before the next graph when it comes while the picture is looked at`, async () => {
      for (const [part, after] of [
        ["vision_encoder", "qformer"],
        ["qformer", "decoder"],
      ] as const) {
        const { engine, factory } = await open(kit);
        const early = engine.generate(request(kit, { text: COLOUR }), cancelAt(factory, part, 1));
        await failsWith(early, "request.cancelled");
        assert.deepEqual([factory.count(part), factory.count(after)], [1, 0]);
        const next = await engine.generate(request(kit, { text: COLOUR }));
        equals(next, { kit, image: "wide.png", text: COLOUR });
      }
    });

    it(`from within the stream ends ${kit} after that very token`, async () => {
      const { engine, factory } = await open(kit);
      const controller = new AbortController();
      const onText = (): void => {
        controller.abort();
      };
      const options = { maxNewTokens: 100, minNewTokens: 100 };
      const ask = request(kit, { image: "tall.png", text: "a photo of", options });
      await failsWith(
        engine.generate(ask, { onText, signal: controller.signal }),
        "request.cancelled",
      );
      assert.ok(factory.count("decoder") < 20, `${factory.count("decoder")} runs`);
    });

    it(`is not needed after a failure of the device: ${kit} answers the next question`, async () => {
      const { engine, factory } = await open(kit);
      const recorded = { kit, image: "wide.png", text: COLOUR } as const;
      for (const part of ["decoder", "embed_tokens", "reorder_cache"]) {
        for (const n of [1, 2, 4]) {
          let left = n;
          factory.onRun = (run) => {
            if (run.part !== part || --left > 0) return;
            throw new AppError("device.failed", "Out of memory.");
          };
          const ask = request(kit, { text: SQUARES, options: BEAMS });
          await failsWith(engine.generate(ask), "device.failed");
          factory.onRun = () => undefined;
          const next = await engine.generate(request(kit, { text: COLOUR, options: BEAMS }));
          equals(next, { ...recorded, setting: "beam5" });
        }
      }
    });
  }
});

describe("the queue of an engine", () => {
  it("answers two questions that come at once one after the other", async () => {
    const { engine, factory } = await open("opt");
    const order: string[] = [];
    const ask = async (image: string): Promise<GenerateResult> => {
      const onText = (): void => void order.push(image);
      return engine.generate(request("opt", { image, text: COLOUR }), { onText });
    };
    const images = ["wide.png", "tall.png", "tiny.png"];
    const results = await Promise.all(images.map(ask));
    for (const [i, image] of images.entries()) {
      equals(results[i]!, { kit: "opt", image, text: COLOUR });
    }
    const changes = order.filter((image, i) => image !== order[i - 1]);
    assert.deepEqual(changes, images);
    const parts = factory.runs.map(({ part }) => part);
    const last = (part: string, n: number): number =>
      parts.reduce((found, name, i) => (name === part && n-- > 0 ? i : found), -1);
    // The second picture is first looked at when the first answer is complete.
    assert.ok(last("vision_encoder", 2) > parts.indexOf("decoder"));
  });

  it("never begins a request that was cancelled while it waited", async () => {
    const { engine, factory } = await open("opt");
    const controller = new AbortController();
    const first = engine.generate(request("opt", { text: COLOUR }));
    const ask = request("opt", { image: "tall.png", text: COLOUR });
    const second = engine.generate(ask, { signal: controller.signal });
    const third = engine.generate(request("opt", { text: SQUARES }));
    controller.abort();
    await failsWith(second, "request.cancelled");
    assert.equal((await first).tokens, 12);
    assert.ok((await third).tokens > 0);
    assert.equal(factory.count("vision_encoder"), 1);
  });

  it("goes on after a request that failed", async () => {
    const { engine } = await open("opt");
    const bad = engine.generate({ image: new Uint8Array(), prompt: { kind: "caption" } });
    const good = engine.generate(request("opt", { text: COLOUR }));
    await failsWith(bad, "image.unreadable");
    assert.equal((await good).tokens, 12);
  });

  it("lets the running request end before it releases, and takes none after that", async () => {
    const { engine, factory } = await open("opt");
    const ask = request("opt", { text: COLOUR });
    let release: Promise<void> | undefined;
    const running = engine.generate(ask, {
      onText: () => {
        release ??= engine.release();
      },
    });
    assert.equal((await running).tokens, 12);
    assert.ok(release);
    await release;
    assert.deepEqual([factory.nLive, factory.nSessions], [0, 0]);
    await failsWith(engine.generate(ask), "model.missing");
    await failsWith(engine.score({ image: ask.image, texts: ["x"] }), "model.missing");
    await engine.release();
    const unused = await open("opt");
    await unused.engine.release();
  });
});

describe("image features on disk", () => {
  it("serve a new engine for the same model, however it is stored", async () => {
    const dir = await temporaryFolder();
    const first = await open("opt", dir);
    await first.engine.generate(request("opt", { text: COLOUR }));
    const second = await open("opt", dir);
    const result = await second.engine.generate(request("opt", { text: COLOUR }));
    assert.deepEqual(result.cached, { imageFeatures: "disk", prefixTokens: 0 });
    equals(result, { kit: "opt", image: "wide.png", text: COLOUR });
    assert.equal(second.factory.count("vision_encoder"), 0);
  });

  it("do not serve another model or another treatment of transparency", async () => {
    const dir = await temporaryFolder();
    const options = {
      folder: "",
      device: "cpu",
      logger: silentLogger,
      featureCacheDir: dir,
    } as const;
    const precisions = ["f32", "f16"];
    for (const precision of precisions) {
      const engine = await loadEngine({ ...options, folder: await kitModel("opt-odd", precision) });
      for (const alpha of ["drop", "white"] as const) {
        const image = kitPicture("opt-odd", "alpha.png");
        const result = await engine.generate({ image, prompt: { kind: "caption" }, alpha });
        assert.equal(result.cached.imageFeatures, "computed");
      }
      await engine.release();
    }
    const files = (await readdir(dir, { recursive: true })).filter((name) => name.includes("."));
    assert.equal(files.length, 4);
  });

  it("that are damaged are computed again and replaced", async () => {
    const dir = await temporaryFolder();
    const ask = request("opt", { text: COLOUR });
    await (await open("opt", dir)).engine.generate(ask);
    const [name] = (await readdir(dir, { recursive: true })).filter((file) => file.includes("."));
    assert.ok(name !== undefined);
    const file = path.join(dir, name);
    const good = await readFile(file);
    await writeFile(file, good.subarray(0, good.length >> 1));
    const result = await (await open("opt", dir)).engine.generate(ask);
    assert.equal(result.cached.imageFeatures, "computed");
    assert.equal((await stat(file)).size, good.length);
    const third = await (await open("opt", dir)).engine.generate(ask);
    assert.equal(third.cached.imageFeatures, "disk");
  });
});

describe("an engine for retrieval", () => {
  it("answers no questions", async () => {
    const { engine } = await open("itm");
    assert.equal(engine.info.kind, "retrieval");
    const image = kitPicture("itm", "wide.png");
    await failsWith(engine.generate({ image, prompt: { kind: "caption" } }), "model.unsupported");
  });

  it("serves a moved model from the features it stored", async () => {
    const dir = await temporaryFolder();
    const texts = ["zebra!"];
    const image = kitPicture("itm", "gray.png");
    const scores: unknown[] = [];
    for (const folder of [await kitModel("itm"), await copyOfKitModel("itm")]) {
      const engine = await loadEngine({
        folder,
        device: "cpu",
        logger: silentLogger,
        featureCacheDir: dir,
      });
      const result = await engine.score({ image, texts });
      scores.push([result.cached.imageFeatures, result.scores]);
      await engine.release();
    }
    const [[, first], second] = scores as [unknown[], unknown[]];
    assert.deepEqual(second, ["disk", first]);
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
