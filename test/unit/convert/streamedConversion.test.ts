import assert from "node:assert/strict";
import { appendFile, cp, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import path from "node:path";
import { openCheckpoint } from "../../../src/convert/checkpoint/checkpoint";
import { convertModel } from "../../../src/convert/convertModel";
import { withFileBytes } from "../../../src/convert/checkpoint/byteSource";
import type { WeightHeader } from "../../../src/convert/checkpoint/tensorInfo";
import { weightHeader } from "../../../src/convert/checkpoint/weightFile";
import { hashSources } from "../../../src/convert/output/sourceHashes";
import { StreamedConversion, type StreamOptions } from "../../../src/convert/streamedConversion";
import type { ManifestFile } from "../../../src/model/folder/manifest";
import { temporaryFolder } from "../../helpers/kitModel";
import { writeTinyCheckpoint, type TinyCheckpointOptions } from "../../helpers/tinyCheckpoint";

const PRECISIONS = ["f32", "int8:16", "int4:32,vision_encoder=f16"];
/** So many that packed projections and folded norms lie in several files. */
const N_SHARDS = 9;
/** Neither the order of the files nor that of the model. */
const ORDER = [5, 2, 0, 7, 3, 8, 1, 6, 4];

/** Weight files that arrive one by one, in a folder that else has the small files. */
interface Arrival {
  /** Where the whole checkpoint is. */
  readonly whole: string;
  readonly folder: string;
  readonly work: string;
  readonly headers: ReadonlyMap<string, WeightHeader>;
  /** In the order of the series. */
  readonly sources: readonly ManifestFile[];
}

describe("StreamedConversion", () => {
  async function arrival(options: TinyCheckpointOptions): Promise<Arrival> {
    const root = await temporaryFolder();
    const whole = path.join(root, "whole");
    await writeTinyCheckpoint(whole, { nShards: N_SHARDS, ...options });
    const folder = path.join(root, "download");
    await cp(whole, folder, { recursive: true });
    const headers = new Map<string, WeightHeader>();
    for (const name of (await readdir(folder)).filter((file) =>
      /\.(?:safetensors|bin)$/.test(file),
    )) {
      headers.set(name, await earlyHeaderOf(path.join(folder, name)));
      await rm(path.join(folder, name));
    }
    const sources = await hashSources(await openCheckpoint(whole), () => undefined);
    return { whole, folder, work: path.join(root, "work"), headers, sources };
  }

  async function open(
    at: Arrival,
    overrides: Partial<StreamOptions> = {},
  ): Promise<StreamedConversion> {
    const checkpoint = await openCheckpoint(at.folder, at.headers);
    return await StreamedConversion.open({
      ...{ checkpoint, precision: "f32", folder: at.work, identity: "a" },
      ...overrides,
    });
  }

  /** The file is there for the call and gone afterwards. */
  async function take(conversion: StreamedConversion, at: Arrival, shard: number): Promise<void> {
    const source = at.sources[shard]!;
    const file = path.join(at.folder, source.path);
    await cp(path.join(at.whole, source.path), file);
    try {
      await conversion.take(source);
    } finally {
      await rm(file);
    }
  }

  async function finish(conversion: StreamedConversion, at: Arrival): Promise<string> {
    const out = path.join(path.dirname(at.work), "models", "streamed");
    await conversion.finish(out, "whole");
    return out;
  }

  async function isLikeWhole(out: string, at: Arrival, precision: string): Promise<void> {
    const expected = path.join(path.dirname(at.work), "expected");
    await convertModel({ checkpoint: at.whole, out: expected, precision });
    const names = await readdir(expected);
    assert.deepEqual((await readdir(out)).sort(), names.sort());
    for (const name of names) {
      const [got, wanted] = await Promise.all(
        [out, expected].map((folder) => readFile(path.join(folder, name))),
      );
      assert.ok(got!.equals(wanted!), name);
    }
    await assert.rejects(stat(at.work), { code: "ENOENT" });
  }

  for (const kit of ["opt", "t5", "itm"] as const) {
    for (const precision of PRECISIONS) {
      it(`makes the ${kit} model of the whole checkpoint, ${precision}, in any order and run by run`, async () => {
        const at = await arrival({ kit });
        for (const [i, shard] of ORDER.entries()) {
          // Another run of the program for each file.
          const conversion = await open(at, { precision });
          assert.equal(conversion.taken.size, i);
          await take(conversion, at, shard);
          await conversion.close();
        }
        const conversion = await open(at, { precision });
        const { doneBytes, totalBytes } = conversion.progress;
        assert.equal(doneBytes, totalBytes);
        await isLikeWhole(await finish(conversion, at), at, precision);
      });
    }
  }

  for (const precision of ["f32", "int8:16"]) {
    it(`makes the same model of torch's files, ${precision}, in any order`, async () => {
      const at = await arrival({ kit: "opt", format: "torch" });
      const conversion = await open(at, { precision });
      for (const shard of ORDER) await take(conversion, at, shard);
      const out = await finish(conversion, at);
      const safetensors = path.join(await temporaryFolder(), "safetensors");
      await writeTinyCheckpoint(safetensors, { kit: "opt" });
      const expected = path.join(path.dirname(safetensors), "expected");
      await convertModel({ checkpoint: safetensors, out: expected, precision });
      for (const name of (await readdir(expected)).filter((file) => file !== "manifest.json")) {
        const files = [out, expected].map((folder) => readFile(path.join(folder, name)));
        const [got, wanted] = await Promise.all(files);
        assert.ok(got!.equals(wanted!), name);
      }
    });
  }

  it("hashes on the way what comes in order, and counts every byte once", async () => {
    const at = await arrival({ kit: "opt" });
    const seen: number[] = [];
    const conversion = await open(at, {
      onProgress: ({ doneBytes }) => {
        seen.push(doneBytes);
      },
    });
    const before = conversion.pendingBytes;
    for (const shard of at.sources.keys()) await take(conversion, at, shard);
    const { totalBytes } = conversion.progress;
    assert.equal(seen.at(-1), totalBytes);
    assert.deepEqual(
      seen,
      [...seen].sort((a, b) => a - b),
    );
    assert.ok(before > totalBytes);
    assert.ok(conversion.pendingBytes < before - totalBytes + 1);
    await isLikeWhole(await finish(conversion, at), at, "f32");
  });

  it("does a file again in which it was interrupted", async () => {
    const at = await arrival({ kit: "t5" });
    const first = await open(at);
    await take(first, at, 1);
    await first.close();
    for (const bytes of [1, 20_000, 60_000]) {
      const cancel = new AbortController();
      const conversion = await open(at, {
        signal: cancel.signal,
        onProgress: ({ doneBytes }) => {
          if (doneBytes >= bytes) cancel.abort();
        },
      });
      assert.deepEqual([...conversion.taken], [at.sources[1]!.path]);
      await assert.rejects(take(conversion, at, 2), { code: "request.cancelled" });
      await conversion.close();
    }
    const conversion = await open(at);
    for (const shard of ORDER) if (shard !== 1) await take(conversion, at, shard);
    await isLikeWhole(await finish(conversion, at), at, "f32");
  });

  for (const [what, change] of [
    ["other weights", { identity: "b" }],
    ["another precision", { precision: "f16" }],
  ] as const) {
    it(`begins again for ${what}`, async () => {
      const at = await arrival({ kit: "itm" });
      const first = await open(at);
      await take(first, at, 0);
      await first.close();
      const conversion = await open(at, change);
      assert.equal(conversion.taken.size, 0);
      assert.equal(conversion.progress.doneBytes, 0);
      await conversion.close();
      assert.equal((await open(at, change)).taken.size, 0);
    });
  }

  const damage: Readonly<Record<string, (work: string) => Promise<void>>> = {
    "a data file is shorter": (work) =>
      truncate(path.join(work, "model", "vision_encoder.onnx_data"), 100),
    "the model is gone": (work) => rm(path.join(work, "model"), { recursive: true }),
    "the journal is gone": (work) => rm(path.join(work, "journal.json")),
    "the journal is no JSON": (work) => appendFile(path.join(work, "journal.json"), "x"),
    "the journal is empty": (work) => writeFile(path.join(work, "journal.json"), "{}"),
    "kept tensors are not there": async (work) =>
      truncate(path.join(work, (await keptFiles(work))[0]!), 1),
  };
  for (const [what, spoil] of Object.entries(damage)) {
    it(`begins again when ${what}`, async () => {
      const at = await arrival({ kit: "opt" });
      const first = await open(at, { precision: "int8:16" });
      for (let shard = 0; (await keptFiles(at.work)).length === 0; shard++) {
        await take(first, at, shard);
      }
      await first.close();
      await spoil(at.work);
      const conversion = await open(at, { precision: "int8:16" });
      assert.equal(conversion.taken.size, 0);
      for (const shard of ORDER) await take(conversion, at, shard);
      await isLikeWhole(await finish(conversion, at), at, "int8:16");
    });
  }

  it("puts no model anywhere before every file was taken, nor over another one", async () => {
    const at = await arrival({ kit: "opt" });
    const early = await open(at);
    await take(early, at, 0);
    await assert.rejects(finish(early, at), { code: "internal" });
    await early.close();
    const conversion = await open(at);
    for (const shard of ORDER) if (shard !== 0) await take(conversion, at, shard);
    await assert.rejects(conversion.finish(at.whole, "whole"), {
      code: "convert.failed",
      message: /already exists/,
    });
    await conversion.close();
    await isLikeWhole(await finish(await open(at), at), at, "f32");
  });

  it("leaves nothing when it is discarded", async () => {
    const at = await arrival({ kit: "itm" });
    const conversion = await open(at);
    await take(conversion, at, 0);
    await conversion.discard();
    await assert.rejects(stat(at.work), { code: "ENOENT" });
  });

  it("says which weight file is damaged", async () => {
    const at = await arrival({ kit: "itm" });
    const conversion = await open(at);
    const source = at.sources[0]!;
    const file = path.join(at.folder, source.path);
    await cp(path.join(at.whole, source.path), file);
    await truncate(file, source.bytes - 100);
    await assert.rejects(conversion.take(source), { code: "checkpoint.corrupt" });
    await conversion.close();
  });
});

async function keptFiles(work: string): Promise<readonly string[]> {
  return (await readdir(work)).filter((name) => name.endsWith(".kept"));
}

/** As of a file that has not arrived. */
async function earlyHeaderOf(file: string): Promise<WeightHeader> {
  return await withFileBytes(file, (source) => weightHeader(source, "directory"));
}
