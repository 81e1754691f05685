import assert from "node:assert/strict";
import {
  cutAtStopString,
  stripText,
  TextStream,
  type DecodeIds,
  type TextStreamOptions,
} from "../../../../src/engine/text/textStream";
import { loadTokenizer, type Tokenizer } from "../../../../src/engine/text/tokenizer";
import { fixturePath } from "../../../helpers/fixtures";
import { SeededRandom } from "../../../helpers/random";

const FAMILIES = ["opt", "t5", "itm"] as const;

/** Every piece, the last one from `end()`. */
function stream(decode: DecodeIds, ids: readonly number[], options?: TextStreamOptions): string[] {
  const text = new TextStream(decode, options);
  return [...ids.map((id) => text.push(id)), text.end()];
}

/** A tokenizer without neighbours: each id is a text. */
function joining(pieces: readonly string[]): DecodeIds {
  return (ids) => ids.map((id) => pieces[id] ?? "").join("");
}

/** Where a text ends that is read unit by unit until a stop string is complete. */
function firstStop(text: string, stops: readonly string[]): string {
  for (let end = 1; end <= text.length; end += 1) {
    const lengths = stops.filter((stop) => text.slice(0, end).endsWith(stop)).map((s) => s.length);
    if (lengths.length > 0) return text.slice(0, end - Math.max(...lengths));
  }
  return text;
}

describe("a stream of text", () => {
  const tokenizers = new Map<string, Tokenizer>();
  before(async () => {
    for (const family of FAMILIES) {
      tokenizers.set(family, await loadTokenizer(fixturePath("kits", family, "checkpoint")));
    }
  });

  for (const family of FAMILIES) {
    it(`is the decoded text of any ids, piece by piece (${family})`, () => {
      const tokenizer = tokenizers.get(family)!;
      const decode: DecodeIds = (ids) => tokenizer.decode(ids);
      const random = new SeededRandom(31);
      for (let round = 0; round < 150; round += 1) {
        // Above the vocabulary are ids that decode to nothing.
        const ids = Array.from({ length: random.int(120) }, () =>
          random.int(tokenizer.vocabSize + 5),
        );
        assert.equal(stream(decode, ids).join(""), decode(ids));
        assert.equal(
          stream(decode, ids, { trimStart: true }).join(""),
          stripText(`${decode(ids)}.`).slice(0, -1),
        );
      }
    });

    it(`is the decoded text up to the first stop string (${family})`, () => {
      const tokenizer = tokenizers.get(family)!;
      const decode: DecodeIds = (ids) => tokenizer.decode(ids);
      const random = new SeededRandom(32);
      let nStopped = 0;
      for (let round = 0; round < 150; round += 1) {
        const ids = Array.from({ length: 60 }, () => random.int(tokenizer.vocabSize));
        const text = decode(ids);
        // Cut from the text itself, so that they occur; a lone half of a pair is no text.
        const stopStrings = Array.from({ length: 1 + random.int(3) }, () => {
          const at = random.int(text.length);
          return text.slice(at, at + 1 + random.int(6));
        }).filter((stop) => stop !== "" && !/[\ud800-\udfff]/.test(stop));
        const pieces = stream(decode, ids, { stopStrings });
        assert.equal(pieces.join(""), firstStop(text, stopStrings));
        if (stopStrings.length > 0) nStopped += 1;
      }
      assert.ok(nStopped > 100);
    });
  }

  it("gives a character whole and once when its bytes are tokens of their own", () => {
    const tokenizer = tokenizers.get("opt")!;
    const text = "a 👩‍👩‍👧 é 日本 😀!";
    const ids = tokenizer.encodeRaw(text);
    assert.ok(ids.length > text.length + 10, "the characters are split over tokens");
    const pieces = stream((some) => tokenizer.decode(some), ids);
    assert.equal(pieces.join(""), text);
    for (const piece of pieces) assert.ok(!piece.includes("\ufffd"), JSON.stringify(pieces));
  });

  it("gives each word as soon as it is certain", () => {
    const tokenizer = tokenizers.get("opt")!;
    const ids = tokenizer.encodeRaw("a dog");
    const pieces = stream((some) => tokenizer.decode(some), ids);
    assert.deepEqual(
      pieces.slice(0, -1),
      ids.map((id) => tokenizer.decode([id])),
    );
    assert.equal(pieces.at(-1), "");
  });

  it("shows broken bytes once they cannot become a character", () => {
    const bytes: Record<number, number> = { 0: 0xf0, 1: 0x9f, 2: 0x61 };
    const decode: DecodeIds = (ids) =>
      Buffer.from(ids.map((id) => bytes[id] ?? 0)).toString("utf8");
    assert.deepEqual(stream(decode, [0, 1, 2, 0]), ["", "", "\ufffda", "", "\ufffd"]);
    const random = new SeededRandom(33);
    const ids = Array.from({ length: 500 }, () => random.int(2));
    assert.equal(stream(decode, ids).join(""), decode(ids));
  });

  it("never ends a piece between the halves of a surrogate pair", () => {
    const decode = joining(["😀", "a"]);
    for (const holdBack of [1, 2, 3]) {
      const pieces = stream(decode, [0, 1, 0, 0, 1], { holdBack: () => holdBack });
      assert.equal(pieces.join(""), "😀a😀😀a");
      for (const piece of pieces) assert.equal(Buffer.from(piece).toString(), piece);
    }
  });

  it("waits for clean-up to have passed, however tokens and punctuation fall", () => {
    const replaced = [" .", " ?", " !", " ,", " ' ", " n't", " 'm", " 's", " 've", " 're"];
    const pieces = [" ", "'", "n", "t", "'t", " '", "s", "m", "v", "e", "r", ".", " ,", "?", "xy"];
    const raw = joining(pieces);
    const decode: DecodeIds = (ids) =>
      replaced.reduce((text, from) => text.replaceAll(from, from.trim()), raw(ids));
    const random = new SeededRandom(34);
    for (let round = 0; round < 2000; round += 1) {
      const ids = Array.from({ length: random.int(150) }, () => random.int(pieces.length));
      assert.equal(stream(decode, ids, { holdBack: () => 4 }).join(""), decode(ids));
    }
  });

  it("keeps a neighbour in view behind any number of ids without text", () => {
    // As SentencePiece: the first piece that has a text loses its space.
    const pieces = ["", " word"];
    const decode: DecodeIds = (ids) => joining(pieces)(ids).replace(/^ /, "");
    const ids = [1, ...Array.from({ length: 200 }, () => 0), 1, 1];
    for (const holdBack of [0, 4]) {
      assert.equal(stream(decode, ids, { holdBack: () => holdBack }).join(""), "word word word");
    }
  });

  it("decodes a bounded number of ids for each new one", () => {
    const tokenizer = tokenizers.get("opt")!;
    const random = new SeededRandom(35);
    const floods = {
      words: () => random.int(tokenizer.vocabSize),
      specials: (i: number) => (i === 0 ? tokenizer.encodeRaw("a")[0]! : 2),
      unknown: (i: number) => (i === 0 ? tokenizer.encodeRaw("a")[0]! : 1_000_000),
    };
    for (const [name, idAt] of Object.entries(floods)) {
      let decoded = 0;
      const decode: DecodeIds = (ids) => {
        decoded += ids.length;
        return tokenizer.decode(ids);
      };
      const ids = Array.from({ length: 4000 }, (_, i) => idAt(i));
      const text = stream(decode, ids).join("");
      assert.equal(text, tokenizer.decode(ids), name);
      assert.ok(decoded < 64 * ids.length, `${name}: ${decoded} ids decoded`);
    }
  });
});

describe("a stop string", () => {
  const decode = joining(["a", "b", "c", "\n", "ab", " "]);

  it("never shows, nor anything after it", () => {
    const text = new TextStream(decode, { stopStrings: ["bc"] });
    assert.deepEqual([0, 1, 2, 0].map((id) => text.push(id)).join("|"), "a|||");
    assert.ok(text.isStopped);
    assert.equal(text.end(), "");
  });

  it("lets its beginning through when it does not come", () => {
    const text = new TextStream(decode, { stopStrings: ["bcb"] });
    assert.deepEqual(
      [1, 2, 0].map((id) => text.push(id)),
      ["", "", "bca"],
    );
    assert.equal(text.push(1), "");
    assert.equal(text.end(), "b");
    assert.ok(!text.isStopped);
  });

  it("is found across tokens and within one", () => {
    assert.equal(stream(decode, [4, 4, 2], { stopStrings: ["ba"] }).join(""), "a");
    assert.equal(stream(decode, [0, 4, 2], { stopStrings: ["a"] }).join(""), "");
  });

  it("is found when a part of it comes twice", () => {
    assert.equal(stream(decode, [0, 0, 1, 0, 0, 2, 1], { stopStrings: ["aac"] }).join(""), "aab");
  });

  it("counts the white space that is trimmed away", () => {
    const options = { stopStrings: ["\n"], trimStart: true };
    assert.equal(stream(decode, [5, 3, 0], options).join(""), "");
    assert.equal(stream(decode, [5, 0, 3, 0], options).join(""), "a");
  });

  it("cuts a finished text in the same place", () => {
    assert.equal(cutAtStopString("one. Two. Three", [". T", "Three"]), "one");
    assert.equal(cutAtStopString("one", ["two"]), "one");
    assert.equal(cutAtStopString("tw", ["two"]), "tw");
    assert.equal(cutAtStopString("", ["two"]), "");
    assert.equal(cutAtStopString("xaby", ["abz", "b"]), "xa");
  });

  it("of any length costs time in line with the text", () => {
    const stop = `${"a".repeat(1_000_000)}b`;
    const text = `${"a".repeat(999_999)}c`.repeat(4);
    // A naive search compares 4 · 10^12 units, which no test waits for.
    assert.equal(cutAtStopString(text, [stop]), text);
  });
});

describe("stripping", () => {
  it("takes away what Python's strip() does", () => {
    assert.equal(stripText("\u001f\u0085 \n\u3000a b\u001c\u00a0\t"), "a b");
    assert.equal(stripText("\ufeffa\u200b"), "\ufeffa\u200b");
    assert.equal(stripText(" \n "), "");
    assert.equal(stripText(""), "");
  });
});
