/** One way to every error code, each a few lines of what people and machines do. */

import { readdirSync, readFileSync } from "node:fs";
import { rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { findImages, MAX_DOCUMENT_UNITS } from "../../src/alt/formats/findImages";
import { insertCaption } from "../../src/alt/edit/insertCaption";
import { assertNever } from "../../src/base/assert";
import { type ErrorCode, throwIfAborted } from "../../src/base/errors";
import { silentLogger } from "../../src/base/logger";
import { findDocuments, readDocument, replaceDocument } from "../../src/cli/documents/altDocuments";
import { readPicture } from "../../src/cli/ask/pictureSource";
import { runVerify } from "../../src/measure/verify/verify";
import { convertModel } from "../../src/convert/convertModel";
import { type Blip2Engine, loadEngine } from "../../src/engine/blip2Engine";
import { decodeImage } from "../../src/engine/picture/imageDecode";
import { createOrtSessionFactory } from "../../src/engine/session/ortSession";
import { cpuTensor } from "../../src/engine/session/session";
import { EngineClient } from "../../src/host/process/engineClient";
import { downloadCheckpoint } from "../../src/library/checkpoints/downloadCheckpoint";
import { HubClient } from "../../src/library/download/hubClient";
import { withModelLock } from "../../src/library/store/modelLock";
import { modelStoreOf } from "../../src/library/store/modelStore";
import { openFlatIndex } from "../../src/search/index/flatIndex";
import { resolveGenerationOptions } from "../../src/model/ask/generationOptions";
import { parseModelConfig } from "../../src/model/config/modelConfig";
import { encodeOnnxModel } from "../../src/model/graph/onnxProto";
import { readParams, readToChild } from "../../src/protocol/messages";
import { readEndpoints } from "../../src/model/ask/remoteEndpoint";
import { RemoteEngine } from "../../src/remote/remoteEngine";
import { MAX_WAITING } from "../../src/tools/limits";
import { RootedFiles } from "../../src/tools/files/rootedFiles";
import { ToolQueue } from "../../src/tools/toolQueue";
import { startChatServer } from "./chatServer";
import { testContext, testHost } from "./cliHost";
import { FakeClock } from "./fakeClock";
import { createFakeEngine } from "./fakeEngine";
import { FakeProcess, type FakeProcessOptions } from "./fakeProcess";
import { fixturePath } from "./fixtures";
import { HubServer, LISTING } from "./hubServer";
import { kitPicture } from "./kitCases";
import { copyOfKitModel, kitModel, temporaryFolder } from "./kitModel";

const checkpoint = fixturePath("kits", "t5-odd", "checkpoint");
const missing = path.resolve("test", "fixtures", "none");
const picture = "![](a.png)";

const load = async (folder: string): Promise<Blip2Engine> =>
  loadEngine({ folder, device: "cpu", logger: silentLogger });

async function ask(kit: string, image: Uint8Array, text?: string): Promise<void> {
  const engine = await load(await kitModel(kit));
  try {
    const prompt = text === undefined ? ({ kind: "caption" } as const) : rawPrompt(text);
    await engine.generate({ image, prompt });
  } finally {
    await engine.release();
  }
}

const rooted = new RootedFiles({
  roots: () => Promise.resolve([]),
  howToAllow: "Name one.",
});

async function askServer(status: number): Promise<void> {
  const server = await startChatServer((_, response) => void response.writeHead(status).end());
  const given = { name: "a", url: server.url, dialect: "transformers", family: "opt", model: "m" };
  const [endpoint] = readEndpoints([given], "remote.json");
  const clock = new FakeClock();
  const engine = new RemoteEngine({ endpoint: endpoint!, logger: silentLogger, clock });
  try {
    const image = kitPicture("opt", "wide.png");
    await engine.generate({ image, prompt: { kind: "caption" } });
  } finally {
    await server.close();
  }
}

const toolQueue = new ToolQueue();
const waitForever = () => toolQueue.add(() => new Promise(() => undefined));

const rawPrompt = (text: string) => ({ kind: "raw", text }) as const;

/** A document of this content on the disk. */
async function documentOf(content: string | Uint8Array) {
  const root = await temporaryFolder();
  const file = path.join(root, "page.md");
  await writeFile(file, content);
  return { file, root, language: "markdown" } as const;
}

/** Throws the failure that a search for a path ends with. */
async function search(file: string): Promise<void> {
  const { failures } = await findDocuments([file], new AbortController().signal);
  for (const failure of failures) throw failure;
}

/** Downloads a checkpoint from a hub after something was changed there. */
async function download(
  change: (server: HubServer) => Promise<void> | void,
  pendingBytes = 0,
): Promise<void> {
  const server = await HubServer.start(checkpoint);
  const hub = new HubClient({ endpoint: server.url }, { stallMs: 300 });
  const taker = { taken: new Set<string>(), pendingBytes, isDeleting: false };
  try {
    await change(server);
    await downloadCheckpoint({
      ...{ hub, repository: "Salesforce/tiny", revision: "main" },
      folder: path.join(await temporaryFolder(), "download"),
      patience: { nTries: 2, firstPauseMs: 1, maxPauseMs: 1, maxRetryAfterMs: 1 },
      prepare: () => Promise.resolve({ ...taker, take: () => Promise.resolve() }),
      signal: new AbortController().signal,
      onProgress: () => undefined,
    });
  } finally {
    await hub.close();
    await server.stop();
  }
}

/** Asks a child of this kind, to which something happens meanwhile. */
async function askChild(
  options: Partial<FakeProcessOptions>,
  meanwhile: (child: FakeProcess, clock: FakeClock) => void = () => undefined,
): Promise<void> {
  const clock = new FakeClock();
  const children: FakeProcess[] = [];
  const startProcess = (): FakeProcess => {
    const child = new FakeProcess({ engine: createFakeEngine(), ...options });
    children.push(child);
    return child;
  };
  const client = new EngineClient({ startProcess, logger: silentLogger, clock });
  const call = client.call("convert", { checkpoint: "stuck", out: "b" });
  // It is the caller's, who waits for it below.
  call.catch(() => undefined);
  await new Promise((resolve) => setImmediate(resolve));
  for (const child of children) meanwhile(child, clock);
  try {
    await call;
  } finally {
    await client.dispose();
  }
}

/** Feeds a product of matrices with some that do not fit. */
async function multiplyWrongly(): Promise<void> {
  const matrix = { dataType: "float32", dims: ["n", "m"] } as const;
  const graph = encodeOnnxModel({
    name: "product",
    nodes: [{ name: "/MatMul", opType: "MatMul", inputs: ["a", "b"], outputs: ["y"] }],
    inputs: [
      { ...matrix, name: "a" },
      { ...matrix, name: "b" },
    ],
    outputs: [{ ...matrix, name: "y" }],
    initializers: [],
  });
  const session = await createOrtSessionFactory().open(graph, { device: "cpu" });
  try {
    const wrong = cpuTensor(new Float32Array(6), [2, 3]);
    await session.run({ a: wrong, b: wrong });
  } finally {
    await session.release();
  }
}

/** What provokes each code. */
export const ERROR_WAYS: Readonly<Record<ErrorCode, () => unknown>> = {
  "checkpoint.missing": async () =>
    convertModel({ checkpoint: missing, out: path.join(await temporaryFolder(), "m") }),
  "checkpoint.corrupt": () => parseModelConfig("{", "config.json"),
  "checkpoint.unsupported": () => parseModelConfig('{"model_type": "llava"}', "config.json"),
  "checkpoint.incomplete": async () => {
    // A checkpoint of one class under the configuration of another.
    const folder = await temporaryFolder();
    for (const name of readdirSync(fixturePath("kits", "itm", "checkpoint"))) {
      const kit = name === "config.json" ? "opt" : "itm";
      const bytes = readFileSync(fixturePath("kits", kit, "checkpoint", name));
      await writeFile(path.join(folder, name), bytes);
    }
    await convertModel({ checkpoint: folder, out: path.join(folder, "model") });
  },
  "convert.failed": async () => convertModel({ checkpoint, out: await temporaryFolder() }),
  "hub.denied": () =>
    download((server) => {
      server.requiredToken = "good";
    }),
  "hub.missing": () => download(({ files }) => void files.delete("config.json")),
  "hub.unreachable": () => download((server) => server.stop()),
  "hub.failed": () =>
    download((server) => {
      server.fail(LISTING, { kind: "status", status: 503 }, { kind: "status", status: 503 });
    }),
  "download.corrupt": () =>
    download((server) => {
      server.fail("config.json", { kind: "wrong" }, { kind: "wrong" });
    }),
  "download.failed": () => download(() => undefined, 1e18),
  "model.missing": () => load(missing),
  "model.corrupt": async () => {
    const folder = await copyOfKitModel("t5-odd");
    await rm(path.join(folder, "config.json"));
    await load(folder);
  },
  "model.unsupported": () => ask("itm", kitPicture("itm", "tiny.png"), "why?"),
  "model.busy": async () => {
    const env = { SIGHTLINE_HOME: await temporaryFolder() };
    const store = modelStoreOf({ env, platform: "linux", homeDir: "/" });
    const lock = { store, folder: path.join(store.modelsDir, "m"), ifBusy: "refuse" } as const;
    await withModelLock(lock, () => withModelLock(lock, () => Promise.resolve()));
  },
  "image.missing": () => {
    const { signal } = new AbortController();
    return readPicture("nowhere.png", { host: testContext(testHost()).host, signal });
  },
  "image.unreadable": () => ask("t5-odd", new Uint8Array(10), "why?"),
  "image.tooLarge": () =>
    decodeImage(kitPicture("opt", "tiny.png"), { name: "a.png", alpha: "drop", maxPixels: 1 }),
  "image.blank": () => {
    const drawing = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>';
    return ask("opt-odd", new TextEncoder().encode(drawing));
  },
  "document.missing": () => search(missing),
  "document.unreadable": async () =>
    readDocument(await documentOf(Buffer.from("![\xe9](a.png)", "latin1"))),
  "document.unparsable": () =>
    findImages('<template lang="pug">\nimg(src="a.png")\n</template>', "vue"),
  "document.tooLarge": () => findImages(picture + "x".repeat(MAX_DOCUMENT_UNITS), "markdown"),
  "document.changed": async () => {
    const document = await readDocument(await documentOf(picture));
    await writeFile(document.file, "Somebody else's.");
    await replaceDocument(document, "Ours.");
  },
  "document.unwritable": async () => {
    const document = await readDocument(await documentOf(picture));
    // Longer than any name may be, so that nothing can be written beside it.
    const file = path.join(document.root, "x".repeat(250));
    await rename(document.file, file);
    await replaceDocument({ ...document, file }, "Ours.");
  },
  "index.unwritable": async () => {
    const folder = path.join(await temporaryFolder(), "file");
    await writeFile(folder, "");
    const factory = createOrtSessionFactory();
    await openFlatIndex({ folder, shape: { rows: 2, width: 8 }, mode: "write", factory });
  },
  "document.notEditable": () => {
    const [reference] = findImages(picture, "markdown");
    return insertCaption(picture, reference!, { caption: " " });
  },
  "prompt.tooLong": () => ask("opt-odd", kitPicture("opt-odd", "tiny.png"), "why? ".repeat(100)),
  "option.invalid": () => resolveGenerationOptions({ numBeams: 0 }),
  "device.unavailable": async () =>
    createOrtSessionFactory({
      loadRuntime: () => Promise.reject(new Error("libonnxruntime.so is not there")),
    }).open(new Uint8Array(1), { device: "cpu" }),
  "device.failed": multiplyWrongly,
  "request.cancelled": () => {
    throwIfAborted(AbortSignal.abort());
  },
  "request.unknown": () => readToChild({ type: "request", id: 1, method: "explode", params: {} }),
  "protocol.mismatch": () => askChild({ protocolVersion: 999 }),
  "protocol.violation": () => readParams("generate", { image: "a path" }),
  "engine.exited": () =>
    askChild({ isSilent: true }, (child) => {
      child.crash();
    }),
  "path.outside": () => rooted.read("/etc/hostname", new AbortController().signal),
  "remote.denied": () => askServer(401),
  "remote.failed": () => askServer(400),
  "engine.busy": () => Promise.race(Array.from({ length: MAX_WAITING + 2 }, waitForever)),
  "engine.timeout": () =>
    askChild({ isSilent: true }, (_, clock) => {
      clock.advance(3_600_000);
    }),
  "kit.invalid": () => runVerify(missing, {}),
  internal: () => assertNever("a new case" as never),
};
