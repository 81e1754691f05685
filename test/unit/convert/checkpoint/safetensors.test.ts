import assert from "node:assert/strict";
import { mkdtemp, mkdir, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { AppError } from "../../../../src/base/errors";
import { toFloat32 } from "../../../../src/convert/checkpoint/dtype";
import {
  parseSafetensorsHeader,
  readSafetensorsHeader,
  type SafetensorsHeader,
} from "../../../../src/convert/checkpoint/safetensors";
import type { TensorInfo } from "../../../../src/convert/checkpoint/tensorInfo";
import { TensorReader } from "../../../../src/convert/checkpoint/tensorReader";
import { fixturePath } from "../../../helpers/fixtures";

/** A file of the given header text and data, the length in front as the format wants it. */
function frame(headerText: string | Buffer, data: Uint8Array = new Uint8Array(0)): Buffer {
  const header = Buffer.from(headerText as string);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, data]);
}

function parse(headerText: string | Buffer, dataBytes = 0): SafetensorsHeader {
  const bytes = frame(headerText);
  return parseSafetensorsHeader(bytes, {
    file: "some/model.safetensors",
    fileBytes: bytes.length + dataBytes,
  });
}

/** Asserts `checkpoint.corrupt`, the file in the message, and the tensor where one is to blame. */
function expectCorrupt(run: () => unknown, words: RegExp, tensor?: string): void {
  assert.throws(run, (thrown) => {
    assert.ok(thrown instanceof AppError);
    assert.equal(thrown.code, "checkpoint.corrupt");
    assert.match(thrown.message, /^some\/model\.safetensors: /);
    assert.match(thrown.message, words);
    assert.equal(thrown.detail?.["tensor"], tensor);
    return true;
  });
}

const entry = (fields: object): string =>
  JSON.stringify({ a: { dtype: "F32", shape: [2], data_offsets: [0, 8], ...fields } });

describe("parseSafetensorsHeader", () => {
  it("reads names, types, shapes, absolute offsets and metadata", () => {
    const text = `{"__metadata__":{"format":"pt"},
      "b":{"dtype":"I64","shape":[],"data_offsets":[8,16]},
      "a":{"dtype":"BF16","shape":[2,2],"data_offsets":[0,8]}}   `;
    const header = parse(text, 16);
    const file = "some/model.safetensors";
    const at = 8 + text.length;
    assert.equal(header.dataOffset, at);
    assert.deepEqual([...header.metadata], [["format", "pt"]]);
    assert.deepEqual(
      [...header.tensors.values()],
      [
        { name: "b", dtype: "I64", shape: [], begin: at + 8, end: at + 16, file },
        { name: "a", dtype: "BF16", shape: [2, 2], begin: at, end: at + 8, file },
      ],
    );
  });

  it("takes an empty file, empty tensors and types smaller than a byte", () => {
    assert.equal(parse("{}").tensors.size, 0);
    const text = `{"a":{"dtype":"F32","shape":[0,3],"data_offsets":[0,0]},"b":{"dtype":"F4","shape":[6],"data_offsets":[0,3]}}`;
    assert.equal(parse(text, 3).tensors.size, 2);
  });

  it("keeps names of JavaScript's prototypes ordinary names", () => {
    const text = `{"__proto__":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"constructor":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}`;
    assert.deepEqual([...parse(text, 2).tensors.keys()], ["__proto__", "constructor"]);
    assert.equal(({} as { dtype?: string }).dtype, undefined);
  });

  it("refuses a file that is too short for its header", () => {
    const read = (bytes: Uint8Array, fileBytes: number) => () =>
      parseSafetensorsHeader(bytes, { file: "some/model.safetensors", fileBytes });
    expectCorrupt(read(new Uint8Array(7), 7), /ends inside its header/);
    expectCorrupt(read(frame("{}").subarray(0, 9), 10), /ends inside its header/);
    expectCorrupt(read(frame("{}"), 9), /longer than the file/);
  });

  it("refuses a header above 100 MB before it looks at the rest", () => {
    const bytes = Buffer.alloc(8, 0xff);
    const source = { file: "some/model.safetensors", fileBytes: Number.MAX_SAFE_INTEGER };
    expectCorrupt(() => parseSafetensorsHeader(bytes, source), /above 100000000 bytes/);
    bytes.writeBigUInt64LE(100_000_001n);
    expectCorrupt(() => parseSafetensorsHeader(bytes, source), /above 100000000 bytes/);
  });

  it("refuses what is not UTF-8, not JSON or not an object", () => {
    expectCorrupt(() => parse(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d])), /UTF-8/);
    expectCorrupt(() => parse(""), /does not start with/);
    expectCorrupt(() => parse("[]"), /does not start with/);
    expectCorrupt(() => parse(" {}"), /does not start with/);
    expectCorrupt(() => parse("\ufeff{}"), /does not start with/);
    for (const text of ["{", '{"a"', '{"a":', '{"a":1', '{"a', "{}{}", "{},", "{a:{}}", '{"a"}']) {
      expectCorrupt(() => parse(text), /JSON|has no value/);
    }
    for (const text of ['{"a":{]}', '{"a":}', '{"a":{"dtype":F32}}', '{"a":{"x":"\\q"}}']) {
      expectCorrupt(() => parse(text), /JSON/, "a");
    }
    expectCorrupt(() => parse('{"a":7}'), /object was expected/, "a");
  });

  it("refuses a name that occurs twice, however it is escaped", () => {
    const one = '{"dtype":"U8","shape":[1],"data_offsets":[0,1]}';
    expectCorrupt(() => parse(`{"a":${one},"a":${one}}`, 1), /"a" occurs twice/);
    expectCorrupt(() => parse(`{"a":${one},"\\u0061":${one}}`, 1), /"a" occurs twice/);
    const twice = '{"dtype":"U8","shape":[1],"shape":[2],"data_offsets":[0,1]}';
    expectCorrupt(() => parse(`{"a":${twice}}`, 1), /"shape" occurs twice/, "a");
  });

  it("refuses an unknown or absent dtype", () => {
    for (const dtype of ["F31", "f32", "toString", 4, null, undefined]) {
      expectCorrupt(() => parse(entry({ dtype }), 8), /dtype/, "a");
    }
  });

  it("refuses a shape that is no list of whole numbers or larger than any file", () => {
    for (const shape of [undefined, null, 2, "2", [-2], [2.5], ["2"], [[2]], [1e300], { 0: 2 }]) {
      expectCorrupt(() => parse(entry({ shape }), 8), /its shape is not a list/, "a");
    }
    for (const literal of ["[2.0]", "[2e0]", "[-0]", "[9007199254740993]"]) {
      const text = entry({}).replace("[2]", literal);
      expectCorrupt(() => parse(text, 8), /its shape is not a list/, "a");
    }
    expectCorrupt(() => parse(entry({ shape: Array(65).fill(1) }), 8), /at most 64/, "a");
    const huge = [2 ** 31, 2 ** 31, 2 ** 31];
    expectCorrupt(() => parse(entry({ shape: huge }), 8), /larger than any file/, "a");
    expectCorrupt(() => parse(entry({ shape: [...huge, 0] }), 8), /larger than any file/, "a");
  });

  it("refuses offsets that are not two ordered numbers inside the file", () => {
    for (const offsets of [undefined, null, 8, [8], [0, 8, 8], [0, "8"], [-8, 0], [0.5, 8.5]]) {
      expectCorrupt(() => parse(entry({ data_offsets: offsets }), 8), /data_offsets are not/, "a");
    }
    expectCorrupt(() => parse(entry({ data_offsets: [8, 0] }), 8), /run backwards/, "a");
    expectCorrupt(() => parse(entry({}), 7), /behind the file's end/, "a");
  });

  it("refuses data whose length differs from shape times element size", () => {
    expectCorrupt(() => parse(entry({ shape: [3] }), 8), /has 8 bytes.* need 12/, "a");
    expectCorrupt(() => parse(entry({ dtype: "F6_E2M3", shape: [11] }), 8), /need 8\.25/, "a");
  });

  it("refuses overlaps, gaps and bytes that belong to no tensor", () => {
    const two = (first: number, second: number): string =>
      JSON.stringify({
        a: { dtype: "U8", shape: [4], data_offsets: [first, first + 4] },
        b: { dtype: "U8", shape: [4], data_offsets: [second, second + 4] },
      });
    assert.equal(parse(two(4, 0), 8).tensors.size, 2);
    expectCorrupt(() => parse(two(0, 2), 6), /overlaps/, "b");
    expectCorrupt(() => parse(two(0, 0), 4), /overlaps/, "b");
    expectCorrupt(() => parse(two(0, 5), 9), /a gap precedes/, "b");
    expectCorrupt(() => parse(two(1, 5), 9), /a gap precedes/, "a");
    expectCorrupt(() => parse(two(0, 4), 9), /1 bytes behind the last tensor/);
    expectCorrupt(() => parse("{}", 1), /1 bytes behind the last tensor/);
  });

  it("refuses metadata that does not map texts to texts", () => {
    expectCorrupt(() => parse('{"__metadata__":{"a":1}}'), /"a" in its __metadata__/);
    expectCorrupt(() => parse('{"__metadata__":[]}'), /object was expected/);
    expectCorrupt(() => parse('{"__metadata__":{"a":"x","a":"y"}}'), /twice/);
  });

  it("refuses nesting, entries and counts beyond its limits", () => {
    const nested = `{"a":${"[".repeat(200)}${"]".repeat(200)}}`;
    expectCorrupt(() => parse(nested), /more than 100 levels/);
    expectCorrupt(() => parse(`{"a":${"[".repeat(1_000_000)}`), /more than 100 levels/);
    expectCorrupt(() => parse(entry({ x: "x".repeat(4096) }), 8), /4096 characters/, "a");
    const many = Array.from({ length: 100_001 }, (_, i) => `"${i}":0`).join(",");
    expectCorrupt(() => parse(`{${many}}`), /more than 100000 members/);
  });

  it("shortens a hostile name in the message", () => {
    assert.throws(
      () => parse(`{"${"n".repeat(1_000_000)}":{}}`),
      (thrown) => thrown instanceof AppError && thrown.message.length < 500,
    );
  });
});

describe("readSafetensorsHeader", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "sightline-safetensors-"));
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });

  it("reads a file that the reference implementation wrote", async () => {
    const header = await readSafetensorsHeader(
      fixturePath("kits", "opt", "checkpoint", "model.safetensors"),
    );
    assert.deepEqual([...header.metadata], [["format", "pt"]]);
    const table = header.tensors.get("language_model.model.decoder.embed_tokens.weight");
    assert.equal(table?.dtype, "F32");
    assert.deepEqual(table.shape, [423, 64]);
    assert.equal(Math.max(...[...header.tensors.values()].map(({ end }) => end)), header.fileBytes);
  });

  it("says that a file is missing, for an absent one and for a folder", async () => {
    const file = path.join(folder, "absent.safetensors");
    await assert.rejects(readSafetensorsHeader(file), (thrown) => {
      assert.ok(thrown instanceof AppError && thrown.message.includes(file));
      assert.equal(thrown.code, "checkpoint.missing");
      return true;
    });
    await mkdir(path.join(folder, "folder.safetensors"));
    await assert.rejects(readSafetensorsHeader(path.join(folder, "folder.safetensors")), {
      code: "checkpoint.missing",
    });
  });

  it("refuses an empty file and a length that only the file's size contradicts", async () => {
    const file = path.join(folder, "lie.safetensors");
    await writeFile(file, "");
    await assert.rejects(readSafetensorsHeader(file), { code: "checkpoint.corrupt" });
    const bytes = frame("{}");
    bytes.writeBigUInt64LE(99_000_000n);
    await writeFile(file, bytes);
    await assert.rejects(readSafetensorsHeader(file), {
      code: "checkpoint.corrupt",
      message: /longer than the file \(99000000 bytes\)/,
    });
  });
});

describe("TensorReader", () => {
  let folder: string;
  let reader: TensorReader;
  /** One tensor of the float32 values 0, 1, 2 … in a file of its own, behind another of one byte. */
  async function writeValues(name: string, count: number): Promise<TensorInfo> {
    const file = path.join(folder, `${name}.safetensors`);
    const header = JSON.stringify({
      first: { dtype: "U8", shape: [1], data_offsets: [0, 1] },
      [name]: { dtype: "F32", shape: [count], data_offsets: [1, 1 + 4 * count] },
    });
    const values = Float32Array.from({ length: count }, (_, i) => i);
    await writeFile(file, frame(header, Buffer.concat([Buffer.of(7), Buffer.from(values.buffer)])));
    const info = (await readSafetensorsHeader(file)).tensors.get(name);
    assert.ok(info !== undefined);
    return info;
  }

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "sightline-reader-"));
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });
  beforeEach(() => {
    reader = new TensorReader({ maxFiles: 2 });
  });
  afterEach(async () => {
    await reader.close();
  });

  it("reads the whole tensor, a range of elements and nothing", async () => {
    const info = await writeValues("whole", 5);
    const values = async (range?: { start: number; count: number }): Promise<number[]> => [
      ...toFloat32(await reader.read(info, range), "F32"),
    ];
    assert.deepEqual(await values(), [0, 1, 2, 3, 4]);
    assert.deepEqual(await values({ start: 2, count: 2 }), [2, 3]);
    assert.deepEqual(await values({ start: 5, count: 0 }), []);
  });

  it("gives the values of the recorded file", async () => {
    const file = fixturePath("kits", "itm", "tensors.safetensors");
    const { tensors } = await readSafetensorsHeader(file);
    const embeds = tensors.get("image0text0/text_embeds");
    assert.ok(embeds !== undefined);
    const values = toFloat32(await reader.read(embeds), "F32");
    // The recorded text embedding is normalised.
    const norm = Math.hypot(...values);
    assert.ok(Math.abs(norm - 1) < 1e-6, `length ${norm}`);
  });

  it("fills the caller's buffer and leaves the rest of it alone", async () => {
    const info = await writeValues("into", 3);
    const buffer = new Uint8Array(20).fill(9);
    const bytes = await reader.read(info, { start: 1, count: 2 }, buffer);
    assert.equal(bytes.buffer, buffer.buffer);
    assert.deepEqual([...toFloat32(bytes, "F32")], [1, 2]);
    assert.deepEqual([...buffer.subarray(8)], Array(12).fill(9));
    await assert.rejects(reader.read(info, undefined, new Uint8Array(11)), { code: "internal" });
  });

  it("refuses a range outside the tensor or inside a byte", async () => {
    const info = await writeValues("range", 3);
    for (const range of [
      { start: 2, count: 2 },
      { start: -1, count: 1 },
      { start: 0, count: -1 },
      { start: 0.5, count: 0.125 },
      { start: NaN, count: 1 },
    ]) {
      await assert.rejects(reader.read(info, range), { code: "internal" });
    }
  });

  it("serves many files at once although few stay open", async () => {
    const infos = await Promise.all([1, 2, 3, 4, 5, 6].map((n) => writeValues(`many${n}`, n)));
    for (let round = 0; round < 3; round++) {
      const all = await Promise.all(infos.map((info) => reader.read(info)));
      assert.deepEqual(
        all.map((bytes) => bytes.length),
        [4, 8, 12, 16, 20, 24],
      );
    }
  });

  it("keeps the files used last open, and no more than it may", async () => {
    const infos = await Promise.all([1, 2, 3].map((n) => writeValues(`kept${n}`, n)));
    for (const info of infos) await reader.read(info);
    // What is open can still be read when its name has gone.
    for (const { file } of infos) await rm(file);
    assert.equal((await reader.read(infos[2]!)).length, 12);
    assert.equal((await reader.read(infos[1]!)).length, 8);
    await assert.rejects(reader.read(infos[0]!), { code: "checkpoint.missing" });
  });

  it("says that the file is corrupt when it was cut after its header was read", async () => {
    const info = await writeValues("cut", 3);
    await truncate(info.file, info.end - 1);
    await assert.rejects(reader.read(info), (thrown) => {
      assert.ok(thrown instanceof AppError);
      assert.equal(thrown.code, "checkpoint.corrupt");
      assert.deepEqual(thrown.detail, { file: info.file, tensor: "cut" });
      return true;
    });
  });

  it("says that the file is missing when it has gone, and reads it when it is back", async () => {
    const info = await writeValues("gone", 3);
    await rm(info.file);
    await assert.rejects(reader.read(info), { code: "checkpoint.missing" });
    await writeValues("gone", 3);
    assert.equal((await reader.read(info)).length, 12);
  });

  it("fails with a reason when no memory holds the tensor", async () => {
    const info = await writeValues("vast", 1);
    const vast = { ...info, shape: [2 ** 50], end: info.begin + 2 ** 52 };
    await assert.rejects(reader.read(vast), { code: "convert.failed", message: /"vast"/ });
  });

  it("reads nothing more once it is closed", async () => {
    const info = await writeValues("closed", 1);
    await reader.read(info);
    await reader.close();
    await assert.rejects(reader.read(info), { code: "internal" });
  });
});
