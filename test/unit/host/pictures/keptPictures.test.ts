import assert from "node:assert/strict";
import { KeptPictures } from "../../../../src/host/pictures/keptPictures";
import { FakeClock } from "../../../helpers/fakeClock";

const NOW = 1e12;
const OLD = { size: 4, mtime: NOW - 60_000, ctime: NOW - 90_000 };

describe("the pictures that were read last", () => {
  it("are read once while their files are as they were", async () => {
    const { read, reads } = create();
    const first = await read("a", OLD);
    assert.equal(await read("a", { ...OLD }), first);
    await read("b", OLD);
    assert.deepEqual(reads, ["a", "b"]);
  });

  for (const change of [{ size: 5 }, { mtime: NOW - 50_000 }, { ctime: NOW - 80_000 }]) {
    it(`are read again when the file has another ${Object.keys(change).join()}`, async () => {
      const { read, reads } = create();
      const before = await read("a", OLD);
      const after = await read("a", { ...OLD, ...change });
      assert.notEqual(after, before);
      assert.equal(await read("a", { ...OLD, ...change }), after);
      assert.deepEqual(reads, ["a", "a"]);
    });
  }

  it("are read again when the file was so young that a second change would not show", async () => {
    const { read, reads } = create();
    for (const mtime of [NOW, NOW - 2000, NOW + 5000]) {
      await read("a", { ...OLD, mtime });
      await read("a", { ...OLD, mtime });
    }
    assert.equal(reads.length, 6);
  });

  it("are read again where a file system tells no time", async () => {
    const { read, reads } = create();
    for (const mtime of [0, 0, NaN, undefined as unknown as number]) {
      await read("a", { ...OLD, mtime });
    }
    assert.equal(reads.length, 4);
  });

  it("are kept within a budget, those that were used last", async () => {
    const { read, reads } = create({ maxBytes: 8 });
    for (const uri of ["a", "b", "a", "c", "a", "b"]) await read(uri, OLD);
    assert.deepEqual(reads, ["a", "b", "c", "b"]);
  });

  it("are not kept when one alone is too large, and take no room from others", async () => {
    const { read, reads } = create({ maxBytes: 4 });
    await read("a", OLD);
    await read("large", { ...OLD, size: 5 });
    await read("large", { ...OLD, size: 5 });
    await read("a", OLD);
    assert.deepEqual(reads, ["a", "large", "large"]);
  });

  it("are let go of when nobody has used one for long", async () => {
    const { read, reads, clock } = create();
    await read("a", OLD);
    clock.advance(9 * 60_000);
    await read("a", OLD);
    clock.advance(9 * 60_000);
    await read("a", OLD);
    assert.equal(reads.length, 1);
    clock.advance(10 * 60_000);
    await read("a", OLD);
    assert.equal(reads.length, 2);
    assert.equal(clock.nAlarms, 1);
  });

  it("are not kept when they cannot be read, and neither is what was there before", async () => {
    const { kept, read, reads } = create();
    await read("a", OLD);
    const changed = { ...OLD, size: 5 };
    await assert.rejects(
      kept.read("a", changed, () => Promise.reject(new Error("gone"))),
      /gone/,
    );
    await read("a", OLD);
    assert.equal(reads.length, 2);
  });
});

function create(options: { readonly maxBytes?: number } = {}) {
  const clock = new FakeClock();
  const kept = new KeptPictures({ clock, wallTime: () => NOW, ...options });
  const reads: string[] = [];
  const read = async (uri: string, stamp: typeof OLD) =>
    await kept.read(uri, stamp, () => {
      reads.push(uri);
      return Promise.resolve({ name: uri, bytes: new Uint8Array(stamp.size), uri });
    });
  return { clock, kept, reads, read };
}
