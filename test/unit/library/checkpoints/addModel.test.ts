import assert from "node:assert/strict";
import { cp, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { AppError, type ErrorCode } from "../../../../src/base/errors";
import { openModelFolder, verifyFiles } from "../../../../src/engine/session/modelFolder";
import {
  addModel,
  type AddModelOptions,
  type AddProgress,
  type AddStage,
  catalogStates,
  deleteDownload,
} from "../../../../src/library/checkpoints/addModel";
import {
  type Catalog,
  catalogEntry,
  parseCatalog,
  readCatalog,
} from "../../../../src/library/checkpoints/catalog";
import {
  listModels,
  modelStoreOf,
  type ModelStore,
} from "../../../../src/library/store/modelStore";
import { withModelLock } from "../../../../src/library/store/modelLock";
import { fixturePath } from "../../../helpers/fixtures";
import { HubServer, LISTING } from "../../../helpers/hubServer";
import { temporaryFolder } from "../../../helpers/kitModel";

const NAME = "tiny-t5";
const CHECKPOINT = fixturePath("kits", "t5-odd", "checkpoint");
const WEIGHTS = "model-00002-of-00005.safetensors";
const COST = { diskBytes: 1000, memoryBytes: 2000 };
const CATALOG: Catalog = {
  entries: [
    {
      name: NAME,
      title: "Tiny T5",
      kind: "generation",
      imageSize: 28,
      repository: `Salesforce/${NAME}`,
      revision: "main",
      licence: "MIT",
      downloadBytes: 100_000,
      costs: { exact: COST, balanced: COST, small: COST },
      use: "questions",
      goodAt: "tests",
    },
  ],
  later: [],
};

describe("addModel", () => {
  let server: HubServer;
  let store: ModelStore;
  let homeDir: string;
  let progress: AddProgress[];
  beforeEach(async () => {
    server = await HubServer.start(CHECKPOINT);
    homeDir = await temporaryFolder();
    const env = { SIGHTLINE_HOME: path.join(homeDir, "store") };
    store = modelStoreOf({ env, platform: "linux", homeDir });
    progress = [];
  });
  afterEach(() => server.stop());

  const options = (overrides: Partial<AddModelOptions> = {}): AddModelOptions => ({
    name: NAME,
    catalog: CATALOG,
    store,
    environment: { env: {}, homeDir },
    hub: { endpoint: server.url },
    signal: new AbortController().signal,
    onProgress: (step) => {
      progress.push(step);
    },
    patience: { nTries: 2, firstPauseMs: 1, maxPauseMs: 1, maxRetryAfterMs: 1 },
    stallMs: 500,
    ...overrides,
  });

  it("downloads, converts, and leaves the model and nothing else", async () => {
    const added = await addModel(options());
    assert.equal(added.name, NAME);
    assert.equal(added.source, "hub");
    await verifyFiles(await openModelFolder(added.folder));
    assert.deepEqual(await readdir(path.join(store.root, "downloads")), []);
    assert.deepEqual([...new Set(progress.map(({ step }) => step))], ["download", "convert"]);
    for (const step of ["download", "convert"]) {
      const last = progress.filter((seen) => seen.step === step).at(-1);
      assert.equal(last?.doneBytes, last?.totalBytes);
    }
  });

  for (const env of [
    { HF_HUB_OFFLINE: "1" },
    { HF_HUB_OFFLINE: "Yes", TRANSFORMERS_OFFLINE: "0" },
    { HF_HUB_OFFLINE: "", TRANSFORMERS_OFFLINE: "on" },
  ]) {
    it(`asks nobody where the environment forbids it: ${JSON.stringify(env)}`, async () => {
      const refused = addModel(options({ environment: { env, homeDir } }));
      await assert.rejects(refused, (thrown) => {
        assert.ok(thrown instanceof AppError && thrown.code === "hub.unreachable", String(thrown));
        assert.match(thrown.message, /^(HF_HUB|TRANSFORMERS)_OFFLINE=\S+ forbids .*--from/);
        return true;
      });
      assert.deepEqual(server.requests, []);
    });
  }

  it("asks where the first of the two says no", async () => {
    const env = { HF_HUB_OFFLINE: "0", TRANSFORMERS_OFFLINE: "1" };
    assert.equal((await addModel(options({ environment: { env, homeDir } }))).source, "hub");
  });

  it("says whom it asks and which try it is, and what is here when nobody answers", async () => {
    const stages: AddStage[] = [];
    const { host } = new URL(server.url);
    const onStage = (stage: AddStage): void => void stages.push(stage);
    server.fail(LISTING, { kind: "status", status: 503 });
    server.fail(WEIGHTS, { kind: "cut", afterBytes: 4000 }, { kind: "status", status: 500 });
    await assert.rejects(addModel(options({ onStage })), (thrown) => {
      assert.ok(thrown instanceof AppError && thrown.code === "hub.failed", String(thrown));
      assert.match(thrown.message, /status 500.* of .* have arrived and are kept/);
      assert.ok(Number(thrown.detail?.["arrivedBytes"]) > 4000);
      return true;
    });
    const connect = { stage: "connect", host, nTries: 2 } as const;
    assert.deepEqual(stages.slice(0, 2), [
      { ...connect, nth: 1 },
      { ...connect, nth: 2 },
    ]);
    stages.length = 0;
    await server.stop();
    await assert.rejects(addModel(options({ onStage })), (thrown) => {
      assert.ok(thrown instanceof AppError && thrown.code === "hub.unreachable", String(thrown));
      assert.match(thrown.message, /offline\? .* have arrived and are kept; the next try/);
      return true;
    });
    assert.deepEqual(stages, [{ ...connect, nth: 1 }]);
    const env = { SIGHTLINE_HOME: await temporaryFolder() };
    const elsewhere = modelStoreOf({ env, platform: "linux", homeDir });
    await assert.rejects(addModel(options({ store: elsewhere })), (thrown) => {
      assert.match((thrown as AppError).message, /offline\? Nothing has arrived yet\.$/);
      return true;
    });
  });

  it("says that what has arrived is checked before it goes on", async () => {
    const stages: AddStage[] = [];
    server.fail(WEIGHTS, { kind: "cut", afterBytes: 4000 }, { kind: "status", status: 500 });
    await assert.rejects(addModel(options()));
    await addModel(options({ onStage: (stage) => void stages.push(stage) }));
    assert.deepEqual(
      stages.map(({ stage }) => stage),
      ["connect", "check"],
    );
  });

  it("asks nobody for a model that is there, unless another precision is wanted", async () => {
    const first = await addModel(options());
    server.requests.length = 0;
    assert.deepEqual(await addModel(options()), { ...first, source: "store" });
    assert.deepEqual(server.requests, []);
    const second = await addModel(options({ precision: "f16" }));
    assert.equal(second.name, `${NAME}-2`);
    const [state] = await catalogStates(CATALOG, options());
    assert.deepEqual(state?.models, [NAME, `${NAME}-2`]);
  });

  it("takes a checkpoint from the cache of Hugging Face's tools and leaves it there", async () => {
    const commit = "a".repeat(40);
    const cache = path.join(homeDir, ".cache", "huggingface", "hub", `models--Salesforce--${NAME}`);
    const snapshot = path.join(cache, "snapshots", commit);
    await cp(CHECKPOINT, snapshot, { recursive: true });
    await mkdir(path.join(cache, "refs"));
    await writeFile(path.join(cache, "refs", "main"), commit);
    assert.equal((await catalogStates(CATALOG, options()))[0]?.cacheFolder, snapshot);
    const added = await addModel(options());
    assert.equal(added.source, "cache");
    assert.equal(added.name, NAME);
    assert.deepEqual(server.requests, []);
    assert.equal((await readdir(snapshot)).length, (await readdir(CHECKPOINT)).length);
  });

  it("takes the revision of the catalogue from the cache, whatever the main branch is there", async () => {
    const [pinned, main] = ["a".repeat(40), "b".repeat(40)];
    const cache = path.join(homeDir, ".cache", "huggingface", "hub", `models--Salesforce--${NAME}`);
    for (const commit of [pinned, main]) {
      await cp(CHECKPOINT, path.join(cache, "snapshots", commit), { recursive: true });
    }
    await mkdir(path.join(cache, "refs"));
    await writeFile(path.join(cache, "refs", "main"), main);
    const folderOf = async (revision: string): Promise<string | undefined> => {
      const entries = CATALOG.entries.map((entry) => ({ ...entry, revision }));
      const [state] = await catalogStates({ ...CATALOG, entries }, options());
      return state?.cacheFolder;
    };
    assert.equal(await folderOf(pinned), path.join(cache, "snapshots", pinned));
    assert.equal(await folderOf("main"), path.join(cache, "snapshots", main));
    assert.equal(await folderOf("c".repeat(40)), path.join(cache, "snapshots", main));
  });

  it("downloads when the cache holds only a part", async () => {
    const cache = path.join(homeDir, "hf", "hub", `models--Salesforce--${NAME}`);
    const snapshot = path.join(cache, "snapshots", "a".repeat(40));
    await cp(CHECKPOINT, snapshot, { recursive: true });
    await rm(path.join(snapshot, "model-00003-of-00005.safetensors"));
    const environment = { env: { HF_HOME: path.join(homeDir, "hf") }, homeDir };
    assert.equal((await addModel(options({ environment }))).source, "hub");
  });

  it("has no model after a failure, knows what has arrived, and goes on from there", async () => {
    const file = "model-00002-of-00005.safetensors";
    server.fail(file, { kind: "short", afterBytes: 500 }, { kind: "status", status: 500 });
    await fails(addModel(options()), "hub.failed");
    assert.deepEqual(await listModels(store), []);
    const [state] = await catalogStates(CATALOG, options());
    assert.ok((state?.partialBytes ?? 0) > 500);
    server.requests.length = 0;
    await addModel(options());
    assert.ok(server.rangesOf(file).includes("bytes=500-"));
    assert.equal((await catalogStates(CATALOG, options()))[0]?.partialBytes, 0);
  });

  it("keeps the download when the conversion is cancelled", async () => {
    const cancel = new AbortController();
    const onProgress = ({ step }: AddProgress): void => {
      if (step === "convert") cancel.abort();
    };
    await fails(addModel(options({ signal: cancel.signal, onProgress })), "request.cancelled");
    assert.deepEqual(await listModels(store), []);
    server.requests.length = 0;
    await addModel(options());
    assert.deepEqual(
      server.requests.map(({ file }) => file),
      [LISTING],
    );
  });

  it("deletes what has arrived", async () => {
    server.fail("config.json", { kind: "wrong" }, { kind: "wrong" });
    await fails(addModel(options()), "download.corrupt");
    const { freedBytes } = await deleteDownload(NAME, options());
    assert.ok(freedBytes > 0);
    assert.equal((await catalogStates(CATALOG, options()))[0]?.partialBytes, 0);
  });

  it("lets no two processes download the same", async () => {
    const folder = path.join(store.root, "downloads", NAME);
    await withModelLock({ store, folder, ifBusy: "refuse" }, async () => {
      await fails(addModel(options()), "model.busy");
      await fails(deleteDownload(NAME, options()), "model.busy");
    });
  });

  it("knows no other names", async () => {
    await fails(addModel(options({ name: "../tiny" })), "model.missing");
    await fails(deleteDownload("x", options()), "model.missing");
  });
});

describe("the catalogue", () => {
  const file = path.resolve("models", "catalog.json");

  it("has every published checkpoint, with sizes that fit together", async () => {
    const { entries, later } = await readCatalog(file);
    assert.equal(entries.length, 21);
    assert.equal(later.length, 2);
    for (const entry of entries) {
      const { name, repository, revision, costs, downloadBytes, imageSize, weightFiles } = entry;
      assert.equal(repository, `Salesforce/${name}`);
      const sizes = { blip2: name.endsWith("-coco") ? 364 : 224, instructblip: 224, blip: 384 };
      assert.equal(imageSize, sizes[name.split("-")[0] as keyof typeof sizes], name);
      // BLIP's matching models have no decoder, which is what "small" makes smaller.
      const isSmaller = costs.small.diskBytes < costs.balanced.diskBytes;
      assert.equal(isSmaller, !name.startsWith("blip-itm"), name);
      // A shared head is stored once in some checkpoints and twice in an exact model.
      assert.ok(Math.abs(costs.exact.diskBytes / downloadBytes - 1) < 0.04, name);
      for (const cost of Object.values(costs)) assert.ok(cost.memoryBytes > cost.diskBytes);
      assert.notEqual(weightFiles?.length, 0);
      // A short hash is no name of one commit.
      assert.match(revision, /^(main|[0-9a-f]{40})$/, name);
    }
  });

  it("says why a checkpoint cannot be had yet", async () => {
    const catalog = await readCatalog(file);
    const name = catalog.later[0]?.name ?? "";
    assert.throws(() => catalogEntry(catalog, name), { code: "checkpoint.unsupported" });
  });

  it("is refused when it is broken", async () => {
    await fails(readCatalog("/nonexistent/catalog.json"), "internal");
    const row = { name: "a", title: "A", kind: "generation", imageSize: 224, notYet: {} };
    for (const models of [[{}], [row], [{ ...row, name: "../a" }], "none"]) {
      const text = JSON.stringify({ formatVersion: 1, models });
      assert.throws(() => parseCatalog(text, "catalog.json"), { code: "internal" });
    }
  });
});

async function fails(work: Promise<unknown>, code: ErrorCode): Promise<void> {
  await assert.rejects(work, (thrown) => {
    assert.ok(thrown instanceof AppError, String(thrown));
    assert.equal(thrown.code, code, thrown.message);
    return true;
  });
}
