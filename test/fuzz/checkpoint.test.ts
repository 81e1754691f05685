/**
 * Mutated checkpoint files: each is read or refused with an error of the checkpoint, none crashes,
 * hangs or is refused with an error that names nothing.
 */

import assert from "node:assert/strict";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { AppError } from "../../src/base/errors";
import { openCheckpoint, parseCheckpointConfigs } from "../../src/convert/checkpoint/checkpoint";
import { parseWeightIndex } from "../../src/convert/checkpoint/weightFiles";
import { parseSafetensorsHeader } from "../../src/convert/checkpoint/safetensors";
import { fixturePath } from "../helpers/fixtures";
import { SeededRandom } from "../helpers/random";
import { HANG_MS } from "../helpers/waiting";

const CASES = 10_000;
const FOLDER_CASES = 300;
const KITS = ["opt", "t5", "itm"] as const;

/** Values that have broken readers before, as JSON text. */
const HOSTILE = [
  ...["null", "true", "-1", "-0", "0", "1.5", "1e3", "1e400", "-1e400", "9007199254740993"],
  ...["18446744073709551616", "4294967296", "2147483648", "1".repeat(400), "NaN", "Infinity"],
  ...['""', '"0"', '"../x"', '"\\ud800"', '"__proto__"', '"\\u0000"', '"', "{}", "[]", "[[]]"],
  ...['{"__proto__":{"x":1}}', '{"constructor":null}', '{"toString":1}', "[0,0]", "[8,0]"],
  ...["[".repeat(99) + "]".repeat(99), "[".repeat(20_000) + "]".repeat(20_000), "[".repeat(5000)],
  ...['{"a":'.repeat(3000) + "1" + "}".repeat(3000), "'x'", "", "undefined", "//", "\ufeff"],
];

/** One change of the raw bytes. */
function mutateBytes(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  const from = random.int(bytes.length + 1);
  const to = Math.min(bytes.length, from + random.int(random.pick([2, 16, 200])));
  const spliced = (middle: Uint8Array): Uint8Array =>
    Buffer.concat([bytes.subarray(0, from), middle, bytes.subarray(to)]);
  switch (random.int(5)) {
    case 0:
      return bytes.slice(0, from);
    case 1:
      return spliced(random.bytes(random.int(8)));
    case 2:
      return spliced(Buffer.from(random.pick(HOSTILE)));
    case 3: // Says a piece twice, which repeats keys.
      return Buffer.concat([bytes.subarray(0, to), bytes.subarray(from)]);
    default: {
      const flipped = bytes.slice();
      for (let n = 1 + random.int(4); n > 0 && bytes.length > 0; n--) {
        const at = random.int(bytes.length);
        flipped[at] = (flipped[at] ?? 0) ^ (1 << random.int(8));
      }
      return flipped;
    }
  }
}

/** One change of a JSON text that usually leaves it JSON: a value, a key or a member. */
function mutateJson(text: string, random: SeededRandom): string {
  const all = (pattern: RegExp): RegExpExecArray[] => [...text.matchAll(pattern)];
  const replace = (found: RegExpExecArray[], by: (old: string) => string): string => {
    if (found.length === 0) return text;
    const { 0: old, index } = random.pick(found);
    return text.slice(0, index) + by(old) + text.slice(index + old.length);
  };
  const scalar = /-?\d[\d.e+-]*|true|false|null|"[^"\\]*"(?!\s*:)/g;
  const member = /"[^"\\]*"\s*:\s*(?:[\d.e+-]+|true|false|null|"[^"\\]*"|\[[^\]]*\])/g;
  switch (random.int(6)) {
    case 0:
      return replace(all(scalar), () => random.pick(HOSTILE));
    case 1: // Numbers a little or far off: lengths, offsets and sizes that no longer agree.
      return replace(all(/\d+/g), (old) =>
        String(random.pick([Number(old) + 1, Number(old) - 1, Number(old) * 2 ** random.int(60)])),
      );
    case 2:
      return replace(all(/"[^"\\]*"(?=\s*:)/g), () =>
        random.pick(['"__proto__"', '"constructor"', '"hasOwnProperty"', '"x"', '""', "x"]),
      );
    case 3: // The same member twice.
      return replace(all(member), (old) => `${old},${old}`);
    case 4: // A list or pair the other way round.
      return replace(
        all(/\[\d+,\s*\d+\]/g),
        (old) => `[${old.slice(1, -1).split(",").reverse().join()}]`,
      );
    default: // Members that are missing.
      return replace(all(member), () => '"x":0');
  }
}

/** One to three changes of either kind. */
function mutate(text: string, random: SeededRandom): Uint8Array {
  let json = text;
  let bytes: Uint8Array | undefined;
  for (let n = 1 + random.int(3); n > 0; n--) {
    if (bytes === undefined && random.int(3) > 0) json = mutateJson(json, random);
    else bytes = mutateBytes(bytes ?? Buffer.from(json), random);
  }
  return bytes ?? Buffer.from(json);
}

/** Counts outcomes and keeps the slowest case. */
class Tally {
  readonly #counts = new Map<string, number>();
  #slowestMs = 0;

  /** Runs one case; anything but success or an error of the checkpoint fails the test. */
  async run(label: string, attempt: () => unknown): Promise<void> {
    const started = performance.now();
    let outcome = "success";
    try {
      await attempt();
    } catch (thrown) {
      assert.ok(thrown instanceof AppError, `${label}: ${String(thrown)}`);
      assert.match(thrown.code, /^checkpoint\./, `${label}: ${thrown.message}`);
      assert.ok(typeof thrown.detail?.["file"] === "string", `${label}: names no file`);
      outcome = thrown.code;
    }
    const ms = performance.now() - started;
    assert.ok(ms < HANG_MS, `${label} took ${ms} ms`);
    this.#slowestMs = Math.max(this.#slowestMs, ms);
    this.#counts.set(outcome, (this.#counts.get(outcome) ?? 0) + 1);
  }

  count(outcome: string): number {
    return this.#counts.get(outcome) ?? 0;
  }

  get summary(): string {
    const counts = [...this.#counts].map(([outcome, n]) => `${n} ${outcome}`).join(", ");
    return `${counts}; the slowest took ${this.#slowestMs.toFixed(1)} ms`;
  }
}

describe("mutated checkpoints", function () {
  this.timeout(120_000);

  it(`reads or refuses ${CASES} mutated safetensors headers`, async function () {
    const random = new SeededRandom(20_231);
    // A short header and a long one: short ones are hit in every field.
    const short = JSON.stringify({
      __metadata__: { format: "pt" },
      a: { dtype: "F32", shape: [2, 3], data_offsets: [0, 24] },
      b: { dtype: "BF16", shape: [4], data_offsets: [24, 32] },
      c: { dtype: "I64", shape: [], data_offsets: [32, 40] },
    });
    const file = fixturePath("kits", "itm", "checkpoint", "model.safetensors");
    const bytes = await readFile(file);
    const long = bytes.toString("utf8", 8, 8 + Number(bytes.readBigUInt64LE(0)));
    const longData = bytes.length - 8 - long.length;
    const tally = new Tally();
    for (let i = 0; i < CASES; i++) {
      const isLong = i % 10 === 0;
      const header = mutate(isLong ? long : short, random);
      const fileBytes =
        8 + header.length + (isLong ? longData : 40) + random.pick([0, 0, 0, 1, -1]);
      const prefix = Buffer.alloc(8);
      const lie = BigInt(random.pick([1, -1, 7, 2 ** 20, 2 ** 27, 2 ** 40, 2 ** 62]));
      const length = BigInt(header.length) + (random.int(8) === 0 ? lie : 0n);
      prefix.writeBigUInt64LE(BigInt.asUintN(64, length));
      const start = Buffer.concat([prefix, header]);
      const cut = random.int(16) === 0 ? start.subarray(0, random.int(start.length)) : start;
      await tally.run(`header ${i}`, () => parseSafetensorsHeader(cut, { file, fileBytes }));
    }
    report(this, tally);
    assert.ok(tally.count("success") > 0, "no mutation is harmless: the cases are too wild");
    assert.ok(tally.count("checkpoint.corrupt") > CASES / 2);
  });

  it(`reads or refuses ${CASES} mutated configurations and indexes`, async function () {
    const random = new SeededRandom(4711);
    const kits = await Promise.all(KITS.map(readConfigs));
    const indexText = JSON.stringify({
      metadata: { total_size: 40 },
      weight_map: { a: "model-00001-of-00002.safetensors", b: "model-00002-of-00002.safetensors" },
    });
    const tally = new Tally();
    for (let i = 0; i < CASES; i++) {
      if (i % 5 === 0) {
        const bytes = mutate(indexText, random);
        await tally.run(`index ${i}`, () => parseWeightIndex(bytes, "index.json"));
        continue;
      }
      const contents = new Map(random.pick(kits));
      const name = random.pick([...contents.keys()]);
      // Without the nested form the older file is the one that is read.
      if (name === "preprocessor_config.json") contents.delete("processor_config.json");
      contents.set(name, mutate(Buffer.from(contents.get(name) ?? []).toString(), random));
      await tally.run(`${name} ${i}`, () => parseCheckpointConfigs(contents, "folder"));
    }
    report(this, tally);
    assert.ok(tally.count("success") > 0);
    assert.ok(tally.count("checkpoint.corrupt") > CASES / 10);
    assert.ok(tally.count("checkpoint.unsupported") > 0);
  });

  it(`opens or refuses ${FOLDER_CASES} folders with a mutated file`, async function () {
    const random = new SeededRandom(99);
    const folder = await mkdtemp(path.join(tmpdir(), "sightline-fuzz-"));
    try {
      await cp(fixturePath("kits", "opt", "checkpoint"), folder, { recursive: true });
      const names = [...(await readConfigs("opt")).keys(), "model.safetensors"];
      const tally = new Tally();
      for (let i = 0; i < FOLDER_CASES; i++) {
        const name = random.pick(names);
        const file = path.join(folder, name);
        const original = await readFile(file);
        const mutated =
          name === "model.safetensors"
            ? mutateBytes(original.subarray(0, 4096), random)
            : mutate(original.toString(), random);
        await writeFile(file, mutated);
        await tally.run(`${name} ${i}`, () => openCheckpoint(folder));
        await writeFile(file, original);
      }
      report(this, tally);
      assert.ok(tally.count("success") > 0);
      assert.ok(tally.count("checkpoint.corrupt") > 0);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

/** Shows the outcomes in the reporter's line. */
function report(context: Mocha.Context, tally: Tally): void {
  if (context.test !== undefined) context.test.title += `: ${tally.summary}`;
}

/** The small files of a kit; of the tokenizer only its frame, so that mutations hit what is read. */
async function readConfigs(name: string): Promise<Map<string, Uint8Array>> {
  const folder = fixturePath("kits", name, "checkpoint");
  const contents = new Map<string, Uint8Array>();
  for (const file of [
    "config.json",
    "generation_config.json",
    "preprocessor_config.json",
    "processor_config.json",
    "tokenizer_config.json",
  ]) {
    // Retrieval checkpoints have no generation_config.json.
    if (name === "itm" && file === "generation_config.json") continue;
    contents.set(file, await readFile(path.join(folder, file)));
  }
  contents.set("tokenizer.json", Buffer.from('{"model":{"type":"BPE","vocab":{"a":0}}}'));
  return contents;
}
