import assert from "node:assert/strict";
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";

import { rememberedDeviceIn } from "../../../src/engine/device/rememberedDevice";
import {
  diskKindAt,
  diskKindOf,
  hubFacts,
  rememberedDevice,
  storeFacts,
} from "../../../src/doctor/storeFacts";
import type { HubFacts } from "../../../src/doctor/facts";
import { modelStoreOf, type ModelStore } from "../../../src/library/store/modelStore";
import { fakeSystemFiles } from "../../helpers/fakeSystemFiles";
import { fixturePath } from "../../helpers/fixtures";
import { kitModel, temporaryFolder } from "../../helpers/kitModel";

const catalogFile = path.resolve("models", "catalog.json");
const demoCheckpoint = fixturePath("kits", "itm", "checkpoint");

describe("storeFacts", () => {
  let home: string;
  let store: ModelStore;
  beforeEach(async () => {
    home = await temporaryFolder();
    store = modelStoreOf({ env: { SIGHTLINE_HOME: home }, platform: "linux", homeDir: home });
  });

  const sources = (): Parameters<typeof storeFacts>[0] => ({
    ...{ store, demoCheckpoint, catalogFile, files: fakeSystemFiles({}) },
    environment: { env: {}, homeDir: home },
  });

  it("finds an empty store with free disk, and leaves it empty", async () => {
    const facts = await storeFacts(sources());
    assert.equal(facts.folder, home);
    assert.ok(facts.freeBytes > 0);
    assert.deepEqual(facts.models, [{ name: "demo", state: "bundled", kind: "generation" }]);
    assert.deepEqual([facts.copies, facts.unfinished], [[], []]);
    assert.deepEqual(facts.caches, { features: 0, demo: 0, cuda: 0 });
  });

  it("tells whole models from damaged ones, and finds copies, downloads and caches", async () => {
    const from = await kitModel("opt-odd");
    for (const name of ["one", "two", "broken"]) {
      await cp(from, path.join(store.modelsDir, name), { recursive: true });
    }
    await cp(await kitModel("t5-odd"), path.join(store.modelsDir, "other"), { recursive: true });
    await writeFile(path.join(store.modelsDir, "broken", "manifest.json"), "{");
    const { models } = JSON.parse(await readFile(catalogFile, "utf8")) as {
      readonly models: readonly { readonly name: string }[];
    };
    const name = models[0]!.name;
    const written: readonly [file: string, bytes: number][] = [
      [path.join(store.root, "downloads", name, "model.safetensors.partial"), 1000],
      [path.join(store.featuresDir, "a", "b"), 200],
      [path.join(store.root, "cuda", "c"), 30],
    ];
    for (const [file, bytes] of written) {
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(file, Buffer.alloc(bytes));
    }
    const facts = await storeFacts(sources());
    assert.deepEqual(
      facts.models.map((model) => [model.name, model.state]),
      [
        ["demo", "bundled"],
        ["broken", "damaged"],
        ["one", "ready"],
        ["other", "ready"],
        ["two", "ready"],
      ],
    );
    assert.ok((facts.models[2]?.memoryBytes ?? 0) > (facts.models[2]?.bytes ?? Infinity));
    assert.deepEqual(facts.copies, [["one", "two"]]);
    assert.deepEqual(facts.unfinished, [{ name, bytes: 1000 }]);
    assert.deepEqual(facts.caches, { features: 200, demo: 0, cuda: 30 });
  });

  it("finds the download of another precision of a model that is there", async () => {
    const folder = path.join(store.modelsDir, "blip2-opt-2.7b");
    await cp(await kitModel("opt-odd"), folder, { recursive: true });
    const file = path.join(folder, "manifest.json");
    const manifest = JSON.parse(await readFile(file, "utf8")) as { source: { name: string } };
    manifest.source.name = "blip2-opt-2.7b";
    await writeFile(file, JSON.stringify(manifest));
    const download = path.join(store.root, "downloads", "blip2-opt-2.7b");
    await mkdir(download, { recursive: true });
    await writeFile(path.join(download, "model.safetensors.partial"), Buffer.alloc(1000));
    const facts = await storeFacts(sources());
    assert.deepEqual(facts.unfinished, [{ name: "blip2-opt-2.7b", bytes: 1000 }]);
  });
});

describe("diskKindOf", () => {
  // 8:1 is the first partition of a disk, whose queue is one folder above.
  const partition = (8 << 8) | 1;

  it("asks the disk of a partition whether it rotates", async () => {
    const answer = (text: string): Promise<string> =>
      diskKindOf(partition, fakeSystemFiles({ "/sys/dev/block/queue/rotational": text }));
    assert.equal(await answer("1\n"), "rotating");
    assert.equal(await answer("0\n"), "solid");
  });

  it("believes no virtual disk, and knows nothing without the file", async () => {
    const files = fakeSystemFiles({
      "/sys/dev/block/254:0/uevent": "MAJOR=254\nDEVNAME=vda\n",
      "/sys/dev/block/254:0/queue/rotational": "1\n",
    });
    assert.equal(await diskKindOf(254 << 8, files), "unknown");
    assert.equal(await diskKindOf(partition, files), "unknown");
  });

  it("finds the disk of a folder that does not exist yet", async () => {
    const folder = path.join(await temporaryFolder(), "a", "b");
    const kind = await diskKindAt(folder, fakeSystemFiles({}));
    assert.ok(kind === "unknown" || kind === "network");
  });
});

describe("rememberedDevice", () => {
  it("reads what is remembered, its age, and whether it still counts", async () => {
    const file = path.join(await temporaryFolder(), "device.json");
    const nowMs = 1e12;
    const memory = rememberedDeviceIn({ file, nowMs: () => nowMs });
    const reason = { code: "slower", device: "webgpu" } as const;
    await memory.remember({ device: "cpu", reason });
    const later = (ms: number): ReturnType<typeof rememberedDevice> =>
      rememberedDevice(file, nowMs + ms);
    assert.deepEqual(await later(5), { file, reason, ageMs: 5, isInForce: true });
    assert.equal((await later(365 * 86_400_000))?.isInForce, false);
  });

  it("has nothing to tell without a file, or of a damaged one", async () => {
    const file = path.join(await temporaryFolder(), "device.json");
    assert.equal(await rememberedDevice(file, 0), undefined);
    await writeFile(file, '{"reason": 5}');
    assert.equal(await rememberedDevice(file, 0), undefined);
  });
});

describe("hubFacts", () => {
  let homeDir: string;

  beforeEach(async () => {
    homeDir = await temporaryFolder();
  });

  const factsOf = (env: Readonly<Record<string, string>>): Promise<HubFacts> =>
    hubFacts({ env, homeDir });

  it("tells that a token is set or kept, and never which", async () => {
    for (const name of ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"]) {
      assert.deepEqual(await factsOf({ [name]: "hf_secret" }), { hasToken: true });
    }
    assert.deepEqual(await factsOf({ HF_TOKEN: " " }), { hasToken: false });
    await writeFile(path.join(homeDir, "token"), "hf_secret");
    assert.deepEqual(await factsOf({ HF_HOME: homeDir }), { hasToken: true });
  });

  it("believes an editor about the token that it keeps, which is the one that it uses", async () => {
    assert.equal((await factsOf({ SIGHTLINE_HUB_TOKEN: "kept" })).hasToken, true);
    assert.equal((await factsOf({ SIGHTLINE_HUB_TOKEN: "none", HF_TOKEN: "x" })).hasToken, false);
  });

  it("leaves user and password out of addresses", async () => {
    const facts = await factsOf({
      HF_ENDPOINT: "https://user:p@ss@mirror.example/hub?key=secret",
      https_proxy: "user:secret@proxy.example:3128",
    });
    assert.deepEqual(facts, {
      endpoint: "https://mirror.example/hub",
      proxy: "proxy.example:3128",
      hasToken: false,
    });
  });
});
