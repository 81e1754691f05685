import assert from "node:assert/strict";
import { chmod, mkdir, readdir, readFile, rename, stat, utimes, writeFile } from "node:fs/promises";
import path from "node:path";
import {
  FeatureCache,
  type Features,
  type SeenPicture,
} from "../../../../src/engine/picture/featureCache";
import { cpuTensor, floats } from "../../../../src/engine/session/session";
import { temporaryFolder } from "../../../helpers/kitModel";

const KEYS = ["aa", "bb", "cc", "dd"] as const;

/** 16 bytes in two tensors. */
function seen(value: number): SeenPicture {
  const features: Features = new Map([
    ["image_features", cpuTensor(Float32Array.of(value, value + 0.5, -value), [1, 3, 1])],
    ["image_embeds", cpuTensor(Float32Array.of(1 / 3), [1, 1])],
  ]);
  return {
    features,
    facts: {
      ...{ width: 3, height: 4, look: "0123456789abcdef" },
      isOneColor: value === 1,
      isOutsideWorld: value === 2,
    },
  };
}

function plain(found: SeenPicture | undefined): unknown {
  const tensors = [...(found?.features ?? [])];
  const values = tensors.map(([name, tensor]) => [name, tensor.dims, [...floats(tensor)]]);
  return [found?.facts, ...values];
}

async function fileOf(folder: string, key: string): Promise<string> {
  const file = path.join(folder, `${key}.features`);
  assert.ok((await stat(file)).isFile());
  return file;
}

describe("the cache of image features", () => {
  it("gives back what was stored, from memory", async () => {
    const cache = new FeatureCache();
    assert.equal(await cache.find("aa"), undefined);
    await cache.store("aa", seen(1));
    const found = await cache.find("aa");
    assert.equal(found?.from, "memory");
    assert.deepEqual(plain(found), plain(seen(1)));
  });

  it("replaces what it has under a key", async () => {
    const cache = new FeatureCache({ maxMemoryBytes: 32 });
    for (const value of [1, 2, 3, 4]) await cache.store("aa", seen(value));
    await cache.store("bb", seen(5));
    assert.deepEqual(plain(await cache.find("aa")), plain(seen(4)));
    assert.deepEqual(plain(await cache.find("bb")), plain(seen(5)));
  });

  it("forgets what was not used for longest when memory is full", async () => {
    const cache = new FeatureCache({ maxMemoryBytes: 3 * 16 });
    for (const key of ["aa", "bb", "cc"]) await cache.store(key, seen(1));
    await cache.find("aa");
    await cache.store("dd", seen(1));
    const found = await Promise.all(KEYS.map((key) => cache.find(key)));
    assert.deepEqual(
      found.map((entry) => entry?.from),
      ["memory", undefined, "memory", "memory"],
    );
  });

  it("keeps the newest entry even when it alone is more than the limit", async () => {
    const cache = new FeatureCache({ maxMemoryBytes: 1 });
    await cache.store("aa", seen(1));
    await cache.store("bb", seen(2));
    assert.equal(await cache.find("aa"), undefined);
    assert.equal((await cache.find("bb"))?.from, "memory");
  });

  it("finds on disk what another cache stored, bit by bit, and then in memory", async () => {
    const folder = path.join(await temporaryFolder(), "deep", "features");
    await new FeatureCache({ folder }).store("aa", seen(0.1));
    const cache = new FeatureCache({ folder });
    const first = await cache.find("aa");
    assert.equal(first?.from, "disk");
    assert.deepEqual(plain(first), plain(seen(0.1)));
    assert.equal((await cache.find("aa"))?.from, "memory");
  });

  it("ignores and removes a file that is damaged, cut, longer or of another picture", async () => {
    const folder = await temporaryFolder();
    await new FeatureCache({ folder }).store("aa", seen(1));
    const file = await fileOf(folder, "aa");
    const good = await readFile(file);
    const flipped = (at: number): Buffer => {
      const copy = Buffer.from(good);
      copy.writeUInt8(copy.readUInt8(at) ^ 1, at);
      return copy;
    };
    const everyByte = Array.from({ length: good.length }, (_, at) => flipped(at));
    const everyLength = Array.from({ length: good.length }, (_, at) => good.subarray(0, at));
    const longer = Buffer.concat([good, Buffer.of(0)]);
    for (const bad of [...everyByte, ...everyLength, longer, Buffer.alloc(1 << 16)]) {
      await writeFile(file, bad);
      assert.equal(await new FeatureCache({ folder }).find("aa"), undefined);
      await assert.rejects(stat(file), /ENOENT/);
    }
    await writeFile(path.join(folder, "bb.features"), good);
    assert.equal(await new FeatureCache({ folder }).find("bb"), undefined);
    await new FeatureCache({ folder }).store("bb", seen(2));
    const replaced = await new FeatureCache({ folder }).find("bb");
    assert.deepEqual(plain(replaced), plain(seen(2)));
  });

  it("works in memory when the folder cannot be written or is a file", async () => {
    const parent = await temporaryFolder();
    const file = path.join(parent, "file");
    await writeFile(file, "x");
    const closed = path.join(parent, "closed");
    await mkdir(closed);
    await chmod(closed, 0o500);
    for (const folder of [file, path.join(file, "below"), path.join(closed, "below"), "\0"]) {
      const cache = new FeatureCache({ folder });
      assert.equal(await cache.find("aa"), undefined);
      await cache.store("aa", seen(1));
      assert.equal((await cache.find("aa"))?.from, "memory");
    }
    assert.equal(await readFile(file, "utf8"), "x");
  });

  it("leaves a folder alone that has the name of its file", async () => {
    const folder = await temporaryFolder();
    await mkdir(path.join(folder, "aa.features", "inner"), { recursive: true });
    const cache = new FeatureCache({ folder });
    assert.equal(await cache.find("aa"), undefined);
    await cache.store("aa", seen(1));
    assert.equal((await cache.find("aa"))?.from, "memory");
    assert.deepEqual(await readdir(folder), ["aa.features"]);
  });

  it("deletes what was not used for longest when the disk's share is full", async () => {
    const folder = await temporaryFolder();
    const cache = new FeatureCache({ folder });
    for (const key of ["aa", "bb", "cc"]) await cache.store(key, seen(1));
    const { size } = await stat(await fileOf(folder, "aa"));
    for (const [i, key] of ["aa", "bb", "cc"].entries()) {
      await utimes(await fileOf(folder, key), 1000 + i, 1000 + i);
    }
    await writeFile(path.join(folder, "notes.txt"), "not ours".repeat(1000));
    // As a process leaves it that was killed while it wrote.
    await writeFile(path.join(folder, "left.partial"), "x");
    await utimes(path.join(folder, "left.partial"), 999, 999);
    // Using the oldest makes it the newest.
    assert.equal((await new FeatureCache({ folder }).find("aa"))?.from, "disk");
    await new FeatureCache({ folder, maxDiskBytes: 3 * size }).store("dd", seen(1));
    assert.deepEqual((await readdir(folder)).sort(), [
      "aa.features",
      "cc.features",
      "dd.features",
      "notes.txt",
    ]);
  });

  it("leaves whole files when many are stored at once", async () => {
    const folder = await temporaryFolder();
    const caches = [new FeatureCache({ folder }), new FeatureCache({ folder, maxDiskBytes: 500 })];
    await Promise.all(
      Array.from({ length: 60 }, (_, i) =>
        caches[i % 2]!.store(KEYS[i % KEYS.length]!, seen(i % KEYS.length)),
      ),
    );
    for (const name of await readdir(folder)) assert.match(name, /^[a-d]{2}\.features$/);
    const fresh = new FeatureCache({ folder });
    for (const [i, key] of KEYS.entries()) {
      const found = await fresh.find(key);
      if (found !== undefined) assert.deepEqual(plain(found), plain(seen(i)));
    }
    await fresh.store("aa", seen(9));
    const last = await new FeatureCache({ folder }).find("aa");
    assert.deepEqual(plain(last), plain(seen(9)));
  });

  it("does not know a file by another name", async () => {
    const folder = await temporaryFolder();
    await new FeatureCache({ folder }).store("aa", seen(1));
    await rename(await fileOf(folder, "aa"), path.join(folder, "cc.features"));
    const cache = new FeatureCache({ folder });
    assert.equal(await cache.find("aa"), undefined);
    assert.equal(await cache.find("cc"), undefined);
  });
});
