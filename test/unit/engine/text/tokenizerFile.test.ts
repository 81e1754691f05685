import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { AppError } from "../../../../src/base/errors";
import { loadTokenizer } from "../../../../src/engine/text/tokenizer";
import { fixturePath } from "../../../helpers/fixtures";
import { SeededRandom } from "../../../helpers/random";

interface EditableJson {
  model: Record<string, unknown>;
  added_tokens: Record<string, unknown>[];
  [key: string]: unknown;
}

async function readJson(...parts: string[]): Promise<EditableJson> {
  return JSON.parse(await readFile(fixturePath(...parts), "utf8")) as EditableJson;
}

describe("a tokenizer.json that is not right", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "sightline-tokenizer-"));
  });
  after(() => rm(folder, { recursive: true }));

  async function failure(text: string | undefined, config?: string): Promise<AppError> {
    const file = path.join(folder, "tokenizer.json");
    const configFile = path.join(folder, "tokenizer_config.json");
    await rm(file, { force: true });
    await rm(configFile, { force: true });
    if (text !== undefined) await writeFile(file, text);
    if (config !== undefined) await writeFile(configFile, config);
    try {
      await loadTokenizer(folder);
    } catch (error) {
      assert.ok(error instanceof AppError, String(error));
      return error;
    }
    return assert.fail(`It opened: ${text?.slice(0, 200) ?? "no file"}`);
  }

  async function kit(name: "opt" | "t5" | "itm"): Promise<EditableJson> {
    return readJson("kits", name, "checkpoint", "tokenizer.json");
  }

  it("is named when it is absent, no JSON or no object", async () => {
    const texts = [undefined, "", "{", "[]", "null", "3", "[".repeat(200_000)];
    for (const text of texts) {
      const error = await failure(text);
      assert.equal(error.code, "model.corrupt");
      assert.match(error.message, /tokenizer\.json/);
    }
  });

  it("is named when tokenizer_config.json is the broken one", async () => {
    const error = await failure(JSON.stringify(await kit("opt")), "[]");
    assert.equal(error.code, "model.corrupt");
    assert.match(error.message, /tokenizer_config\.json/);
  });

  const corruptions: readonly (readonly [string, "opt" | "t5" | "itm", Record<string, unknown>])[] =
    [
      ["an id beyond memory", "opt", { vocab: { a: 4_000_000_000 } }],
      ["an id below zero", "opt", { vocab: { a: -1 } }],
      ["an id that is no number", "itm", { vocab: { "[UNK]": "1" } }],
      ["merges that are no pairs", "opt", { merges: ["a b c"] }],
      ["merges that are no texts", "opt", { merges: [[1, 2]] }],
      ["merges that are no list", "opt", { merges: { length: 1e9 } }],
      ["a vocabulary that is no list", "t5", { vocab: {} }],
      ["an empty vocabulary", "t5", { vocab: [] }],
      ["a score that is no number", "t5", { vocab: [["a", "1"]], unk_id: 0 }],
      ["an unknown token out of range", "t5", { unk_id: 1000 }],
      ["no unknown token", "t5", { unk_id: null }],
      ["an unknown token that is not there", "itm", { unk_token: "nowhere" }],
      ["words of any length", "itm", { max_input_chars_per_word: 1e9 }],
    ];
  for (const [name, from, model] of corruptions) {
    it(`is refused with ${name}`, async () => {
      const json = await kit(from);
      Object.assign(json.model, model);
      const error = await failure(JSON.stringify(json));
      assert.equal(error.code, "model.corrupt");
      assert.match(error.message, /tokenizer\.json: "model/);
    });
  }

  const unknown: readonly (readonly [
    string,
    "opt" | "t5" | "itm",
    (json: EditableJson) => void,
  ])[] = [
    ["model", "opt", (json) => (json.model["type"] = "WordLevel")],
    ["normalizer", "t5", (json) => (json["normalizer"] = { type: "Nmt" })],
    [
      "regular expression",
      "t5",
      (json) =>
        (json["normalizer"] = { type: "Replace", pattern: { Regex: "(a+)+$" }, content: "" }),
    ],
    ["pre-tokenizer", "opt", (json) => (json["pre_tokenizer"] = { type: "Split" })],
    ["post-processor", "opt", (json) => (json["post_processor"] = { type: "Magic" })],
    ["decoder", "opt", (json) => (json["decoder"] = { type: "CTC" })],
    ["dropout", "opt", (json) => (json.model["dropout"] = 0.5)],
    [
      "added token",
      "opt",
      (json) => json.added_tokens.push({ id: 1, content: "x", single_word: true }),
    ],
  ];
  for (const [name, from, change] of unknown) {
    it(`is not supported with an unknown ${name}`, async () => {
      const json = await kit(from);
      change(json);
      const error = await failure(JSON.stringify(json));
      assert.equal(error.code, "model.unsupported");
      assert.match(error.message, /tokenizer\.json/);
    });
  }

  it("never does harm with a damaged table of replacements", async () => {
    const json = await readJson("tokenizer", "sentencepiece", "tokenizer.json");
    const normalizer = json["normalizer"] as { precompiled_charsmap: string };
    const table = Buffer.from(normalizer.precompiled_charsmap, "base64");
    for (const bad of [
      Buffer.alloc(0),
      Buffer.alloc(4),
      Buffer.alloc(8, 0xff),
      table.subarray(9),
    ]) {
      normalizer.precompiled_charsmap = bad.toString("base64");
      const error = await failure(JSON.stringify(json));
      assert.equal(error.code, "model.corrupt");
    }
    const random = new SeededRandom(41);
    for (let round = 0; round < 100; round += 1) {
      const damaged = Buffer.from(table);
      // The first four bytes, a length, stay: the rest is only looked into.
      for (let i = 0; i < 20; i += 1) {
        damaged[4 + random.int(table.length - 4)] = random.int(256);
      }
      normalizer.precompiled_charsmap = damaged.toString("base64");
      await writeFile(path.join(folder, "tokenizer.json"), JSON.stringify(json));
      await rm(path.join(folder, "tokenizer_config.json"), { force: true });
      const tokenizer = await loadTokenizer(folder);
      const ids = tokenizer.encode("a ﬁne café … ①\r\n😀 日本語");
      assert.ok(ids.every((id) => Number.isInteger(id) && id < tokenizer.vocabSize));
    }
  });

  it("fails with a named error or works, whatever value is put anywhere", async () => {
    const values = [null, true, -1, 1e300, "", "x", [], {}, [[]], { type: "Sequence" }];
    const random = new SeededRandom(42);
    let nFailed = 0;
    for (let round = 0; round < 300; round += 1) {
      const json = await kit(random.pick(["opt", "t5", "itm"] as const));
      replaceSomewhere(json, random.pick(values), random);
      await writeFile(path.join(folder, "tokenizer.json"), JSON.stringify(json));
      try {
        const tokenizer = await loadTokenizer(folder);
        const ids = tokenizer.encode("What is it? </s> 😀");
        assert.ok(ids.every((id) => Number.isInteger(id)));
        tokenizer.decode(ids);
      } catch (error) {
        assert.ok(error instanceof AppError, String(error));
        assert.match(error.code, /^model\.(corrupt|unsupported)$/);
        nFailed += 1;
      }
    }
    assert.ok(nFailed > 100, `${nFailed} failed`);
  });
});

/** Puts a value in the place of one that a walk from the root ends at. */
function replaceSomewhere(root: EditableJson, value: unknown, random: SeededRandom): void {
  let holder = root as Record<string, unknown>;
  for (;;) {
    const key = random.pick(Object.keys(holder));
    const next = holder[key];
    const goesOn = typeof next === "object" && next !== null && Object.keys(next).length > 0;
    if (!goesOn || random.next() < 0.2) {
      holder[key] = value;
      return;
    }
    holder = next as Record<string, unknown>;
  }
}
