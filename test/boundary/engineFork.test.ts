import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, readdir, rm } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { AppError, type ErrorCode } from "../../src/base/errors";
import { silentLogger } from "../../src/base/logger";
import { decodeImage } from "../../src/engine/picture/imageDecode";
import { systemClock } from "../../src/host/process/clock";
import { byDigest as lateOf } from "../../src/host/pictures/picture";
import { EngineClient } from "../../src/host/process/engineClient";
import { type EngineProcess, forkEngine } from "../../src/host/process/engineProcess";
import { inspectorOptions } from "../../src/host/process/inspector";
import type { Progress } from "../../src/model/ask/progress";
import type { GenerateRequest } from "../../src/model/ask/request";
import { fixturePath } from "../helpers/fixtures";
import { kitPicture, recordedCase } from "../helpers/kitCases";
import { copyOfKitModel, kitModel, temporaryFolder } from "../helpers/kitModel";
import { isAlive } from "../helpers/waiting";

const childFile = path.resolve("dist", "child.js");
const demoCheckpoint = fixturePath("kits", "opt-odd", "checkpoint");
const COLOUR = "Question: what colour is the circle? Answer:";

const question = (kit: string, image = "wide.png"): GenerateRequest => ({
  image: kitPicture(kit, image),
  imageName: image,
  prompt: { kind: "raw", text: COLOUR },
  options: { maxNewTokens: 12 },
  alpha: "drop",
});

describe("the real engine in a process of its own", () => {
  const processes: EngineProcess[] = [];
  let client: EngineClient;
  let store: string;

  before(() => {
    assert.ok(existsSync(childFile), `${childFile} is not built: run "node esbuild.mjs --tests".`);
  });

  beforeEach(async () => {
    store = await temporaryFolder();
    client = new EngineClient({
      startProcess: () => {
        const env = { SIGHTLINE_HOME: store, SIGHTLINE_DEMO: demoCheckpoint };
        const child = forkEngine({ childFile, env, logger: silentLogger, clock: systemClock });
        processes.push(child);
        return child;
      },
      logger: silentLogger,
      restart: { firstDelayMs: 1, maxDelayMs: 10 },
    });
  });

  afterEach(async () => {
    await client.dispose();
    for (const { pid } of processes.splice(0)) assert.equal(isAlive(pid ?? 0), false);
  });

  it("lets a debugger in where the environment says so", async () => {
    const port = await freePort();
    const env = { SIGHTLINE_HOME: store };
    const execArgv = inspectorOptions("answers", { SIGHTLINE_INSPECT: String(port) });
    const child = forkEngine({
      ...{ childFile, env, execArgv },
      ...{ logger: silentLogger, clock: systemClock },
    });
    processes.push(child);
    client = new EngineClient({ startProcess: () => child, logger: silentLogger });
    // It answers once it has started, and Node opens the port before it starts anything.
    await client.call("catalog", {});
    const response = await fetch(`http://127.0.0.1:${port}/json/list`);
    const [target] = (await response.json()) as { readonly url: string }[];
    assert.equal(target?.url, pathToFileURL(childFile).href);
  });

  const load = async (model: string): Promise<string> =>
    (await client.call("load", { model, device: "cpu" })).kind;

  /** The answer of the kit, given to this client by the model that is loaded. */
  const answersAs = async (kit: string): Promise<void> => {
    const { sequences } = await client.call("generate", question(kit));
    const { generation } = recordedCase(kit, "wide.png", COLOUR);
    assert.deepEqual([sequences[0]?.tokenIds], generation?.["greedy"]?.ids);
  };

  it("streams the answer that transformers gives", async () => {
    assert.equal(await load(await kitModel("opt")), "generation");
    const pieces: string[] = [];
    const result = await client.call("generate", question("opt"), {
      onText: (text) => {
        pieces.push(text);
      },
    });
    const recorded = recordedCase("opt", "wide.png", COLOUR).generation?.["greedy"];
    assert.deepEqual([result.sequences[0]?.tokenIds], recorded?.ids);
    assert.ok(pieces.length > 1);
    assert.equal(pieces.join("").trim(), result.sequences[0]?.text);
    const again = await client.call("generate", question("opt"));
    assert.equal(again.cached.imageFeatures, "memory");
    assert.ok(again.cached.prefixTokens > 8);
    assert.equal((await client.status())?.loaded?.name, "opt-f32");
  });

  it("tells how far a load is, and what the model is", async () => {
    const steps: Progress[] = [];
    const info = await client.call(
      "load",
      { model: await kitModel("opt", "small"), device: "cpu" },
      { onProgress: (progress) => steps.push(progress) },
    );
    assert.equal(info.precision, "small");
    // Before each of vision encoder, Q-Former, embedding table and decoder, and at the end.
    assert.equal(steps.length, 5);
    assert.ok(steps.every(({ step }) => step === "load"));
    const done = steps.map(({ doneBytes }) => doneBytes);
    assert.deepEqual([done[0], done.at(-1)], [0, steps[0]?.totalBytes]);
    assert.deepEqual(
      [...done].sort((a, b) => a - b),
      done,
    );
  });

  it("looks at a picture ahead, so that the question finds it", async () => {
    await load(await kitModel("opt"));
    const { image, alpha = "drop" } = question("opt");
    const ahead = await client.call("prepare", { image, alpha });
    assert.equal(ahead.cached.imageFeatures, "computed");
    const { cached, timings } = await client.call("generate", question("opt"));
    assert.equal(cached.imageFeatures, "memory");
    assert.equal(timings.vision, 0);
    const broken = client.call("prepare", { image: new Uint8Array(9), imageName: "x.png" });
    await failsWith(broken, "image.unreadable", "x.png");
  });

  it("asks for the bytes of a picture only when it does not know it, also after a restart", async () => {
    let nReads = 0;
    const byDigest = (image: string): GenerateRequest => {
      const request = question("opt", image);
      const { digest, read } = lateOf(request.image);
      const counted = (): Promise<Uint8Array> => {
        nReads++;
        return read();
      };
      return { ...request, image: { digest, read: counted } };
    };
    const ask = async (image = "wide.png"): Promise<number> => {
      const { sequences } = await client.call("generate", byDigest(image));
      const { generation } = recordedCase("opt", image, COLOUR);
      assert.deepEqual([sequences[0]?.tokenIds], generation?.["greedy"]?.ids);
      return nReads;
    };
    await load(await kitModel("opt"));
    const { image, alpha = "drop" } = byDigest("wide.png");
    await client.call("prepare", { image, alpha });
    assert.equal(await ask(), 1);
    assert.equal(await ask(), 1);
    // Another picture under the same name has another digest.
    assert.equal(await ask("tall.png"), 2);
    process.kill(processes[0]?.pid ?? 0, "SIGKILL");
    await failsWith(ask(), "engine.exited");
    await load(await kitModel("opt"));
    assert.equal(await ask(), 2);
    await rm(path.join(store, "features"), { recursive: true });
    assert.equal(await ask(), 2);
    client.stop();
    await load(await kitModel("opt"));
    assert.equal(await ask(), 3);
    // A question that is too long for the model needs no picture.
    const long = {
      ...byDigest("tiny.png"),
      prompt: { kind: "raw", text: "why ".repeat(999) },
    } as const;
    await failsWith(client.call("generate", long), "prompt.tooLong");
    assert.equal(nReads, 3);
  });

  it("keeps nothing under the digest of another picture, and passes on why there are no bytes", async () => {
    await load(await kitModel("opt"));
    const { image, ...rest } = question("opt");
    const { digest } = lateOf(kitPicture("opt", "tall.png"));
    const forged = { digest, read: lateOf(image).read };
    await failsWith(
      client.call("generate", { ...rest, image: forged }),
      "protocol.violation",
      "wide.png",
    );
    assert.equal(existsSync(path.join(store, "features")), false);
    const gone = new AppError("image.missing", "wide.png is gone.");
    const lost = { digest, read: () => Promise.reject(gone) };
    await failsWith(client.call("generate", { ...rest, image: lost }), "image.missing", "is gone");
    await answersAs("opt");
  });

  it("says what a load would take, also while it is at work", async () => {
    await load(await kitModel("opt"));
    const [plan] = await Promise.all([
      client.call("planLoad", { model: await kitModel("t5"), device: "cpu" }),
      client.call("generate", question("opt")),
    ]);
    assert.ok(plan.neededBytes > 0 && plan.availableBytes > 0);
    assert.equal((await client.call("planLoad", { model: "demo", device: "cpu" })).neededBytes, 0);
    await failsWith(
      client.call("planLoad", { model: "nothing", device: "cpu" }),
      "model.missing",
      "nothing",
    );
  });

  it("scores as transformers does", async () => {
    assert.equal(await load(await kitModel("itm")), "retrieval");
    const { image, text, itc, itm } = recordedCase("itm", "tall.png", "zebra!");
    const bytes = kitPicture("itm", image);
    const { scores } = await client.call("score", { image: bytes, texts: [text], alpha: "drop" });
    assert.ok(Math.abs(scores[0]!.itc - itc!) <= 1e-4);
    assert.ok(Math.abs(scores[0]!.itm - itm!) <= 1e-4);
  });

  it("fails the answer when it is killed in the middle, and answers the next question", async () => {
    await load(await kitModel("opt"));
    const dying = client.call("generate", question("opt"), {
      onText: () => {
        process.kill(processes[0]?.pid ?? 0, "SIGKILL");
      },
    });
    await failsWith(dying, "engine.exited", "SIGKILL");
    assert.equal(client.state.kind, "failed");
    await load(await kitModel("opt"));
    await answersAs("opt");
    assert.equal(processes.length, 2);
    // What the first process computed for the picture had reached the disk.
    assert.ok((await readdir(path.join(store, "features"))).length > 0);
  });

  it("stops a running answer on request and keeps the process and its model", async () => {
    await load(await kitModel("t5"));
    const controller = new AbortController();
    const options = { maxNewTokens: 4000, minNewTokens: 4000 };
    const endless = client.call(
      "generate",
      { ...question("t5"), options },
      {
        signal: controller.signal,
        onText: () => {
          controller.abort();
        },
      },
    );
    await failsWith(endless, "request.cancelled");
    await answersAs("t5");
    assert.equal(processes.length, 1);
  });

  it("goes on with a loaded model whose folder is deleted, says what is wrong at the next load, and loads another one", async () => {
    const folder = await copyOfKitModel("opt-odd");
    await load(folder);
    await rm(folder, { recursive: true });
    // All of its weights were read when it was loaded.
    await answersAs("opt-odd");
    await failsWith(load(folder), "model.missing", folder);
    await load(await kitModel("opt"));
    await answersAs("opt");
    assert.equal(processes.length, 1);
  });

  it("refuses a question without a model", async () => {
    await failsWith(client.call("generate", question("opt")), "model.missing");
    await load(await kitModel("opt"));
    await client.call("unload", {});
    await failsWith(client.call("generate", question("opt")), "model.missing");
    assert.equal((await client.status())?.loaded, undefined);
  });

  it("converts a checkpoint, tells how far it is, and loads the result", async () => {
    const out = path.join(await temporaryFolder(), "new");
    const steps: Progress[] = [];
    const params = { checkpoint: fixturePath("kits", "t5", "checkpoint"), out, precision: "f32" };
    const { folder } = await client.call("convert", params, {
      onProgress: (progress) => {
        steps.push(progress);
      },
    });
    assert.equal(folder, out);
    const last = steps.at(-1);
    assert.ok(last !== undefined && last.doneBytes === last.totalBytes && last.totalBytes > 0);
    await load(folder);
    await answersAs("t5");
    await failsWith(client.call("convert", params), "convert.failed", out);
    const missing = { checkpoint: path.join(out, "none"), out: `${out}-2` };
    await failsWith(client.call("convert", missing), "checkpoint.missing");
    await answersAs("t5");
    assert.equal(processes.length, 1);
  });

  it("makes the demo when it is first used, deletes it, and makes it again", async () => {
    const steps: Progress[] = [];
    const onProgress = (progress: Progress): void => {
      steps.push(progress);
    };
    const bundled = await client.call("models", {});
    assert.deepEqual(bundled.models, [{ name: "demo", kind: "generation" }]);
    assert.equal(bundled.folder, path.join(store, "models"));
    assert.ok(bundled.freeBytes > 0);
    const demo = { model: "demo", device: "cpu" } as const;
    assert.equal((await client.call("load", demo, { onProgress })).name, "demo");
    const last = steps.at(-1);
    assert.ok(last !== undefined && last.doneBytes === last.totalBytes);
    const [made] = (await client.call("models", {})).models;
    assert.equal(made?.architecture, "BLIP-2 OPT");
    assert.ok(made.folder !== undefined && existsSync(made.folder));
    const { freedBytes } = await client.call("deleteModel", { name: "demo" });
    assert.equal(existsSync(made.folder), false);
    assert.ok(freedBytes >= (made.bytes ?? Infinity));
    assert.equal((await client.status())?.loaded, undefined);
    await client.call("load", demo);
    await client.call("generate", question("opt-odd"));
    assert.equal((await client.status())?.loaded?.name, "demo");
    assert.equal(processes.length, 1);
  });

  it("imports a checkpoint into the store, loads it by its name, and deletes it while loaded", async () => {
    const checkpoint = fixturePath("kits", "opt", "checkpoint");
    const plan = await client.call("planImport", { checkpoint });
    assert.deepEqual([plan.name, plan.precision], ["checkpoint", "f32"]);
    await client.call("convert", { checkpoint, out: plan.out, precision: plan.precision });
    await load(plan.name);
    await answersAs("opt");
    const { models } = await client.call("models", {});
    assert.deepEqual(
      models.map(({ name, bytes }) => [name, bytes]),
      [
        ["demo", undefined],
        [plan.name, plan.modelBytes],
      ],
    );
    await client.call("deleteModel", { name: plan.name });
    assert.deepEqual(await readdir(path.join(store, "models")), []);
    const gone = { model: plan.name, device: "cpu" } as const;
    await failsWith(client.call("load", gone), "model.missing", "Known models: demo");
    await failsWith(client.call("deleteModel", { name: plan.name }), "model.missing");
    await failsWith(client.call("deleteModel", { name: "../features" }), "model.missing");
  });

  it("is not kept from a new start by the lock of a process that was killed", async () => {
    const demo = { model: "demo", device: "cpu" } as const;
    const dying = client.call("load", demo, {
      onProgress: () => {
        process.kill(processes[0]?.pid ?? 0, "SIGKILL");
      },
    });
    await failsWith(dying, "engine.exited");
    assert.equal((await readdir(path.join(store, "locks"))).length, 1);
    assert.equal((await client.call("load", demo)).name, "demo");
    assert.deepEqual(await readdir(path.join(store, "locks")), []);
    // What the first process had written is gone too.
    assert.equal((await readdir(path.join(store, "models"))).length, 1);
  });

  it("makes thumbnails without a model", async () => {
    const image = kitPicture("opt", "photo.png");
    const copy = await client.call("thumbnail", { image, maxSide: 32 });
    const original = await decodeImage(image, { name: "photo.png", alpha: "drop" });
    const small = await decodeImage(copy.image, { name: "the copy", alpha: "drop" });
    assert.deepEqual([copy.width, copy.height], [original.width, original.height]);
    assert.equal(Math.max(small.width, small.height), 32);
    const broken = client.call("thumbnail", {
      image: new Uint8Array(9),
      imageName: "x.png",
      maxSide: 32,
    });
    await failsWith(broken, "image.unreadable", "x.png");
  });

  it("leaves nothing behind when a conversion is cancelled", async () => {
    const parent = path.join(await temporaryFolder(), "models");
    await mkdir(parent);
    const controller = new AbortController();
    const convert = client.call(
      "convert",
      { checkpoint: fixturePath("kits", "t5", "checkpoint"), out: path.join(parent, "new") },
      {
        signal: controller.signal,
        onProgress: () => {
          controller.abort();
        },
      },
    );
    await failsWith(convert, "request.cancelled");
    assert.deepEqual(await readdir(parent), []);
  });

  it("names a picture that cannot be read and lives on", async () => {
    await load(await kitModel("opt"));
    const pid = (await client.status())?.pid;
    for (const image of [
      new Uint8Array(),
      new Uint8Array(1000),
      kitPicture("opt", "wide.png").subarray(0, 500),
    ]) {
      const broken = client.call("generate", { ...question("opt"), image, imageName: "cat.png" });
      await failsWith(broken, "image.unreadable", "cat.png");
    }
    await failsWith(
      client.call("score", { image: new Uint8Array(9), texts: ["x"] }),
      "model.unsupported",
    );
    const options = { maxNewTokens: 4096 };
    await failsWith(client.call("generate", { ...question("opt"), options }), "prompt.tooLong");
    await answersAs("opt");
    assert.equal((await client.status())?.pid, pid);
  });
});

async function failsWith(work: Promise<unknown>, code: ErrorCode, text = ""): Promise<void> {
  await assert.rejects(work, (thrown) => {
    assert.ok(thrown instanceof AppError, String(thrown));
    assert.equal(thrown.code, code, thrown.message);
    assert.ok(thrown.message.includes(text), thrown.message);
    return true;
  });
}

/** A port that nobody listened at a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
