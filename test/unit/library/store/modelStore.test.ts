import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { AppError } from "../../../../src/base/errors";
import {
  demoFolderName,
  isPlainName,
  listModels,
  modelStoreOf,
  resolveModel,
  type ModelStore,
} from "../../../../src/library/store/modelStore";

describe("modelStoreOf", () => {
  const rootOf = (platform: NodeJS.Platform, env: Record<string, string>): string =>
    modelStoreOf({ platform, env, homeDir: "/home/u" }).root;

  it("is where SIGHTLINE_HOME says, on every platform", () => {
    for (const platform of ["linux", "darwin", "win32"] as const) {
      assert.equal(rootOf(platform, { SIGHTLINE_HOME: "/data/s" }), path.resolve("/data/s"));
    }
    assert.equal(rootOf("linux", { SIGHTLINE_HOME: "relative" }), path.resolve("relative"));
  });

  it("follows the conventions of each platform", () => {
    assert.equal(rootOf("linux", {}), path.join("/home/u", ".cache", "sightline"));
    assert.equal(rootOf("linux", { XDG_CACHE_HOME: "/c" }), path.join("/c", "sightline"));
    assert.equal(rootOf("darwin", {}), path.join("/home/u", "Library", "Caches", "sightline"));
    assert.equal(rootOf("win32", {}), path.join("/home/u", "AppData", "Local", "sightline"));
    assert.equal(rootOf("win32", { LOCALAPPDATA: "/local" }), path.join("/local", "sightline"));
  });

  it("ignores variables that are empty or relative where they must not be", () => {
    const usual = path.join("/home/u", ".cache", "sightline");
    assert.equal(rootOf("linux", { SIGHTLINE_HOME: "" }), usual);
    assert.equal(rootOf("linux", { XDG_CACHE_HOME: "cache" }), usual);
  });

  it("keeps models and features apart", () => {
    const store = modelStoreOf({ platform: "linux", env: { SIGHTLINE_HOME: "/s" }, homeDir: "/" });
    assert.equal(store.modelsDir, path.join(store.root, "models"));
    assert.equal(store.featuresDir, path.join(store.root, "features"));
    assert.equal(store.locksDir, path.join(store.root, "locks"));
  });
});

describe("isPlainName", () => {
  it("refuses what could be a path, hidden, or a conversion in progress", () => {
    for (const name of ["blip2-opt-2.7b", "A", "0", "a.b_c"]) assert.ok(isPlainName(name), name);
    for (const name of ["", ".", "..", ".a", "a/b", "a\\b", "/", "a b", "-a", "a.partial-12"]) {
      assert.ok(!isPlainName(name), name);
    }
  });
});

describe("demoFolderName", () => {
  it("tells versions apart by the beginning of a digest", () => {
    assert.equal(demoFolderName("demo", "0123456789abcdef"), "demo-0123456789ab");
  });
});

describe("a store", () => {
  let root: string;
  let store: ModelStore;
  const model = async (folder: string): Promise<string> => {
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(folder, "manifest.json"), "{}");
    return folder;
  };
  before(async () => {
    root = await mkdtemp(path.join(tmpdir(), "sightline-store-"));
    store = modelStoreOf({ platform: "linux", env: { SIGHTLINE_HOME: root }, homeDir: root });
  });
  after(() => rm(root, { recursive: true }));

  it("is empty before it exists", async () => {
    assert.deepEqual(await listModels(store), []);
  });

  it("finds a model by its name", async () => {
    const folder = await model(path.join(store.modelsDir, "blip2-opt"));
    assert.deepEqual(await resolveModel("blip2-opt", store), { kind: "folder", folder });
  });

  it("prefers the store's model to a folder of the working directory", async () => {
    const stored = await model(path.join(store.modelsDir, "both"));
    const here = process.cwd();
    const elsewhere = path.join(root, "cwd");
    await model(path.join(elsewhere, "both"));
    try {
      process.chdir(elsewhere);
      assert.deepEqual(await resolveModel("both", store), { kind: "folder", folder: stored });
    } finally {
      process.chdir(here);
      await rm(stored, { recursive: true });
    }
  });

  it("takes no name and the name demo for the demo", async () => {
    assert.deepEqual(await resolveModel(undefined, store), { kind: "bundled", name: "demo" });
    assert.deepEqual(await resolveModel("demo", store), { kind: "bundled", name: "demo" });
  });

  it("takes a text with a separator for a folder, even one that does not exist", async () => {
    const folder = path.join(root, "nowhere");
    assert.deepEqual(await resolveModel(folder, store), { kind: "folder", folder });
    const relative = await resolveModel("./demo", store);
    assert.deepEqual(relative, { kind: "folder", folder: path.resolve("demo") });
  });

  it("takes a folder of the working directory that has a manifest for a model", async () => {
    const folder = await model(await mkdtemp(path.join(process.cwd(), "out", "store-")));
    const here = process.cwd();
    try {
      process.chdir(path.dirname(folder));
      const found = await resolveModel(path.basename(folder), store);
      assert.deepEqual(found, { kind: "folder", folder });
    } finally {
      process.chdir(here);
      await rm(folder, { recursive: true });
    }
  });

  it("names the models there are when it is asked for another", async () => {
    await model(path.join(store.modelsDir, demoFolderName("demo", "0".repeat(64))));
    await model(path.join(store.modelsDir, "half.partial-123"));
    for (const name of ["blip3", "..", ""]) {
      await assert.rejects(resolveModel(name, store), (thrown) => {
        assert.ok(thrown instanceof AppError);
        assert.equal(thrown.code, "model.missing");
        assert.match(thrown.message, /Known models: demo, demo-itm, blip2-opt\. /);
        return true;
      });
    }
  });

  it("lists damaged models with what is wrong, and none that are coming or going", async () => {
    await symlink(path.join(root, "gone"), path.join(store.modelsDir, "dangling"));
    await model(path.join(store.modelsDir, ".deleted-1"));
    const found = await listModels(store);
    assert.deepEqual(
      found.map(({ name, problem }) => [name, problem?.code]),
      [
        ["blip2-opt", "model.corrupt"],
        ["dangling", "model.missing"],
        ["demo-000000000000", "model.corrupt"],
      ],
    );
    assert.ok(found.every(({ model: opened }) => opened === undefined));
  });
});
