import assert from "node:assert/strict";
import { existsSync, readdirSync, statSync } from "node:fs";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { AppError, type ErrorCode } from "../../../../src/base/errors";
import { openCheckpoint } from "../../../../src/convert/checkpoint/checkpoint";
import { convertModel } from "../../../../src/convert/convertModel";
import {
  addModel,
  type AddModelOptions,
  type AddProgress,
  catalogStates,
  type CatalogState,
  deleteDownload,
} from "../../../../src/library/checkpoints/addModel";
import type { Catalog } from "../../../../src/library/checkpoints/catalog";
import {
  listModels,
  modelStoreOf,
  type ModelStore,
} from "../../../../src/library/store/modelStore";
import { headerOf, HubServer } from "../../../helpers/hubServer";
import { temporaryFolder } from "../../../helpers/kitModel";
import { writeTinyCheckpoint } from "../../../helpers/tinyCheckpoint";

const NAME = "tiny-opt";
const COST = { diskBytes: 1000, memoryBytes: 2000 };
const CATALOG: Catalog = {
  entries: [
    {
      ...{ name: NAME, title: "Tiny OPT", kind: "generation" },
      ...{ repository: `Salesforce/${NAME}`, revision: "main", licence: "MIT", goodAt: "tests" },
      use: "questions",
      ...{ imageSize: 28, downloadBytes: 100_000 },
      costs: { exact: COST, balanced: COST, small: COST },
    },
  ],
  later: [],
};
const PRECISION = "int8:16";
const N_SHARDS = 4;
const SHARDS = Array.from(
  { length: N_SHARDS },
  (_, i) => `model-0000${i + 1}-of-00004.safetensors`,
);
const [FIRST = "", SECOND = ""] = SHARDS;
/** What is left free of a disk, as in downloadWeights. */
const RESERVE_BYTES = 100e6;

describe("a model that is converted while it arrives", () => {
  let server: HubServer;
  let store: ModelStore;
  let homeDir: string;
  let whole: string;
  before(async () => {
    whole = path.join(await temporaryFolder(), NAME);
    // Wide enough for the weights to be most of it.
    const config = { text_config: { vocab_size: 4000 } };
    await writeTinyCheckpoint(whole, { kit: "opt", nShards: N_SHARDS, dtype: "BF16", config });
  });
  beforeEach(async () => {
    server = await HubServer.start(whole);
    homeDir = await temporaryFolder();
    const env = { SIGHTLINE_HOME: path.join(homeDir, "store") };
    store = modelStoreOf({ env, platform: "linux", homeDir });
  });
  afterEach(() => server.stop());

  const options = (overrides: Partial<AddModelOptions> = {}): AddModelOptions => ({
    ...{ name: NAME, catalog: CATALOG, store, precision: PRECISION },
    environment: { env: {}, homeDir },
    hub: { endpoint: server.url },
    signal: new AbortController().signal,
    onProgress: () => undefined,
    patience: { nTries: 2, firstPauseMs: 1, maxPauseMs: 1, maxRetryAfterMs: 1 },
    stallMs: 500,
    ...overrides,
  });

  const bytesOf = (name: string): number => server.files.get(name)?.length ?? 0;
  const downloaded = (name: string): string => path.join(store.root, "downloads", NAME, name);
  const work = (): string => path.join(store.modelsDir, `.adding-${NAME}`);

  async function stateNow(): Promise<CatalogState> {
    const [state] = await catalogStates(CATALOG, options());
    assert.ok(state !== undefined);
    return state;
  }

  /** Byte by byte the model that a conversion of the whole checkpoint makes, and nothing else. */
  async function isLikeWhole(folder: string, precision = PRECISION): Promise<void> {
    const expected = path.join(await temporaryFolder(), "expected");
    await convertModel({ checkpoint: whole, out: expected, precision });
    const names = await readdir(expected);
    assert.deepEqual((await readdir(folder)).sort(), names.sort());
    for (const name of names) {
      const got = await readFile(path.join(folder, name));
      assert.ok(got.equals(await readFile(path.join(expected, name))), name);
    }
    assert.equal(existsSync(work()), false);
  }

  /** A disk that holds so much and no more, besides the reserve. */
  function diskOf(bytes: number): {
    readonly freeBytes: () => Promise<number>;
    readonly look: () => void;
    peakBytes: number;
  } {
    const disk = {
      peakBytes: 0,
      look: (): void => {
        disk.peakBytes = Math.max(disk.peakBytes, bytesBelow(store.root));
      },
      freeBytes: () => {
        disk.look();
        return Promise.resolve(bytes + RESERVE_BYTES - bytesBelow(store.root));
      },
    };
    return disk;
  }

  /** The largest weight file, the model, and the small files that both have. */
  async function peakOfOneAtATime(): Promise<number> {
    const out = path.join(await temporaryFolder(), "model");
    const { manifest } = await convertModel({ checkpoint: whole, out, precision: PRECISION });
    const modelBytes = manifest.files.reduce((sum, { bytes }) => sum + bytes, 0);
    const small = [...server.files.keys()].filter((name) => !SHARDS.includes(name));
    const smallBytes = small.reduce((sum, name) => sum + bytesOf(name), 0);
    // Journal, manifest, headers and what is kept across files.
    const others = 100_000;
    return Math.max(...SHARDS.map(bytesOf)) + modelBytes + smallBytes + others;
  }

  it("is the same as one of the whole checkpoint, and leaves nothing else", async () => {
    const added = await addModel(options());
    await isLikeWhole(added.folder);
    assert.deepEqual(await readdir(path.join(store.root, "downloads")), []);
    assert.deepEqual(await readdir(store.modelsDir), [NAME]);
  });

  it("may be published as files of torch", async () => {
    const torch = path.join(await temporaryFolder(), NAME);
    const config = { text_config: { vocab_size: 4000 } };
    const about = {
      kit: "opt",
      nShards: N_SHARDS,
      dtype: "BF16",
      config,
      format: "torch",
    } as const;
    await writeTinyCheckpoint(torch, about);
    await server.stop();
    server = await HubServer.start(torch);
    const added = await addModel(options({ hub: { endpoint: server.url } }));
    const expected = path.join(await temporaryFolder(), "expected");
    await convertModel({ checkpoint: whole, out: expected, precision: PRECISION });
    for (const name of (await readdir(expected)).filter((file) => file !== "manifest.json")) {
      const got = await readFile(path.join(added.folder, name));
      assert.ok(got.equals(await readFile(path.join(expected, name))), name);
    }
    // Each file was planned with by some of its parts, and then asked for once.
    for (const name of readdirSync(torch).filter((file) => file.endsWith(".bin"))) {
      const whole = server.requests.filter(
        (seen) => seen.file === name && seen.server === "storage",
      );
      assert.equal(whole.length, 1, name);
    }
  });

  it("is not made of a directory that the file turns out not to have", async () => {
    const torch = path.join(await temporaryFolder(), NAME);
    await writeTinyCheckpoint(torch, { kit: "opt", dtype: "BF16", format: "torch" });
    await server.stop();
    server = await HubServer.start(torch);
    const forged = Buffer.from(server.files.get("pytorch_model.bin")!);
    // A number of the directory that nobody needs.
    forged[forged.indexOf("PK\x01\x02") + 4] = 63;
    server.forgedHeaders.set("pytorch_model.bin", forged);
    await assert.rejects(addModel(options({ hub: { endpoint: server.url } })), {
      code: "download.corrupt",
    });
  });

  it("never needs room for more than the largest file and the model", async () => {
    const capacity = await peakOfOneAtATime();
    const sum = SHARDS.reduce((bytes, name) => bytes + bytesOf(name), 0);
    assert.ok(sum > 1.5 * Math.max(...SHARDS.map(bytesOf)));
    const disk = diskOf(capacity);
    server.onRequest = disk.look;
    const watch = setInterval(disk.look, 1);
    try {
      const added = await addModel(options({ freeBytes: disk.freeBytes, onProgress: disk.look }));
      await isLikeWhole(added.folder);
    } finally {
      clearInterval(watch);
    }
    assert.ok(disk.peakBytes > Math.max(...SHARDS.map(bytesOf)));
    assert.ok(disk.peakBytes <= capacity, `${disk.peakBytes} of ${capacity}`);
  });

  it("begins with no file for which there is no room, and says what is missing", async () => {
    const capacity = await peakOfOneAtATime();
    const { freeBytes } = diskOf(capacity - 200_000);
    await fails(addModel(options({ freeBytes })), "download.failed", (message) => {
      assert.match(
        message,
        /have to be downloaded, at most .* of them at a time, and .* for the model/,
      );
      assert.match(message, /only 10\d MB are free at .*Free \d+ kB, or keep the models/);
    });
    for (const name of SHARDS) assert.deepEqual(server.rangesOf(name), []);
  });

  it("converts while others arrive when there is room, and tells of both", async () => {
    server.fail(FIRST, { kind: "stall", afterBytes: 1000 });
    const seen: AddProgress[] = [];
    const added = await addModel(options({ onProgress: (progress) => seen.push(progress) }));
    await isLikeWhole(added.folder);
    const during = seen.filter(
      ({ step, convertedBytes = 0 }) => step === "download" && convertedBytes > 0,
    );
    assert.ok(during.some(({ doneBytes, totalBytes }) => doneBytes < totalBytes));
    assert.equal(seen.at(-1)?.step, "convert");
    assert.equal(seen.at(-1)?.doneBytes, seen.at(-1)?.totalBytes);
  });

  it("goes on after wrong bytes of a later file without the files that were dropped", async () => {
    const disk = diskOf(await peakOfOneAtATime());
    server.fail(SECOND, { kind: "wrong" }, { kind: "wrong" });
    await fails(addModel(options({ freeBytes: disk.freeBytes })), "download.corrupt");
    assert.deepEqual(await listModels(store), []);
    assert.equal(existsSync(downloaded(FIRST)), false);
    const state = await stateNow();
    assert.ok(state.partialBytes >= bytesOf(FIRST));
    assert.equal(state.begunPrecision, PRECISION);
    server.requests.length = 0;
    let first: AddProgress | undefined;
    const onProgress = (progress: AddProgress): void => {
      if (progress.doneBytes >= bytesOf(FIRST)) first ??= progress;
    };
    // Without a wish it goes on as it was begun.
    const added = await addModel(options({ onProgress, precision: undefined }));
    assert.ok((first?.totalBytes ?? 0) > bytesOf(FIRST) + bytesOf(SECOND));
    assert.ok(!server.requests.some(({ file }) => file.startsWith(FIRST)));
    await isLikeWhole(added.folder);
  });

  it("takes up what was whole on the disk when it was interrupted", async () => {
    const cancel = new AbortController();
    const onProgress = ({ convertedBytes = 0 }: AddProgress): void => {
      if (convertedBytes > 0) cancel.abort();
    };
    server.fail(FIRST, { kind: "stall", afterBytes: 1000 });
    await fails(addModel(options({ onProgress, signal: cancel.signal })), "request.cancelled");
    const { partialBytes } = await stateNow();
    server.requests.length = 0;
    const added = await addModel(options());
    await isLikeWhole(added.folder);
    // Which files had arrived by then is chance; that none comes twice is not.
    assert.ok(partialBytes > 0);
    const fromTheirBeginning = SHARDS.filter((name) =>
      server.rangesOf(name).some((range) => !/^bytes=[1-9]/.test(range)),
    );
    assert.ok(fromTheirBeginning.length < N_SHARDS, fromTheirBeginning.join());
  });

  it("deletes a file that was converted when the program ended before it could", async () => {
    const disk = diskOf(await peakOfOneAtATime());
    server.fail(SECOND, { kind: "wrong" }, { kind: "wrong" });
    await fails(addModel(options({ freeBytes: disk.freeBytes })), "download.corrupt");
    await writeFile(downloaded(FIRST), server.files.get(FIRST)!);
    const { partialBytes } = await stateNow();
    server.onRequest = ({ file }) => {
      if (file === SECOND) assert.equal(existsSync(downloaded(FIRST)), false);
    };
    server.requests.length = 0;
    await isLikeWhole((await addModel(options())).folder);
    assert.deepEqual(server.rangesOf(FIRST), []);
    assert.ok(partialBytes < bytesOf(FIRST) + bytesOf(SECOND));
  });

  it("is known to be unfinished beside a model of another precision", async () => {
    await addModel(options({ precision: "f32" }));
    const disk = diskOf(bytesOf(FIRST) + (await peakOfOneAtATime()) * 3);
    server.fail(SECOND, { kind: "wrong" }, { kind: "wrong" });
    await fails(addModel(options({ freeBytes: disk.freeBytes })), "download.corrupt");
    const { models, isUnfinished, begunPrecision } = await stateNow();
    assert.deepEqual([models, isUnfinished, begunPrecision], [[NAME], true, PRECISION]);
    await deleteDownload(NAME, options());
    assert.deepEqual((await stateNow()).models, [NAME]);
  });

  it("does not get files again for another precision unless it is told to", async () => {
    const disk = diskOf(await peakOfOneAtATime());
    server.fail(SECOND, { kind: "wrong" }, { kind: "wrong" });
    await fails(addModel(options({ freeBytes: disk.freeBytes })), "download.corrupt");
    server.requests.length = 0;
    await fails(addModel(options({ precision: "f16" })), "option.invalid", (message) => {
      assert.match(message, /were converted as int8:16 .* Continue with int8:16, or delete/);
    });
    assert.deepEqual(server.requests, []);
    assert.ok((await deleteDownload(NAME, options())).freedBytes > 0);
    assert.equal((await stateNow()).partialBytes, 0);
    assert.deepEqual(await readdir(store.modelsDir), []);
    await isLikeWhole((await addModel(options({ precision: "f16" }))).folder, "f16");
  });

  it("throws everything away that was planned with a header that is not the file's", async () => {
    const all = server.files.get(SECOND)!;
    const length = Number(all.readBigUInt64LE(0));
    const text = all.toString("latin1", 8, 8 + length);
    // Still a header of the format, for the same bytes.
    const forged = Buffer.from(all);
    forged.write(text.replace('"format":"pt"', '"format":"tp"'), 8, "latin1");
    assert.ok(!forged.equals(all));
    server.forgedHeaders.set(SECOND, forged);
    await fails(addModel(options()), "download.corrupt", (message) => {
      assert.match(message, /has other bytes in its header/);
    });
    assert.equal(existsSync(work()), false);
    assert.deepEqual(await listModels(store), []);
    await isLikeWhole((await addModel(options())).folder);
  });

  it("refuses headers that break the format before any weights come", async () => {
    for (const forged of [Buffer.alloc(1000, 0xff), server.files.get(FIRST)!]) {
      const rest = Buffer.alloc(Math.max(0, bytesOf(SECOND) - forged.length));
      server.forgedHeaders.set(SECOND, Buffer.concat([forged, rest]));
      await fails(addModel(options()), "checkpoint.corrupt");
    }
    for (const name of SHARDS) assert.deepEqual(server.rangesOf(name), []);
    server.forgedHeaders.clear();
    await isLikeWhole((await addModel(options())).folder);
  });

  it("asks again for a header that was cut off, and takes one from a server without ranges", async () => {
    server.fail(headerOf(FIRST), { kind: "cut", afterBytes: 100 });
    server.fail(headerOf(SECOND), { kind: "whole" });
    await isLikeWhole((await addModel(options())).folder);
    assert.equal(server.requests.filter(({ file }) => file === headerOf(FIRST)).length, 4);
  });

  it("keeps the checkpoint when it is asked to, and uses it for another precision", async () => {
    await addModel(options({ keepCheckpoint: true }));
    const { isUnfinished, partialBytes } = await stateNow();
    assert.deepEqual([isUnfinished, partialBytes > 0], [false, true]);
    const folder = path.join(store.root, "downloads", NAME);
    assert.equal((await openCheckpoint(folder)).weightFiles.length, N_SHARDS);
    for (const name of SHARDS) {
      assert.ok((await readFile(downloaded(name))).equals(server.files.get(name)!), name);
    }
    server.requests.length = 0;
    const second = await addModel(options({ precision: "f32" }));
    assert.equal(second.name, `${NAME}-2`);
    await isLikeWhole(second.folder, "f32");
    for (const name of SHARDS) assert.deepEqual(server.rangesOf(name), []);
    assert.equal(existsSync(folder), false);
  });

  it("needs room for all files when they are kept, and gets those that were dropped", async () => {
    const { freeBytes } = diskOf(await peakOfOneAtATime());
    await fails(addModel(options({ keepCheckpoint: true, freeBytes })), "download.failed");
    server.fail(SECOND, { kind: "wrong" }, { kind: "wrong" });
    await fails(addModel(options({ freeBytes })), "download.corrupt");
    assert.equal(existsSync(downloaded(FIRST)), false);
    const added = await addModel(options({ keepCheckpoint: true }));
    await isLikeWhole(added.folder);
    for (const name of SHARDS) assert.ok(existsSync(downloaded(name)), name);
  });

  it("hashes weights itself when a mirror tells no digests", async () => {
    server.hasDigests = false;
    await isLikeWhole((await addModel(options())).folder);
  });

  it("does not go on with weights of another commit that a mirror without digests has", async () => {
    server.hasDigests = false;
    const { freeBytes } = diskOf(await peakOfOneAtATime());
    const published = server.files.get(FIRST)!;
    const earlier = Buffer.from(published);
    // The last weight is half as large again, or the other way round.
    earlier.writeUInt8(earlier.readUInt8(earlier.length - 2) ^ 0x40, earlier.length - 2);
    server.files.set(FIRST, earlier);
    server.fail(SECOND, { kind: "status", status: 500 }, { kind: "status", status: 500 });
    await fails(addModel(options({ freeBytes })), "hub.failed");
    server.commit = "2".repeat(40);
    server.files.set(FIRST, published);
    await isLikeWhole((await addModel(options())).folder);
  });

  it("takes a name that nobody else has when the model is whole", async () => {
    const other = { checkpoint: whole, out: path.join(store.modelsDir, NAME) };
    let made: Promise<unknown> | undefined;
    const freeBytes = async (): Promise<number> => {
      await (made ??= convertModel(other));
      return Infinity;
    };
    assert.equal((await addModel(options({ freeBytes }))).name, `${NAME}-2`);
  });

  it("takes another name when something else than a model has it", async () => {
    await mkdir(store.modelsDir, { recursive: true });
    await writeFile(path.join(store.modelsDir, NAME), "notes");
    assert.equal((await addModel(options())).name, `${NAME}-2`);
  });

  it("forgets nothing but the model that was being made when its folder is deleted", async () => {
    const { freeBytes } = diskOf(await peakOfOneAtATime());
    server.fail(SECOND, { kind: "wrong" }, { kind: "wrong" });
    await fails(addModel(options({ freeBytes })), "download.corrupt");
    await rm(work(), { recursive: true });
    assert.ok((await stateNow()).partialBytes < bytesOf(FIRST));
    await isLikeWhole((await addModel(options())).folder);
  });
});

/** Read at once, so that nothing changes meanwhile. */
function bytesBelow(folder: string): number {
  if (!existsSync(folder)) return 0;
  return readdirSync(folder, { withFileTypes: true, recursive: true }).reduce((sum, entry) => {
    if (!entry.isFile()) return sum;
    const found = statSync(path.join(entry.parentPath, entry.name), { throwIfNoEntry: false });
    return sum + (found?.size ?? 0);
  }, 0);
}

async function fails(
  work: Promise<unknown>,
  code: ErrorCode,
  look: (message: string) => void = () => undefined,
): Promise<void> {
  await assert.rejects(work, (thrown) => {
    assert.ok(thrown instanceof AppError, String(thrown));
    assert.equal(thrown.code, code, thrown.message);
    look(thrown.message);
    return true;
  });
}
