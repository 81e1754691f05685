import assert from "node:assert/strict";
import { AppError, type ErrorCode } from "../../src/base/errors";
import { silentLogger } from "../../src/base/logger";
import type { EnginePort } from "../../src/child/enginePort";
import { serveEngine } from "../../src/child/engineServer";
import type { Prompt } from "../../src/model/ask/request";
import { byDigest } from "../../src/host/pictures/picture";
import type { MethodName, Params } from "../../src/protocol/methods";
import { RpcClient } from "../../src/protocol/rpcClient";
import { memoryTransportPair } from "../../src/protocol/transport";
import { createFakeEngine, STORE_CONTENTS } from "../helpers/fakeEngine";

const image = new Uint8Array([1, 2, 3]);
const raw = (text: string): Prompt => ({ kind: "raw", text });

describe("host and child, in memory", () => {
  it("answer every method", async () => {
    const { client } = connect(createFakeEngine());
    const texts: string[] = [];
    const progress: number[] = [];
    assert.deepEqual(await client.request("load", { model: "/m", device: "auto" }), {
      name: "/m",
      device: "cpu",
      deviceReason: { code: "asked", device: "cpu" },
      kind: "generation",
    });
    const answer = await client.request(
      "generate",
      { image, prompt: raw("count 3"), options: { maxNewTokens: 3 } },
      { onText: (text) => texts.push(text) },
    );
    assert.equal(answer.sequences[0]?.text, "0 1 2 ");
    assert.deepEqual(texts, ["0 ", "1 ", "2 "]);
    const score = await client.request("score", { image, texts: ["a cat"] });
    assert.deepEqual(score.scores, [{ text: "a cat", itc: 0.25, itm: 0.75 }]);
    const converted = await client.request(
      "convert",
      { checkpoint: "/c", out: "/o" },
      { onProgress: ({ doneBytes }) => progress.push(doneBytes) },
    );
    assert.deepEqual(converted, { folder: "/o" });
    const plan = await client.request("planImport", { checkpoint: "/c", precision: "f16" });
    assert.deepEqual([plan.name, plan.precision, plan.modelBytes], ["c", "f16", 2]);
    const { models } = await client.request("models", {});
    assert.deepEqual(models, [{ name: "demo", bytes: 0 }]);
    const thumbnail = await client.request("thumbnail", { image, maxSide: 64 });
    assert.deepEqual(thumbnail, { image: image.slice(0, 1), width: 3, height: 1 });
    assert.deepEqual(await client.request("deleteModel", { name: "/other" }), { freedBytes: 7 });
    assert.deepEqual(await client.request("storeContents", {}), STORE_CONTENTS);
    const emptied = { freedBytes: 10, left: ["/store/thesis"] };
    assert.deepEqual(await client.request("emptyStore", {}), emptied);
    assert.deepEqual(progress, [1, 2, 3]);
    const status = await client.request("status", {});
    assert.equal(status.loaded?.name, "/m");
    assert.equal(status.pid, process.pid);
    assert.ok(status.rssBytes > 1e6 && status.uptimeMs > 0);
    assert.deepEqual(await client.request("unload", {}), {});
    assert.equal((await client.request("status", {})).loaded, undefined);
  });

  it("say so when there is no model", async () => {
    const { client } = connect(createFakeEngine());
    const calls = [
      client.request("generate", { image, prompt: raw("count 1") }),
      client.request("score", { image, texts: [] }),
    ];
    for (const call of calls) await rejectsWith(call, "model.missing");
  });

  it("release the old model before the new one is loaded, also when that fails", async () => {
    const events: string[] = [];
    const { client } = connect(recording(events));
    await client.request("load", { model: "/a", device: "cpu" });
    await client.request("load", { model: "/b", device: "cpu" });
    await rejectsWith(
      client.request("load", { model: "/missing", device: "cpu" }),
      "model.missing",
    );
    await client.request("unload", {});
    const expected = ["load /a", "release /a", "load /b", "release /b", "load /missing"];
    assert.deepEqual(events, expected);
    await rejectsWith(client.request("generate", { image, prompt: raw("model") }), "model.missing");
  });

  it("release a model that was cancelled while it was loading", async () => {
    const events: string[] = [];
    const controller = new AbortController();
    const engine = recording(events);
    const { client } = connect({
      ...engine,
      load: (params, run) => {
        controller.abort();
        return engine.load(params, { ...run, signal: new AbortController().signal });
      },
    });
    const options = { signal: controller.signal };
    const load = client.request("load", { model: "/a", device: "cpu" }, options);
    await rejectsWith(load, "request.cancelled");
    assert.deepEqual(events, ["load /a", "release /a"]);
  });

  it("run one request at a time, and answer status meanwhile", async () => {
    const { client } = connect(createFakeEngine());
    await client.request("load", { model: "/m", device: "cpu" });
    const order: string[] = [];
    const ask = async (text: string): Promise<void> => {
      await client.request(
        "generate",
        { image, prompt: raw(text) },
        { onText: (piece) => order.push(`${text}: ${piece}`) },
      );
    };
    const both = Promise.all([ask("count 2"), ask("count 1")]);
    await client.request("status", {});
    assert.deepEqual(order, []);
    await both;
    assert.deepEqual(order, ["count 2: 0 ", "count 2: 1 ", "count 1: 0 "]);
  });

  it("tell how far the demo is while it is made", async () => {
    const { client } = connect(createFakeEngine());
    const steps: unknown[] = [];
    const onProgress = (step: unknown): void => {
      steps.push(step);
    };
    await client.request("load", { model: "demo", device: "cpu" }, { onProgress });
    assert.deepEqual(steps, [{ doneBytes: 1, totalBytes: 2 }]);
  });

  it("answer what needs no model while a request runs", async () => {
    const { client } = connect(createFakeEngine());
    await client.request("load", { model: "/m", device: "cpu" });
    const controller = new AbortController();
    const { signal } = controller;
    const running = client.request("generate", { image, prompt: raw("endless") }, { signal });
    assert.equal((await client.request("models", {})).folder, "/models");
    assert.equal((await client.request("thumbnail", { image, maxSide: 64 })).width, 3);
    controller.abort();
    await rejectsWith(running, "request.cancelled");
  });

  it("make two thumbnails at a time", async () => {
    let nStarted = 0;
    const { client } = connect({
      ...createFakeEngine(),
      thumbnail: () => {
        nStarted += 1;
        return new Promise<never>(() => undefined);
      },
    });
    const controllers = Array.from({ length: 4 }, () => new AbortController());
    const calls = controllers.map(({ signal }) =>
      rejectsWith(
        client.request("thumbnail", { image, maxSide: 64 }, { signal }),
        "request.cancelled",
      ),
    );
    await client.request("status", {});
    assert.equal(nStarted, 2);
    // Those that wait and those that cannot be stopped are answered alike.
    for (const controller of controllers) controller.abort();
    await Promise.all(calls);
    assert.equal(nStarted, 2);
  });

  it("release a model before it is deleted, and no other", async () => {
    const events: string[] = [];
    const engine = recording(events);
    const { client } = connect({
      ...engine,
      deleteModel: async (params, beforeRemoval) => {
        const reply = await engine.deleteModel(params, beforeRemoval);
        events.push(`delete ${params.name}`);
        return reply;
      },
    });
    await client.request("load", { model: "/a", device: "cpu" });
    await client.request("deleteModel", { name: "/b" });
    assert.equal((await client.request("status", {})).loaded?.name, "/a");
    await client.request("deleteModel", { name: "/a" });
    assert.equal((await client.request("status", {})).loaded, undefined);
    assert.deepEqual(events, ["load /a", "delete /b", "release /a", "delete /a"]);
  });

  it("cancel the running request through the engine's signal", async () => {
    const { client } = connect(createFakeEngine());
    await client.request("load", { model: "/m", device: "cpu" });
    const controller = new AbortController();
    const params = { image, prompt: raw("endless") };
    const onText = (text: string): void => {
      if (text === "2 ") controller.abort();
    };
    const call = client.request("generate", params, { signal: controller.signal, onText });
    await rejectsWith(call, "request.cancelled");
    const next = await client.request("generate", { image, prompt: raw("count 1") });
    assert.equal(next.sequences[0]?.text, "0 ");
  });

  it("cancel a request in the queue before it begins", async () => {
    const { client } = connect(createFakeEngine());
    await client.request("load", { model: "/m", device: "cpu" });
    const running = new AbortController();
    const waiting = new AbortController();
    const endless = { image, prompt: raw("endless") };
    const first = client.request("generate", endless, { signal: running.signal });
    const second = client.request("generate", endless, { signal: waiting.signal });
    waiting.abort();
    await rejectsWith(second, "request.cancelled");
    assert.equal(client.nPending, 1);
    running.abort();
    await rejectsWith(first, "request.cancelled");
  });

  it("cancel a conversion", async () => {
    const { client } = connect(createFakeEngine());
    const controller = new AbortController();
    const call = client.request(
      "convert",
      { checkpoint: "/endless", out: "/o" },
      {
        signal: controller.signal,
        onProgress: () => {
          controller.abort();
        },
      },
    );
    await rejectsWith(call, "request.cancelled");
  });

  it("carry every error code across", async () => {
    const codes: ErrorCode[] = ["device.failed", "image.tooLarge", "prompt.tooLong"];
    for (const code of codes) {
      const engine = createFakeEngine({
        fail: () => Promise.reject(new AppError(code, "m", { detail: { limit: 5 } })),
      });
      const { client } = connect(engine);
      await client.request("load", { model: "/m", device: "cpu" });
      const call = client.request("generate", { image, prompt: raw("fail") });
      await assert.rejects(call, (error) => {
        assert.ok(error instanceof AppError);
        assert.deepEqual(error.toWire(), { code, message: "m", detail: { limit: 5 } });
        return true;
      });
    }
  });

  it("send a picture's digest first, and its bytes once when they are wanted", async () => {
    const asked: unknown[] = [];
    const known = new Set<string>();
    const engine = createFakeEngine();
    const { client, hostEnd, childEnd } = connect({
      ...engine,
      load: async (params, run) => {
        const loaded = await engine.load(params, run);
        const prepare: typeof loaded.engine.prepare = async (request, at) => {
          assert.ok(!(request.image instanceof Uint8Array));
          const { digest, read } = request.image;
          if (!known.has(digest)) assert.deepEqual(await read(), await read());
          known.add(digest);
          return { cached: { imageFeatures: at?.signal?.aborted === true ? "disk" : "memory" } };
        };
        return { ...loaded, engine: { ...loaded.engine, prepare } };
      },
    });
    const typeOf = (message: unknown): unknown => (message as { readonly type: string }).type;
    hostEnd.onMessage((message) => typeOf(message) === "wanted" && asked.push(message));
    childEnd.onMessage((message) => asked.push(message));
    await client.request("load", { model: "/m", device: "cpu" });
    asked.length = 0;
    const picture = byDigest(image);
    await client.request("prepare", { image: picture });
    const { digest } = picture;
    assert.deepEqual(asked, [
      { type: "request", id: 2, method: "prepare", params: { image: { digest } } },
      { type: "wanted", id: 2 },
      { type: "supplied", id: 2, image },
    ]);
    await client.request("prepare", { image: picture });
    assert.equal(asked.length, 4);
  });

  it("wait for no picture after a cancel, whenever it comes", async () => {
    const { client } = connect(createFakeEngine());
    await client.request("load", { model: "/m", device: "cpu" });
    const { digest } = byDigest(image);
    const never = new Promise<never>(() => undefined);
    const ways = [
      (controller: AbortController) => {
        controller.abort();
        return never;
      },
      async (controller: AbortController) => {
        await Promise.resolve();
        controller.abort();
        return image;
      },
    ];
    for (const way of ways) {
      const controller = new AbortController();
      const read = (): Promise<Uint8Array> => way(controller);
      const call = client.request("prepare", { image: { digest, read } }, controller);
      await rejectsWith(call, "request.cancelled");
    }
    assert.equal(client.nPending, 0);
    assert.deepEqual(await client.request("prepare", { image: byDigest(image) }), {
      cached: { imageFeatures: "computed" },
    });
  });

  it("believe no picture that nobody named, and none without a digest", async () => {
    const { client, hostEnd, childEnd } = connect(createFakeEngine());
    await client.request("load", { model: "/m", device: "cpu" });
    const controller = new AbortController();
    const running = client.request(
      "generate",
      { image, prompt: raw("endless") },
      { signal: controller.signal },
    );
    const nobody: unknown[] = [];
    childEnd.onMessage((message) => nobody.push(message));
    childEnd.send({ type: "wanted", id: 2 });
    childEnd.send({ type: "wanted", id: 99 });
    hostEnd.send({ type: "supplied", id: 2, image });
    hostEnd.send({ type: "supplied", id: 99, image: "text" });
    await client.request("status", {});
    assert.ok(nobody.some((message) => (message as { error?: object }).error !== undefined));
    controller.abort();
    await rejectsWith(running, "request.cancelled");
    for (const digest of ["", "abc", "A".repeat(64), 5]) {
      const read = (): Promise<Uint8Array> => Promise.resolve(image);
      const params = { image: { digest, read } } as Params<"prepare">;
      await rejectsWith(client.request("prepare", params), "protocol.violation");
    }
  });

  it("survive garbage in both directions", async () => {
    const { client, hostEnd, childEnd } = connect(createFakeEngine());
    const garbage: unknown[] = [
      undefined,
      null,
      7,
      "text",
      [],
      {},
      new Uint8Array(100),
      { type: "request", id: 1e9, method: "load", params: null },
      { type: "request", id: {}, method: "load" },
      { type: "reply", id: 12_345, result: {} },
      { type: "failure", id: 12_345 },
      { type: "cancel", id: 12_345 },
    ];
    for (const message of garbage) {
      hostEnd.send(message);
      childEnd.send(message);
    }
    const unknown = client.request("explode" as MethodName, {});
    await rejectsWith(unknown, "request.unknown");
    assert.equal((await client.request("status", {})).pid, process.pid);
  });
});

function connect(engine: EnginePort): {
  readonly client: RpcClient;
  readonly hostEnd: ReturnType<typeof memoryTransportPair>[0];
  readonly childEnd: ReturnType<typeof memoryTransportPair>[0];
} {
  const [hostEnd, childEnd] = memoryTransportPair();
  serveEngine({ transport: childEnd, engine, logger: silentLogger });
  const ignore = (): void => undefined;
  const client = new RpcClient({
    transport: hostEnd,
    onReady: ignore,
    onLogged: ignore,
    onViolation: ignore,
    onClosed: ignore,
  });
  return { client, hostEnd, childEnd };
}

/** A fake engine that writes down what is loaded and released. */
function recording(events: string[]): EnginePort {
  const engine = createFakeEngine();
  return {
    ...engine,
    load: async (params, run) => {
      events.push(`load ${params.model}`);
      const loaded = await engine.load(params, run);
      return {
        ...loaded,
        engine: {
          ...loaded.engine,
          release: () => {
            events.push(`release ${params.model}`);
            return Promise.resolve();
          },
        },
      };
    },
  };
}

async function rejectsWith(call: Promise<unknown>, code: ErrorCode): Promise<void> {
  await assert.rejects(call, (error) => {
    assert.ok(error instanceof AppError, String(error));
    assert.equal(error.code, code);
    return true;
  });
}
