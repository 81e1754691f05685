import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { AppError } from "../../../../src/base/errors";
import { stripText, TextStream } from "../../../../src/engine/text/textStream";
import { loadTokenizer, type Tokenizer } from "../../../../src/engine/text/tokenizer";
import { fixturePath } from "../../../helpers/fixtures";
import { kitModel } from "../../../helpers/kitModel";

interface Golden {
  readonly encode: readonly (readonly [string, readonly number[]])[];
  readonly decode: readonly (readonly [readonly number[], string])[];
}

interface KitCase {
  readonly text: string;
  readonly text_ids: readonly number[];
  readonly qformer_text_ids?: readonly number[];
  readonly generation?: Readonly<
    Record<
      string,
      { readonly ids: readonly (readonly number[])[]; readonly text: readonly string[] }
    >
  >;
}

interface EditableJson {
  model: Record<string, unknown>;
  added_tokens: Record<string, unknown>[];
  [key: string]: unknown;
}

async function readJson<T>(...parts: string[]): Promise<T> {
  return JSON.parse(await readFile(fixturePath(...parts), "utf8")) as T;
}

/**
 * `sentencepiece` has a table of replacements and splits at white space, as T5's own file does.
 * LLaMA's files differ in where the space before a text comes from, and in whether special tokens are
 * looked for in the normalised text.
 */
const FOLDERS = {
  opt: fixturePath("kits", "opt", "checkpoint"),
  t5: fixturePath("kits", "t5", "checkpoint"),
  itm: fixturePath("kits", "itm", "checkpoint"),
  sentencepiece: fixturePath("tokenizer", "sentencepiece"),
  llama: fixturePath("kits", "instructblip-llama", "checkpoint"),
  "llama-metaspace": fixturePath("tokenizer", "llama-metaspace"),
  "llama-normalized": fixturePath("tokenizer", "llama-normalized"),
} as const;

describe("the tokenizer of a model", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "sightline-tokenizer-"));
  });
  after(() => rm(folder, { recursive: true }));

  /** A kit's tokenizer after a change to its two files. */
  async function changed(
    kit: "opt" | "t5" | "itm",
    change: (json: EditableJson) => void,
    config: unknown = {},
  ): Promise<Tokenizer> {
    const json = await readJson<EditableJson>("kits", kit, "checkpoint", "tokenizer.json");
    change(json);
    await writeFile(path.join(folder, "tokenizer.json"), JSON.stringify(json));
    await writeFile(path.join(folder, "tokenizer_config.json"), JSON.stringify(config));
    return loadTokenizer(folder);
  }

  for (const [name, where] of Object.entries(FOLDERS)) {
    it(`gives the ids and texts of the Rust library (${name})`, async () => {
      const tokenizer = await loadTokenizer(where);
      const golden = await readJson<Golden>("tokenizer", `${name}.json`);
      assert.ok(golden.encode.length >= 300 && golden.decode.length >= 150);
      for (const [text, ids] of golden.encode) {
        assert.deepEqual(tokenizer.encode(text), ids, JSON.stringify(text));
      }
      for (const [ids, text] of golden.decode) {
        assert.equal(tokenizer.decode(ids), text, JSON.stringify(ids));
      }
    });
  }

  for (const kit of ["opt", "t5", "itm"] as const) {
    it(`gives the ids and texts of every reference case (${kit})`, async () => {
      const tokenizer = await loadTokenizer(FOLDERS[kit]);
      const { cases } = await readJson<{ cases: KitCase[] }>("kits", kit, "cases.json");
      let nTexts = 0;
      for (const { text, text_ids, generation } of cases) {
        assert.deepEqual(tokenizer.encode(text), text_ids, JSON.stringify(text));
        for (const { ids, text: texts } of Object.values(generation ?? {})) {
          assert.deepEqual(
            ids.map((some) => stripText(tokenizer.decode(some))),
            texts,
          );
          nTexts += texts.length;
        }
      }
      assert.ok(cases.length > 0 && (kit === "itm" || nTexts > 20));
    });
  }

  it("gives the ids and texts of every reference case of InstructBLIP, for both readers", async () => {
    for (const kit of ["instructblip-t5", "instructblip-llama"]) {
      const model = await kitModel(kit);
      const tokenizer = await loadTokenizer(model);
      const qformer = await loadTokenizer(model, "qformer");
      const { cases } = await readJson<{ cases: KitCase[] }>("kits", kit, "cases.json");
      for (const { text, text_ids, qformer_text_ids, generation } of cases) {
        assert.deepEqual(tokenizer.encode(text), text_ids, JSON.stringify(text));
        assert.deepEqual(qformer.encode(text), qformer_text_ids, JSON.stringify(text));
        for (const { ids, text: texts } of Object.values(generation ?? {})) {
          assert.deepEqual(
            ids.map((some) => stripText(tokenizer.decode(some))),
            texts,
          );
        }
      }
    }
  });

  it("streams the bytes of characters as the text that they are in the end", async () => {
    const { decode } = await readJson<Golden>("tokenizer", "llama.json");
    const tokenizer = await loadTokenizer(FOLDERS.llama);
    for (const [ids, text] of decode) {
      const stream = new TextStream((some) => tokenizer.decode(some), {
        holdBack: (some) => tokenizer.openUnits(some),
      });
      const pieces = ids.map((id) => stream.push(id));
      assert.equal(pieces.join("") + stream.end(), text, JSON.stringify(ids));
    }
    // Bytes may still make nonsense of the ones before them; a token of text settles them.
    const stream = new TextStream((some) => tokenizer.decode(some), {
      holdBack: (some) => tokenizer.openUnits(some),
    });
    const bytes = [...Buffer.from("é")].map((byte) =>
      tokenizer.idOf(`<0x${byte.toString(16).toUpperCase()}>`)!,
    );
    assert.deepEqual(
      bytes.map((id) => stream.push(id)),
      ["", ""],
    );
    assert.equal(stream.push(tokenizer.idOf("ing")!), "éing");
  });

  it("finds tokens by their text and leaves special ones out on request", async () => {
    const tokenizer = await loadTokenizer(FOLDERS.opt);
    assert.equal(tokenizer.idOf("</s>"), 2);
    assert.equal(tokenizer.idOf("<image>"), 419);
    assert.equal(tokenizer.idOf("no such token"), undefined);
    assert.equal(tokenizer.vocabSize, 420);
    assert.deepEqual(tokenizer.encode("a dog"), [2, ...tokenizer.encodeRaw("a dog")]);
    assert.deepEqual(tokenizer.encodeRaw(""), []);
  });

  it("decodes nothing from no ids, special ids and ids that are not in the vocabulary", async () => {
    for (const where of Object.values(FOLDERS)) {
      const tokenizer = await loadTokenizer(where);
      assert.equal(tokenizer.decode([]), "");
      assert.equal(tokenizer.decode([0, 2, 1_000_000, -1, 0.5, Number.NaN]), "");
    }
  });

  it("reads half of a surrogate pair as the replacement character", async () => {
    for (const where of Object.values(FOLDERS)) {
      const tokenizer = await loadTokenizer(where);
      for (const half of ["\ud83d", "\ude00"]) {
        assert.deepEqual(tokenizer.encode(`a ${half} b`), tokenizer.encode("a \ufffd b"));
      }
    }
  });

  it("refuses a text that no model has room for", async () => {
    const tokenizer = await loadTokenizer(FOLDERS.t5);
    assert.throws(
      () => tokenizer.encode("x".repeat(20_001)),
      (error) => error instanceof AppError && error.code === "prompt.tooLong",
    );
  });

  it("adds what tokenizer_config.json says about the beginning and the end", async () => {
    const without = (json: EditableJson): void => {
      json["post_processor"] = { type: "ByteLevel" };
    };
    const plain = await changed("opt", without);
    const ids = plain.encodeRaw("a dog");
    assert.deepEqual(plain.encode("a dog"), ids);
    const names = { bos_token: "</s>", eos_token: { content: "<s>" } };
    const first = await changed("opt", without, { ...names, add_bos_token: true });
    assert.deepEqual(first.encode("a dog"), [2, ...ids]);
    const both = { ...names, add_bos_token: true, add_eos_token: true };
    const last = await changed("opt", without, both);
    assert.deepEqual(last.encode("a dog"), [2, ...ids, 0]);
  });

  it("takes special tokens from tokenizer_config.json too", async () => {
    const named = await changed(
      "opt",
      (json) => {
        json.added_tokens = [];
      },
      {
        added_tokens_decoder: { "500": { content: "<extra>", special: true } },
        eos_token: "</s>",
      },
    );
    assert.deepEqual(named.encodeRaw("</s><extra>"), [2, 500]);
    assert.equal(named.decode([2, 500, ...named.encodeRaw("a")]), "a");
    assert.equal(named.vocabSize, 501);
  });

  it("takes the older ways of writing the same tokenizer", async () => {
    const golden = await readJson<Golden>("tokenizer", "itm.json");
    const bert = await changed("itm", (json) => {
      delete json.model["type"];
      json["post_processor"] = { type: "BertProcessing", sep: ["[SEP]", 3], cls: ["[CLS]", 2] };
    });
    const opt = await changed("opt", (json) => {
      const merges = json.model["merges"] as string[][];
      json.model["merges"] = merges.map((pair) => (Array.isArray(pair) ? pair.join(" ") : pair));
      json["post_processor"] = {
        type: "Sequence",
        processors: [{ type: "ByteLevel" }, json["post_processor"]],
      };
    });
    const optGolden = await readJson<Golden>("tokenizer", "opt.json");
    for (const [text, ids] of golden.encode.slice(0, 100)) {
      assert.deepEqual(bert.encode(text), ids);
    }
    for (const [text, ids] of optGolden.encode.slice(0, 100)) {
      assert.deepEqual(opt.encode(text), ids);
    }
  });

  it("cleans up spaces as transformers does: never after BPE, else when the file says so", async () => {
    const config = { clean_up_tokenization_spaces: true };
    const addSpaced = (json: EditableJson): void => {
      json.added_tokens.push({ id: 430, content: "a .", special: false, normalized: false });
    };
    const opt = await changed("opt", addSpaced, config);
    assert.equal(opt.decode([430]), "a .");
    assert.equal(opt.openUnits([5]), 0);
    const t5 = await changed("t5", addSpaced, config);
    assert.equal(t5.decode([430]), "a.");
    assert.ok(t5.openUnits([5]) > 0);
    const quiet = await changed("t5", addSpaced);
    assert.equal(quiet.decode([430]), "a .");
  });

  it("tokenizes the words of a text one by one after Metaspace has split them", async () => {
    const withPair = (json: EditableJson): void => {
      (json.model["vocab"] as unknown[])[116] = ["g▁a", 0];
    };
    const words = await changed("t5", withPair);
    assert.ok(!words.encode("dog a").includes(116));
    const whole = await changed("t5", (json) => {
      withPair(json);
      (json["pre_tokenizer"] as Record<string, unknown>)["split"] = false;
    });
    assert.ok(whole.encode("dog a").includes(116));
  });

  it("takes U+FEFF for a sign and U+0085 for a space in OPT's split, as Rust does", async () => {
    const tokenizer = await changed("opt", (json) => {
      const vocab = json.model["vocab"] as Record<string, number>;
      const merges = json.model["merges"] as string[][];
      // The bytes 20 EF, C2 85 and 21 C2 in the byte alphabet of GPT-2.
      for (const [i, pair] of ["Ġï", "Âħ", "!Â"].entries()) {
        vocab[pair] = 430 + i;
        merges.push([pair.charAt(0), pair.charAt(1)]);
      }
    });
    assert.ok(tokenizer.encode(" \ufeffa").includes(430));
    const ids = tokenizer.encode("!\u0085a");
    assert.ok(ids.includes(431) && !ids.includes(432));
  });

  it("composes characters wherever they stand in a long text", async () => {
    const tokenizer = await loadTokenizer(FOLDERS.sentencepiece);
    for (let length = 240; length < 270; length += 1) {
      const words = "-".repeat(length);
      assert.deepEqual(
        tokenizer.encode(`${words} e\u0301`),
        tokenizer.encode(`${words} \u00e9`),
        `after ${length}`,
      );
    }
    assert.notDeepEqual(tokenizer.encode("e"), tokenizer.encode("e\u0301"));
  });

  it("applies every kind of normalisation in order", async () => {
    const tokenizer = await changed("t5", (json) => {
      json["normalizer"] = {
        type: "Sequence",
        normalizers: [
          { type: "Lowercase" },
          { type: "Replace", pattern: { String: "x" }, content: "dog" },
          { type: "Strip", strip_left: true, strip_right: true },
          { type: "Replace", pattern: { Regex: " {2,}" }, content: " " },
        ],
      };
    });
    const plain = await changed("t5", (json) => {
      json["normalizer"] = null;
    });
    assert.deepEqual(tokenizer.encode("  A   X \u0085"), plain.encode("a dog"));
  });
});
