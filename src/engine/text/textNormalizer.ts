/**
 * What happens to a text before it is split into tokens, to the letter of the Rust `tokenizers`
 * library, which transformers runs on; the JavaScript port only comes close for BERT and T5.
 */

import { AppError } from "../../base/errors";
import { JsonObject } from "../../base/json";

export type NormalizeText = (text: string) => string;

/**
 * The function that a tokenizer.json's `normalizer` describes; null or absent changes nothing.
 * @throws AppError with the code of `json` for a bad value, `model.unsupported` for another kind.
 */
export function parseNormalizer(json: JsonObject): NormalizeText {
  if (!json.has("normalizer")) return (text) => text;
  return oneNormalizer(json.object("normalizer"));
}

/** @throws AppError `model.unsupported`, always: the file is sound but of a kind not known here. */
export function failUnsupported(json: JsonObject, what: string): never {
  const where = json.path === "" ? "the file" : `"${json.path}"`;
  throw new AppError(
    "model.unsupported",
    `${json.file}: ${where} has ${what}, which this program does not know. ` +
      "Use the tokenizer.json of the original repository.",
    { detail: { file: json.file, key: json.path } },
  );
}

function oneNormalizer(json: JsonObject): NormalizeText {
  const type = json.string("type");
  switch (type) {
    case "NFC":
    case "NFD":
    case "NFKC":
    case "NFKD":
      return (text) => text.normalize(type);
    case "Lowercase":
      return lowercase;
    case "Strip":
      return strip(json.boolean("strip_left"), json.boolean("strip_right"));
    case "Prepend": {
      const prefix = json.string("prepend");
      return (text) => (text === "" ? text : prefix + text);
    }
    case "Replace":
      return replace(json);
    case "BertNormalizer":
      return bertNormalizer(json);
    case "Precompiled":
      return precompiled(json);
    case "Sequence": {
      const steps = json.array("normalizers").map((value) => {
        const step = new JsonObject(value, { file: json.file, code: json.code, path: json.path });
        if (step.string("type") === "Sequence") failUnsupported(json, "a Sequence in a Sequence");
        return oneNormalizer(step);
      });
      return (text) => steps.reduce((changed, step) => step(changed), text);
    }
    default:
      return failUnsupported(json, `the type "${type}"`);
  }
}

/** Character by character, so that a Greek sigma at a word's end is no exception. */
function lowercase(text: string): string {
  return Array.from(text, (char) => char.toLowerCase()).join("");
}

function strip(left: boolean, right: boolean): NormalizeText {
  return (text) => {
    // Walking in from the ends stays linear where /\s+$/ would be quadratic.
    let start = 0;
    let end = text.length;
    while (left && start < end && isWhitespace(text.charAt(start))) start += 1;
    while (right && end > start && isWhitespace(text.charAt(end - 1))) end -= 1;
    return text.slice(start, end);
  };
}

function replace(json: JsonObject): NormalizeText {
  const pattern = json.object("pattern");
  const content = json.string("content");
  if (pattern.has("String")) {
    const searched = pattern.string("String");
    if (searched === "") pattern.fail("String", "a text that is not empty");
    return (text) => text.replaceAll(searched, () => content);
  }
  // A pattern from a file could take for ever; this is the one that converted T5 tokenizers use.
  if (pattern.string("Regex") !== " {2,}") failUnsupported(pattern, "a regular expression");
  return (text) => text.replace(/ {2,}/g, () => content);
}

function bertNormalizer(json: JsonObject): NormalizeText {
  const lowers = json.boolean("lowercase");
  const steps: NormalizeText[] = [];
  if (json.boolean("clean_text")) steps.push(cleanText);
  if (json.boolean("handle_chinese_chars")) steps.push(spaceChineseCharacters);
  if (json.boolean("strip_accents", lowers)) steps.push(stripAccents);
  if (lowers) steps.push(lowercase);
  return (text) => steps.reduce((changed, step) => step(changed), text);
}

function cleanText(text: string): string {
  return Array.from(text, (char) => {
    if (isRemovedControl(char)) return "";
    return isWhitespace(char) ? " " : char;
  }).join("");
}

function isRemovedControl(char: string): boolean {
  if (char === "\t" || char === "\n" || char === "\r") return false;
  return char === "\ufffd" || /[\p{Cc}\p{Cf}\p{Co}]/u.test(char);
}

/** Unicode's White_Space, which is Rust's; JavaScript's \s differs in U+0085 and U+FEFF. */
function isWhitespace(char: string): boolean {
  return /\p{White_Space}/u.test(char);
}

function spaceChineseCharacters(text: string): string {
  return Array.from(text, (char) => {
    const code = char.codePointAt(0) ?? 0;
    return CHINESE.some(([first, last]) => code >= first && code <= last) ? ` ${char} ` : char;
  }).join("");
}

/** Code points that BERT treats as words; 2B920 is where the Rust library begins its sixth range. */
const CHINESE: readonly (readonly [number, number])[] = [
  [0x4e00, 0x9fff],
  [0x3400, 0x4dbf],
  [0x20000, 0x2a6df],
  [0x2a700, 0x2b73f],
  [0x2b740, 0x2b81f],
  [0x2b920, 0x2ceaf],
  [0xf900, 0xfaff],
  [0x2f800, 0x2fa1f],
];

function stripAccents(text: string): string {
  return text.normalize("NFD").replace(/\p{Mn}/gu, "");
}

/** A grapheme of this many UTF-8 bytes or more is looked up character by character. */
const WHOLE_GRAPHEME_BYTES = 6;

/** SentencePiece's table of replacements: a double-array trie over UTF-8 bytes (Darts-clone). */
function precompiled(json: JsonObject): NormalizeText {
  const key = "precompiled_charsmap";
  const bytes = Buffer.from(json.string(key), "base64");
  // Layout: byte length of the trie (u32), its units (u32 each), then NUL-terminated UTF-8 texts.
  const trieBytes = bytes.length < 4 ? -1 : bytes.readUInt32LE(0);
  if (trieBytes < 4 || trieBytes % 4 !== 0 || trieBytes > bytes.length - 4) {
    json.fail(key, "a table that is complete");
  }
  const trie = Uint32Array.from({ length: trieBytes / 4 }, (_, i) => bytes.readUInt32LE(4 + 4 * i));
  const texts = bytes.subarray(4 + trieBytes);
  const lookUp = (part: string): string | undefined => {
    const start = shortestMatch(trie, Buffer.from(part, "utf8"));
    if (start === undefined) return undefined;
    const end = texts.indexOf(0, start);
    return texts.toString("utf8", start, end < 0 ? texts.length : end);
  };
  const segmenter = new Intl.Segmenter("und", { granularity: "grapheme" });
  return (text) => {
    let out = "";
    for (const segment of graphemes(text, segmenter)) {
      const isShort = Buffer.byteLength(segment, "utf8") < WHOLE_GRAPHEME_BYTES;
      const whole = isShort ? lookUp(segment) : undefined;
      out += whole ?? Array.from(segment, (char) => lookUp(char) ?? char).join("");
    }
    return out;
  };
}

/** UTF-16 units that are segmented at a time; ICU's time per grapheme grows with the text. */
const SEGMENTED_UNITS = 256;

/** The graphemes of a text; one that is longer than what is segmented at a time comes in parts. */
function* graphemes(text: string, segmenter: Intl.Segmenter): Generator<string> {
  let start = 0;
  while (start < text.length) {
    const window = text.slice(start, start + SEGMENTED_UNITS);
    const isLast = start + window.length === text.length;
    const segments = Array.from(segmenter.segment(window), ({ segment }) => segment);
    // The window may have cut its last grapheme, which is then looked at again.
    const whole = isLast || segments.length === 1 ? segments : segments.slice(0, -1);
    for (const segment of whole) start += segment.length;
    yield* whole;
  }
}

/**
 * Where the replacement of the shortest known beginning of `key` starts, or undefined.
 * A unit holds a label (bits 0-7 and 31), "has a leaf" (8), and an offset (10-30, shifted by bit 9).
 */
function shortestMatch(trie: Uint32Array, key: Uint8Array): number | undefined {
  let position = offsetOf(trie[0] ?? 0);
  for (const byte of key) {
    position ^= byte;
    const unit = trie[position];
    if (byte === 0 || unit === undefined || (unit & 0x800000ff) >>> 0 !== byte) return undefined;
    position ^= offsetOf(unit);
    if (((unit >>> 8) & 1) === 1) return (trie[position] ?? 0) & 0x7fffffff;
  }
  return undefined;
}

function offsetOf(unit: number): number {
  return (unit >>> 10) << ((unit & 0x200) >>> 6);
}
