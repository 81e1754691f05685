/**
 * Mutated files of torch: each is read or refused with an error of the checkpoint; none crashes, hangs, or
 * places a tensor outside of its file. `test/tools/fuzzTorchFiles.mjs` runs many more of them.
 */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { AppError } from "../../src/base/errors";
import type { ByteSource } from "../../src/convert/checkpoint/byteSource";
import { gather, isView } from "../../src/convert/checkpoint/stridedView";
import { tensorBytes, type WeightHeader } from "../../src/convert/checkpoint/tensorInfo";
import { torchHeader } from "../../src/convert/torch/torchFile";
import { fixturePath } from "../helpers/fixtures";
import { SeededRandom } from "../helpers/random";
import { torchRecords, torchZip } from "../helpers/torchFile";
import { HANG_MS } from "../helpers/waiting";

const CASES = Number(process.env["SIGHTLINE_FUZZ_CASES"] ?? 1500);
const SEED = Number(process.env["SIGHTLINE_FUZZ_SEED"] ?? 2026);
const SEEDS = ["good-zip.pth", "good-flat.pth", "good-legacy.pth", "good-no-metadata.pth"].map(
  (name) => readFileSync(fixturePath("torch", name)),
);

/** Every opcode that there is, those that are read more often. */
const OPCODES = [
  ...Buffer.from("()*.]aeb}usqrhjcRQNKJMGXUt\x80\x85\x86\x87\x88\x89\x8a", "latin1"),
  ...Buffer.from(
    "0123FILPSTVBCDdgiloptOY\x81\x82\x83\x84\x8b\x8c\x8d\x8e\x8f\x90\x93\x94\x95",
    "latin1",
  ),
];
const NUMBERS = [
  ...[0, 1, 2, 7, 16, 63, 64, 255, 256, 65_535, 65_536, 2 ** 24, 2 ** 31 - 1, 2 ** 31],
  ...[2 ** 32 - 1, 2 ** 32, 2 ** 40, 2 ** 53, 2 ** 63],
];
const GLOBALS = [
  ...["posix\nsystem\n", "builtins\neval\n", "torch\nFloatStorage\n", "torch\nQInt8Storage\n"],
  ...["torch._utils\n_rebuild_tensor_v2\n", "torch._utils\n_rebuild_parameter\n", "os\n\n", "\n\n"],
  ...["collections\nOrderedDict\n", "__proto__\nconstructor\n", "torch\nLongStorage\n"],
];

function littleEndian(value: number, nBytes: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)));
  return bytes.subarray(0, nBytes);
}

function spliced(bytes: Buffer, [from, to]: readonly [number, number], middle: Uint8Array): Buffer {
  return Buffer.concat([bytes.subarray(0, from), middle, bytes.subarray(to)]);
}

/** One change that knows nothing of the format. */
function mutateBytes(bytes: Buffer, random: SeededRandom): Buffer {
  const from = random.int(bytes.length + 1);
  const to = Math.min(bytes.length, from + random.int(random.pick([2, 16, 200])));
  switch (random.int(6)) {
    case 0:
      return bytes.subarray(0, from);
    case 1:
      return spliced(bytes, [from, to], random.bytes(random.int(8)));
    case 2:
      return spliced(bytes, [to, to], bytes.subarray(from, to));
    case 3: {
      const width = random.pick([1, 2, 4, 8]);
      return spliced(bytes, [from, from + width], littleEndian(random.pick(NUMBERS), width));
    }
    default: {
      const flipped = Buffer.from(bytes);
      for (let n = 1 + random.int(4); n > 0 && bytes.length > 0; n--) {
        const at = random.int(bytes.length);
        flipped[at] = (flipped[at] ?? 0) ^ (1 << random.int(8));
      }
      return flipped;
    }
  }
}

/** One change of a pickle: an opcode, a number behind one, a name, a piece elsewhere. */
function mutatePickle(bytes: Buffer, random: SeededRandom): Buffer {
  const at = random.int(bytes.length + 1);
  const places = (opcode: number): number[] => [...bytes.keys()].filter((i) => bytes[i] === opcode);
  const found = random.pick([0x4b, 0x4d, 0x4a, 0x58, 0x63, 0x71, 0x68, 0x28, 0x52, 0x51]);
  const place = places(found).length === 0 ? at : random.pick(places(found));
  switch (random.int(7)) {
    case 0:
      return spliced(bytes, [at, at + 1], Buffer.from([random.pick(OPCODES)]));
    case 1:
      return spliced(bytes, [at, at], Buffer.from([random.pick(OPCODES)]));
    case 2:
      return spliced(bytes, [at, at + 1 + random.int(12)], Buffer.alloc(0));
    case 3: {
      const value = random.pick(NUMBERS);
      const long = Buffer.concat([Buffer.from([0x8a, 8]), littleEndian(value, 8)]);
      const short = Buffer.concat([Buffer.from([0x4a]), littleEndian(value, 4)]);
      return spliced(bytes, [place, place + 2], random.pick([long, short]));
    }
    case 4:
      return spliced(bytes, [place, place], Buffer.from(`c${random.pick(GLOBALS)}`));
    case 5: {
      const from = random.int(bytes.length);
      const piece = bytes.subarray(from, from + random.int(60));
      return spliced(bytes, [place, place], piece);
    }
    default:
      return spliced(bytes, [place + 1, place + 2], Buffer.from([random.int(256)]));
  }
}

/** Opcodes with something behind them, in any order. */
function randomPickle(random: SeededRandom): Buffer {
  const parts: Uint8Array[] = [Buffer.from([0x80, 2])];
  for (let n = random.int(40); n > 0; n--) {
    parts.push(Buffer.from([random.pick(OPCODES)]));
    if (random.int(2) === 0) parts.push(littleEndian(random.int(12), random.pick([1, 2, 4])));
    if (random.int(6) === 0) parts.push(Buffer.from(`c${random.pick(GLOBALS)}`));
  }
  return Buffer.concat([...parts, Buffer.from(".")]);
}

const SIGNATURES = ["PK\x01\x02", "PK\x03\x04", "PK\x05\x06", "PK\x06\x06", "PK\x06\x07"];

/** One number of a zip's own records. */
function mutateZip(bytes: Buffer, random: SeededRandom): Buffer {
  const signature = Buffer.from(random.pick(SIGNATURES), "latin1");
  const places: number[] = [];
  for (let at = bytes.indexOf(signature); at >= 0; at = bytes.indexOf(signature, at + 1)) {
    places.push(at);
  }
  if (places.length === 0) return mutateBytes(bytes, random);
  const field = random.pick(places) + 4 + random.int(44);
  const width = random.pick([1, 2, 4, 8]);
  const old = field + 8 <= bytes.length ? bytes.readUInt32LE(field) : 0;
  const value = random.pick([...NUMBERS, old + 1, Math.max(0, old - 1), old + 64, bytes.length]);
  return spliced(bytes, [field, field + width], littleEndian(value, width));
}

/** The pickle of one of the seeds, and where it is. */
function pickleOf(seed: Buffer): { begin: number; end: number } {
  if (seed[0] !== 0x50) return { begin: 0, end: seed.length - 400 };
  const begin = seed.indexOf(Buffer.from([0x80, 2]));
  return { begin, end: seed.indexOf("PK\x07\x08", begin, "latin1") };
}

function mutate(random: SeededRandom): Buffer {
  const seed = random.pick(SEEDS);
  const { begin, end } = pickleOf(seed);
  switch (random.int(5)) {
    case 0:
      return mutateBytes(seed, random);
    case 1:
      return mutateZip(seed, random);
    case 2: // In its place, where a change of the length breaks what follows.
      return spliced(seed, [begin, end], mutatePickle(seed.subarray(begin, end), random));
    default: {
      // In a zip that is right about it, so that the pickle is read and not the zip refused.
      let body = seed[0] === 0x50 ? seed.subarray(begin, end) : randomPickle(random);
      for (let n = 1 + random.int(3); n > 0; n--) body = mutatePickle(body, random);
      return random.int(8) === 0
        ? randomZip(randomPickle(random), random)
        : randomZip(body, random);
    }
  }
}

/** Around a pickle, storages of the lengths that the seeds name, so that some files are whole. */
function randomZip(body: Buffer, random: SeededRandom): Buffer {
  const lengths = random.int(2) === 0 ? SEED_STORAGES : SEED_STORAGES.slice(1);
  return torchZip(torchRecords(body, lengths));
}

/** Of good-zip.pth, in the order of their keys. */
const SEED_STORAGES: [string, Buffer][] = [96, 128, 4, 0, 80, 18, 40, 3, 8, 7, 2, 2, 24].map(
  (length, key) => [String(key), Buffer.alloc(length)],
);

async function attempt(bytes: Buffer): Promise<WeightHeader> {
  const source: ByteSource = {
    file: "x.pth",
    fileBytes: bytes.length,
    read: (position, length) => {
      assert.ok(position >= 0 && length >= 0 && position + length <= bytes.length, "out of bounds");
      return Promise.resolve(bytes.subarray(position, position + length));
    },
  };
  const header = await torchHeader(source, "whole");
  for (const info of header.tensors.values()) {
    assert.ok(info.begin >= 0 && info.begin <= info.end && info.end <= bytes.length, info.name);
    assert.ok(tensorBytes(info) <= bytes.length, info.name);
    if (!isView(info)) {
      assert.equal(info.end - info.begin, tensorBytes(info), info.name);
      continue;
    }
    const read = (position: number, into: Uint8Array): Promise<void> => {
      assert.ok(position >= info.begin && position + into.length <= info.end, info.name);
      into.set(bytes.subarray(position, position + into.length));
      return Promise.resolve();
    };
    await gather(info, { range: undefined, into: new Uint8Array(tensorBytes(info)), read });
  }
  return header;
}

describe("mutated files of torch", function () {
  this.timeout(600_000);

  it(`reads or refuses ${CASES} of them`, async function () {
    const random = new SeededRandom(SEED);
    const counts = new Map<string, number>();
    let slowestMs = 0;
    for (let i = 0; i < CASES; i++) {
      const bytes = mutate(random);
      const label = `case ${i} of seed ${SEED}`;
      const started = performance.now();
      let outcome = "success";
      try {
        await attempt(bytes);
      } catch (thrown) {
        assert.ok(thrown instanceof AppError, `${label}: ${String(thrown)}`);
        const isOfFile = /^checkpoint\.(?:corrupt|unsupported)$/.test(thrown.code);
        assert.ok(isOfFile, `${label}: ${thrown.code} ${thrown.message}`);
        assert.equal(thrown.detail?.["file"], "x.pth", label);
        outcome = thrown.code;
      }
      const ms = performance.now() - started;
      assert.ok(ms < HANG_MS, `${label} took ${ms} ms`);
      slowestMs = Math.max(slowestMs, ms);
      counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
    }
    const summary = [...counts].map(([outcome, n]) => `${n} ${outcome}`).join(", ");
    if (this.test !== undefined) {
      this.test.title += `: ${summary}; the slowest took ${slowestMs.toFixed(1)} ms`;
    }
    for (const outcome of ["success", "checkpoint.corrupt", "checkpoint.unsupported"]) {
      assert.ok((counts.get(outcome) ?? 0) > CASES / 50, `${outcome}: ${summary}`);
    }
  });
});
