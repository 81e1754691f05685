/** The tokenizer of OPT for texts of the world: byte-level byte-pair encoding, as GPT-2's. */

import { countWords, learnMerges } from "./merges";
import { addedTokens, template } from "./tokenizerParts";

/** Ids 0 to 3, as in OPT's vocabulary. */
const SPECIAL = ["<s>", "<pad>", "</s>", "<unk>"];

/** As GPT-2 cuts before it merges, without its English contractions. */
const WORDS = / ?[A-Za-z]+| ?[0-9]+| ?[^\sA-Za-z0-9]+|\s+/g;

export const IMAGE_TOKEN = "<image>";

const LETTERS = byteLetters();
const ALPHABET = [...LETTERS].sort();

/** Of the line break, which ends what OPT says (LAVIS `blip2_opt.py`). */
export const LINE_END_ID = SPECIAL.length + ALPHABET.indexOf(LETTERS[0x0a] ?? "");

/**
 * @param vocabSize Of the pieces; the image token is one more.
 * @returns tokenizer.json.
 */
export function byteTokenizer(texts: Iterable<string>, vocabSize: number): object {
  const lettersOf = (word: string) =>
    [...new TextEncoder().encode(word)].map((byte) => LETTERS[byte]!);
  const merges = learnMerges(countWords(texts, WORDS), {
    split: lettersOf,
    join: (left, right) => left + right,
    maxMerges: vocabSize - SPECIAL.length - ALPHABET.length,
  });
  const pieces = new Set([...SPECIAL, ...ALPHABET, ...merges.map((merge) => merge.join(""))]);
  const vocab = Object.fromEntries([...pieces].map((piece, id) => [piece, id]));
  const byteLevel = { type: "ByteLevel", trim_offsets: true, use_regex: true };
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: addedTokens([
      ...SPECIAL.map((content, id) => ({ content, id })),
      { content: IMAGE_TOKEN, id: pieces.size },
    ]),
    normalizer: null,
    pre_tokenizer: { ...byteLevel, add_prefix_space: false },
    post_processor: template({ before: "</s>", idOf: (token) => vocab[token]! }),
    decoder: { ...byteLevel, add_prefix_space: true },
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab,
      merges,
    },
  };
}

/**
 * A visible letter for each byte: itself where it is one, else the next letters from U+0100 on
 * (`bytes_to_unicode` of GPT-2's encoder.py).
 */
function byteLetters(): readonly string[] {
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => {
    const isVisible = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte !== 0xad);
    return String.fromCodePoint(isVisible ? byte : next++);
  });
}
