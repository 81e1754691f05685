/** The tokenizer of BERT for texts of the world: WordPiece, and [DEC] in front of captions. */

import { countWords, learnMerges } from "./merges";
import { CAPTION_TOKEN } from "../../train/graphs/stage1Feeds";
import { addedTokens, template } from "./tokenizerParts";

const SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

/** Marks a piece that goes on a word. */
const GOES_ON = "##";

/** As BERT cuts lower-case English. */
const WORDS = /[a-z0-9]+|[^\sa-z0-9]/g;

const LETTERS = Array.from("abcdefghijklmnopqrstuvwxyz0123456789");

/** Each stands for itself. */
const MARKS = Array.from(".,?!:;'\"()-/&%+");

/**
 * @param vocabSize Including [DEC]; the image token is one more.
 * @returns tokenizer.json.
 */
export function wordPieceTokenizer(
  texts: Iterable<string>,
  { vocabSize, imageToken }: { vocabSize: number; imageToken: string },
): object {
  const alphabet = [...MARKS, ...LETTERS, ...LETTERS.map((letter) => GOES_ON + letter)];
  const merges = learnMerges(countWords(texts, WORDS), {
    split: (word) => Array.from(word, (letter, i) => (i === 0 ? letter : GOES_ON + letter)),
    join,
    maxMerges: vocabSize - SPECIAL.length - alphabet.length - 1,
  });
  const pieces = new Set([...SPECIAL, ...alphabet, ...merges.map((merge) => join(...merge))]);
  pieces.add(CAPTION_TOKEN);
  const vocab = Object.fromEntries([...pieces].map((piece, id) => [piece, id]));
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: addedTokens([
      ...[...SPECIAL, CAPTION_TOKEN].map((content) => ({ content, id: vocab[content]! })),
      { content: imageToken, id: pieces.size },
    ]),
    normalizer: {
      type: "BertNormalizer",
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: "BertPreTokenizer" },
    post_processor: template({ before: "[CLS]", after: "[SEP]", idOf: (token) => vocab[token]! }),
    decoder: { type: "WordPiece", prefix: GOES_ON, cleanup: true },
    model: {
      type: "WordPiece",
      unk_token: "[UNK]",
      continuing_subword_prefix: GOES_ON,
      max_input_chars_per_word: 100,
      vocab,
    },
  };
}

function join(left: string, right: string): string {
  return left + right.slice(GOES_ON.length);
}
