import assert from "node:assert/strict";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { AppError, isCancelled as isCancellation } from "../../../src/base/errors";
import { silentLogger } from "../../../src/base/logger";
import { loadEngine } from "../../../src/engine/blip2Engine";
import {
  BEAMS,
  cancelAt,
  closeEngines,
  COLOUR,
  COUNTED_DEVICES,
  equals,
  failsWith,
  GREEDY,
  openKit,
  QUERIES,
  request,
  SQUARES,
} from "../../helpers/countedEngine";
import { kitPicture, recordedCases } from "../../helpers/kitCases";
import { copyOfKitModel, kitModel, temporaryFolder } from "../../helpers/kitModel";
import { SeededRandom } from "../../helpers/random";

describe("cancelling", () => {
  afterEach(closeEngines);

  const kinds = ["opt", "t5"].flatMap((kit) => COUNTED_DEVICES.map((device) => ({ kit, device })));
  for (const { kit, device } of kinds) {
    it(`takes effect within one token of ${kit} on ${device} and leaves the caches right`, async () => {
      const { engine, factory } = await openKit(kit, { device });
      const recorded = { kit, image: "wide.png", text: COLOUR } as const;
      // Long enough that every one of these runs happens; `more` runs of the decoder may follow.
      const greedy = { maxNewTokens: 12, minNewTokens: 12 };
      const beams = { ...BEAMS, minNewTokens: 10 };
      const loops = [
        { part: "embed_tokens", options: greedy, at: [1, 2, 5], more: 0 },
        { part: "decoder", options: greedy, at: [1, 2, 3, 6], more: 0 },
        { part: "decoder", options: beams, at: [1, 2, 4], more: 0 },
        ...(device === "cpu"
          ? []
          : [{ part: "reorder_cache", options: beams, at: [1, 3], more: 1 }]),
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

    it(`ends ${kit} on ${device} before the next graph when it comes while the picture is looked at`, async () => {
      for (const [part, after] of [
        ["vision_encoder", "qformer"],
        ["qformer", "decoder"],
      ] as const) {
        const { engine, factory } = await openKit(kit, { device });
        const early = engine.generate(request(kit, { text: COLOUR }), cancelAt(factory, part, 1));
        await failsWith(early, "request.cancelled");
        assert.deepEqual([factory.count(part), factory.count(after)], [1, 0]);
        const next = await engine.generate(request(kit, { text: COLOUR }));
        equals(next, { kit, image: "wide.png", text: COLOUR });
      }
    });

    it(`from within the stream ends ${kit} on ${device} after that very token`, async () => {
      const { engine, factory } = await openKit(kit, { device });
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

    it(`at any time, among questions in any order, never changes an answer of ${kit} on ${device}`, async () => {
      const { engine, factory } = await openKit(kit, { device });
      const random = new SeededRandom(7);
      let nCancelled = 0;
      for (let i = 0; i < 60; i++) {
        const { image, text } = random.pick(recordedCases(kit));
        const setting = random.pick(["greedy", "beam5"] as const);
        const options = setting === "beam5" ? BEAMS : GREEDY;
        const part = random.pick(["decoder", "embed_tokens", "reorder_cache", "qformer"]);
        const isCancelled = random.int(2) === 0;
        const run = isCancelled ? cancelAt(factory, part, 1 + random.int(8)) : {};
        const answer = engine.generate(request(kit, { image, text, options }), run);
        try {
          equals(await answer, { kit, image, text, setting });
        } catch (thrown) {
          if (!isCancelled || !isCancellation(thrown)) throw thrown;
          nCancelled++;
        }
        factory.onRun = () => undefined;
      }
      assert.ok(nCancelled > 10, `${nCancelled} were cancelled`);
    });

    it(`is not needed after a failure of the device: ${kit} on ${device} answers the next question`, async () => {
      const { engine, factory } = await openKit(kit, { device });
      const recorded = { kit, image: "wide.png", text: COLOUR } as const;
      // Only an accelerator moves its cache by graphs.
      const parts = ["decoder", "embed_tokens", ...(device === "cpu" ? [] : ["reorder_cache"])];
      for (const part of parts) {
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

describe("an engine that is asked", () => {
  afterEach(closeEngines);

  it("while it answers refuses, and the answer is as if nobody had", async () => {
    const { engine } = await openKit("opt");
    const first = engine.generate(request("opt", { text: COLOUR }));
    const ask = request("opt", { image: "tall.png", text: COLOUR });
    await failsWith(engine.generate(ask), "internal");
    await failsWith(engine.prepare({ image: ask.image }), "internal");
    equals(await first, { kit: "opt", image: "wide.png", text: COLOUR });
    equals(await engine.generate(ask), { kit: "opt", image: "tall.png", text: COLOUR });
  });

  it("with a signal that has fired begins nothing", async () => {
    const { engine, factory } = await openKit("opt");
    const ask = request("opt", { text: COLOUR });
    await failsWith(engine.generate(ask, { signal: AbortSignal.abort() }), "request.cancelled");
    assert.equal(factory.count("vision_encoder"), 0);
  });

  it("after a request that failed answers", async () => {
    const { engine } = await openKit("opt");
    const bad = engine.generate({ image: new Uint8Array(), prompt: { kind: "caption" } });
    await failsWith(bad, "image.unreadable");
    assert.equal((await engine.generate(request("opt", { text: COLOUR }))).tokens, 12);
  });

  it("lets the running request end before it releases, and takes none after that", async () => {
    const { engine, factory } = await openKit("opt");
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
    const unused = await openKit("opt");
    await unused.engine.release();
  });
});

describe("image features on disk", () => {
  afterEach(closeEngines);

  it("serve a new engine for the same model, however it is stored", async () => {
    const dir = await temporaryFolder();
    const first = await openKit("opt", { featureCacheDir: dir });
    await first.engine.generate(request("opt", { text: COLOUR }));
    const second = await openKit("opt", { featureCacheDir: dir });
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
    await (await openKit("opt", { featureCacheDir: dir })).engine.generate(ask);
    const [name] = (await readdir(dir, { recursive: true })).filter((file) => file.includes("."));
    assert.ok(name !== undefined);
    const file = path.join(dir, name);
    const good = await readFile(file);
    await writeFile(file, good.subarray(0, good.length >> 1));
    const result = await (await openKit("opt", { featureCacheDir: dir })).engine.generate(ask);
    assert.equal(result.cached.imageFeatures, "computed");
    assert.equal((await stat(file)).size, good.length);
    const third = await (await openKit("opt", { featureCacheDir: dir })).engine.generate(ask);
    assert.equal(third.cached.imageFeatures, "disk");
  });
});

describe("an engine before the question", () => {
  afterEach(closeEngines);

  for (const kit of ["opt", "t5", "itm"]) {
    it(`opens every weight of ${kit} and tells how far it is before each part`, async () => {
      const { engine, factory } = await openKit(kit);
      const seen: string[] = [];
      let totalBytes = 0;
      await engine.open({
        onProgress: (progress) => {
          totalBytes = progress.totalBytes;
          seen.push(`${factory.nSessions} ${progress.doneBytes === totalBytes ? "end" : "open"}`);
        },
      });
      const nParts = factory.nSessions;
      assert.ok(nParts >= 4 && totalBytes > 0);
      const expected = Array.from({ length: nParts }, (_, n) => `${n} open`);
      assert.deepEqual(seen, [...expected, `${nParts} end`]);
      await engine.open();
      assert.equal(factory.nSessions, nParts);
    });

    it(`stops opening ${kit} between two parts`, async () => {
      const { engine, factory } = await openKit(kit);
      const controller = new AbortController();
      const onProgress = (): void => {
        if (factory.nSessions === 2) controller.abort();
      };
      await failsWith(engine.open({ signal: controller.signal, onProgress }), "request.cancelled");
      assert.equal(factory.nSessions, 2);
      await engine.open();
    });
  }

  it("looks at a picture ahead, and the question runs the vision side no more", async () => {
    const { engine, factory } = await openKit("opt");
    const { image, alpha = "white" } = request("opt", { text: COLOUR });
    const { cached } = await engine.prepare({ image, alpha });
    assert.equal(cached.imageFeatures, "computed");
    const nSessions = factory.nSessions;
    const result = await engine.generate(request("opt", { text: COLOUR }));
    equals(result, { kit: "opt", image: "wide.png", text: COLOUR });
    assert.equal(result.cached.imageFeatures, "memory");
    assert.equal(factory.count("vision_encoder"), 1);
    assert.equal(factory.nSessions, nSessions);
    assert.equal((await engine.prepare({ image, alpha })).cached.imageFeatures, "memory");
  });

  it("computes the beginning of every prompt of OPT ahead", async () => {
    const { engine, factory } = await openKit("opt");
    const { image, alpha = "white" } = request("opt", { text: COLOUR });
    await engine.prepare({ image, alpha });
    await engine.prepare({ image, alpha });
    assert.equal(factory.count("decoder"), 1);
    for (const [text, options, setting] of [
      [COLOUR, GREEDY, "greedy"],
      [SQUARES, BEAMS, "beam5"],
    ] as const) {
      const result = await engine.generate(request("opt", { text, options }));
      equals(result, { kit: "opt", image: "wide.png", text, setting });
      assert.ok(result.cached.prefixTokens >= QUERIES, `${result.cached.prefixTokens}`);
    }
  });

  it("has nothing to compute ahead of T5's encoder", async () => {
    const { engine, factory } = await openKit("t5");
    const { image, alpha = "white" } = request("t5", { text: COLOUR });
    await engine.prepare({ image, alpha });
    assert.deepEqual([factory.count("text_encoder"), factory.count("decoder")], [0, 0]);
    const result = await engine.generate(request("t5", { text: COLOUR }));
    equals(result, { kit: "t5", image: "wide.png", text: COLOUR });
  });

  it("sees a picture through that was cancelled on the way, and begins none that was cancelled before", async () => {
    const { engine, factory } = await openKit("opt");
    const { image, alpha = "white" } = request("opt", { text: COLOUR });
    const run = cancelAt(factory, "vision_encoder", 1);
    await failsWith(engine.prepare({ image, alpha }, run), "request.cancelled");
    factory.onRun = () => undefined;
    const result = await engine.generate(request("opt", { text: COLOUR }));
    assert.equal(result.cached.imageFeatures, "memory");
    const other = kitPicture("opt", "tall.png");
    const signal = AbortSignal.abort();
    await failsWith(engine.prepare({ image: other }, { signal }), "request.cancelled");
    assert.equal(factory.count("vision_encoder"), 1);
  });

  it("says what its precision is called", async () => {
    for (const precision of ["f32", "balanced", "small"]) {
      const folder = await kitModel("opt-odd", precision);
      const engine = await loadEngine({ folder, device: "cpu", logger: silentLogger });
      assert.equal(engine.info.precision, precision);
      await engine.release();
    }
  });
});

describe("an engine for retrieval", () => {
  afterEach(closeEngines);

  it("answers no questions", async () => {
    const { engine } = await openKit("itm");
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
