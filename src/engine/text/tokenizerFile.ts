/** Reading of tokenizer.json: only what this family's tokenizers use passes, checked. */

import { JsonObject } from "../../base/json";
import { parsePieceDecoder, type PieceDecoder } from "./pieceDecoder";
import { failUnsupported, parseNormalizer, type NormalizeText } from "./textNormalizer";

/** Above every vocabulary in use (T5 32,128, LLaMA 32,064, BERT 30,523, OPT 50,272); bounds memory. */
const MAX_TOKENS = 1 << 20;

/** Token texts are short; a long one would make every look-up slow. */
const MAX_TOKEN_CHARS = 1024;

/** GPT-2's split into words, numbers, signs and spaces (OpenAI's encoder.py), which OPT uses. */
const GPT2_SPLIT =
  "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

/** A token that is found in a text before anything else is done to it. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly special: boolean;
  readonly lstrip: boolean;
  readonly rstrip: boolean;
  readonly normalized: boolean;
}

/** A part of a tokenizer in the shape of tokenizer.json. */
export type Section = Readonly<Record<string, unknown>>;

/** A tokenizer.json that was checked, with what tokenizer_config.json changes. */
export interface TokenizerFile {
  /** The text's name in messages. */
  readonly file: string;
  readonly model: Section;
  readonly addedTokens: readonly AddedToken[];
  readonly normalize: NormalizeText;
  readonly preTokenizer: Section | null;
  /** Run by the library, or by ourselves. */
  readonly decoder: Section | PieceDecoder;
  /** Ids that the post-processor puts around a text. */
  readonly prefix: readonly number[];
  readonly suffix: readonly number[];
  /** Spaces before punctuation are removed from a decoded text. */
  readonly cleansUp: boolean;
}

/**
 * Checks a tokenizer.json and joins it with its tokenizer_config.json.
 * @throws AppError with the code of `json` for a bad value, `model.unsupported` for another kind.
 */
export function parseTokenizerFile(json: JsonObject, config: JsonObject): TokenizerFile {
  const { model, tokens } = readModel(json.object("model"));
  const addedTokens = readAddedTokens(json, config, tokens);
  for (const { content, id } of addedTokens) tokens.set(content, id);
  const normalize = parseNormalizer(json);
  const isBpe = model["type"] === "BPE";
  return {
    file: json.file,
    model,
    addedTokens,
    normalize,
    preTokenizer: readPreTokenizer(json),
    decoder: readDecoder(json.object("decoder")),
    ...((isBpe ? readBosAndEos(config, tokens) : undefined) ?? readPostProcessor(json)),
    // transformers never cleans up after BPE (tokenization_utils_tokenizers.py, `_decode`).
    cleansUp: !isBpe && config.boolean("clean_up_tokenization_spaces", false),
  };
}

interface ModelSection {
  readonly model: Section;
  /** Ids by text; added tokens join later. */
  readonly tokens: Map<string, number>;
}

function readModel(json: JsonObject): ModelSection {
  const vocab = json.raw("vocab");
  // Files before 2022 leave the type out.
  const guess = json.has("merges") ? "BPE" : "WordPiece";
  const type = json.string("type", Array.isArray(vocab) ? "Unigram" : guess);
  switch (type) {
    case "BPE":
      return readBpe(json);
    case "Unigram":
      return readUnigram(json);
    case "WordPiece":
      return readWordPiece(json);
    default:
      return failUnsupported(json, `the type "${type}"`);
  }
}

function readBpe(json: JsonObject): ModelSection {
  for (const key of ["continuing_subword_prefix", "end_of_word_suffix"]) {
    if (json.string(key, "") !== "") failUnsupported(json, `a ${key}`);
  }
  if (json.number("dropout", 0) !== 0) failUnsupported(json, "dropout");
  const tokens = readVocabulary(json);
  const merges = json.array("merges").map((merge) => {
    const pair: readonly unknown[] = typeof merge === "string" ? merge.split(" ") : asList(merge);
    const isPair = pair.length === 2 && pair.every((part) => typeof part === "string");
    return isPair ? pair : json.fail("merges", "a list of pairs of texts");
  });
  const unknown = json.string("unk_token", "");
  const model = {
    type: "BPE",
    vocab: json.raw("vocab"),
    merges,
    unk_token: unknown === "" ? null : unknown,
    fuse_unk: json.boolean("fuse_unk", false),
    byte_fallback: json.boolean("byte_fallback", false),
    ignore_merges: json.boolean("ignore_merges", false),
  };
  if (unknown !== "" && !tokens.has(unknown)) json.fail("unk_token", "in the vocabulary");
  return { model, tokens };
}

function readUnigram(json: JsonObject): ModelSection {
  const vocab = json.array("vocab");
  if (vocab.length === 0 || vocab.length > MAX_TOKENS) {
    json.fail("vocab", `a list of 1 to ${MAX_TOKENS} tokens`);
  }
  const tokens = new Map<string, number>();
  vocab.forEach((entry, id) => {
    const [text, score] = asList(entry);
    if (typeof text !== "string" || text.length > MAX_TOKEN_CHARS || !Number.isFinite(score)) {
      json.fail("vocab", "a list of pairs of a text and a number");
    }
    tokens.set(text, id);
  });
  if (json.boolean("byte_fallback", false)) failUnsupported(json, "byte_fallback");
  const unk_id = json.integer("unk_id", { min: 0, max: vocab.length - 1 });
  return { model: { type: "Unigram", vocab, unk_id }, tokens };
}

function readWordPiece(json: JsonObject): ModelSection {
  const tokens = readVocabulary(json);
  const unk_token = json.string("unk_token");
  if (!tokens.has(unk_token)) json.fail("unk_token", "in the vocabulary");
  const model = {
    type: "WordPiece",
    vocab: json.raw("vocab"),
    unk_token,
    continuing_subword_prefix: json.string("continuing_subword_prefix", "##"),
    // Words are cut in steps of one character, which takes the square of their length.
    max_input_chars_per_word: json.integer("max_input_chars_per_word", {
      min: 1,
      max: MAX_TOKEN_CHARS,
      fallback: 100,
    }),
  };
  return { model, tokens };
}

function readVocabulary(json: JsonObject): Map<string, number> {
  const vocabulary = json.object("vocab");
  const limits = { min: 0, max: MAX_TOKENS - 1 };
  return new Map(
    vocabulary.keys().map((text) => {
      if (text.length > MAX_TOKEN_CHARS) json.fail("vocab", "made of short texts");
      return [text, vocabulary.integer(text, limits)];
    }),
  );
}

/** The file's own added tokens, then those that only tokenizer_config.json names. */
function readAddedTokens(
  json: JsonObject,
  config: JsonObject,
  tokens: ReadonlyMap<string, number>,
): AddedToken[] {
  const added = new Map<string, AddedToken>();
  if (json.has("added_tokens")) {
    for (const value of json.array("added_tokens")) {
      const token = inside(json, "added_tokens", value);
      const read = readAddedToken(token, token.integer("id", { min: 0, max: MAX_TOKENS - 1 }));
      added.set(read.content, read);
    }
  }
  const byId = config.objectOrEmpty("added_tokens_decoder");
  for (const key of byId.keys()) {
    const id = Number(key);
    if (!Number.isInteger(id) || id < 0 || id >= MAX_TOKENS) byId.fail(key, "under a token id");
    const read = readAddedToken(byId.object(key), id);
    if (!added.has(read.content)) added.set(read.content, read);
  }
  for (const content of namedSpecialTokens(config)) {
    const id = tokens.get(content);
    if (id === undefined || added.has(content)) continue;
    const flags = { special: true, lstrip: false, rstrip: false, normalized: false };
    added.set(content, { id, content, ...flags });
  }
  return [...added.values()];
}

function readAddedToken(json: JsonObject, id: number): AddedToken {
  const content = json.string("content");
  if (content === "" || content.length > MAX_TOKEN_CHARS) json.fail("content", "a short text");
  if (json.boolean("single_word", false)) failUnsupported(json, "single_word");
  const special = json.boolean("special", false);
  return {
    id,
    content,
    special,
    lstrip: json.boolean("lstrip", false),
    rstrip: json.boolean("rstrip", false),
    normalized: json.boolean("normalized", !special),
  };
}

function namedSpecialTokens(config: JsonObject): string[] {
  const names = ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token"];
  return [...names, "mask_token"].flatMap((name) => tokenText(config, name) ?? []);
}

/** A token of tokenizer_config.json, written as a text or as an object with `content`. */
function tokenText(config: JsonObject, name: string): string | undefined {
  if (!config.has(name)) return undefined;
  const isText = typeof config.raw(name) === "string";
  return isText ? config.string(name) : config.object(name).string("content");
}

/**
 * transformers replaces a GPT-2 tokenizer's post-processor when tokenizer_config.json says
 * `add_bos_token` or `add_eos_token` (tokenization_utils_tokenizers.py, `update_post_processor`).
 */
function readBosAndEos(
  config: JsonObject,
  tokens: ReadonlyMap<string, number>,
): Pick<TokenizerFile, "prefix" | "suffix"> | undefined {
  if (!config.has("add_bos_token") && !config.has("add_eos_token")) return undefined;
  const idsOf = (name: string): number[] => {
    const text = config.boolean(`add_${name}`, false) ? tokenText(config, name) : undefined;
    if (text === undefined) return [];
    return [tokens.get(text) ?? config.fail(name, "in the vocabulary")];
  };
  return { prefix: idsOf("bos_token"), suffix: idsOf("eos_token") };
}

function readPostProcessor(json: JsonObject): Pick<TokenizerFile, "prefix" | "suffix"> {
  if (!json.has("post_processor")) return { prefix: [], suffix: [] };
  const outer = json.object("post_processor");
  const parts =
    outer.string("type") === "Sequence"
      ? outer.array("processors").map((part) => inside(outer, "processors", part))
      : [outer];
  // Each one goes around what the ones before it made.
  return parts.map(readOnePostProcessor).reduce(
    (inner, next) => ({
      prefix: [...next.prefix, ...inner.prefix],
      suffix: [...inner.suffix, ...next.suffix],
    }),
    { prefix: [], suffix: [] },
  );
}

function readOnePostProcessor(json: JsonObject): { prefix: number[]; suffix: number[] } {
  const type = json.string("type");
  switch (type) {
    case "ByteLevel":
      return { prefix: [], suffix: [] };
    case "BertProcessing":
    case "RobertaProcessing":
      return {
        prefix: checkedIds(json, "cls", [asList(json.raw("cls"))[1]]),
        suffix: checkedIds(json, "sep", [asList(json.raw("sep"))[1]]),
      };
    case "TemplateProcessing":
      return readTemplate(json);
    default:
      return failUnsupported(json, `the type "${type}"`);
  }
}

function readTemplate(json: JsonObject): { prefix: number[]; suffix: number[] } {
  const specials = json.objectOrEmpty("special_tokens");
  const parts = json.array("single").map((part) => inside(json, "single", part));
  const at = parts.findIndex((part) => part.has("Sequence"));
  const isOnce = parts.filter((part) => part.has("Sequence")).length === 1;
  if (!isOnce) failUnsupported(json, "a template that has not one place for the text");
  const idsOf = (part: JsonObject): number[] => {
    const special = specials.object(part.object("SpecialToken").string("id"));
    return checkedIds(special, "ids", special.array("ids"));
  };
  return {
    prefix: parts.slice(0, at).flatMap(idsOf),
    suffix: parts.slice(at + 1).flatMap(idsOf),
  };
}

function checkedIds(json: JsonObject, key: string, ids: readonly unknown[]): number[] {
  return ids.map((id) => {
    const isId = typeof id === "number" && Number.isInteger(id) && id >= 0 && id < MAX_TOKENS;
    return isId ? id : json.fail(key, "made of token ids");
  });
}

function readPreTokenizer(json: JsonObject): Section | null {
  if (!json.has("pre_tokenizer")) return null;
  const outer = json.object("pre_tokenizer");
  if (outer.string("type") !== "Sequence") return readOnePreTokenizer(outer);
  const parts = outer.array("pretokenizers").map((part) => inside(outer, "pretokenizers", part));
  return { type: "Sequence", pretokenizers: parts.map(readOnePreTokenizer) };
}

/** The same splits in parts that the JavaScript library runs as the Rust library does. */
function readOnePreTokenizer(json: JsonObject): Section {
  const type = json.string("type");
  switch (type) {
    case "BertPreTokenizer":
      return { type };
    case "WhitespaceSplit":
      return { ...split("\\s+"), behavior: "Removed" };
    case "ByteLevel": {
      const add_prefix_space = json.boolean("add_prefix_space", true);
      const use_regex = json.boolean("use_regex", true);
      // Its own pattern has JavaScript's \s, which differs in U+0085 and U+FEFF.
      if (!use_regex || add_prefix_space) return { type, add_prefix_space, use_regex };
      const bytes = { type, add_prefix_space, use_regex: false };
      return { type: "Sequence", pretokenizers: [split(GPT2_SPLIT), bytes] };
    }
    case "Metaspace": {
      const metaspace = readMetaspace(json);
      if (!json.boolean("split", true)) return metaspace;
      // The library leaves words together that the Rust library tokenizes one by one.
      return { type: "Sequence", pretokenizers: [metaspace, split("▁[^▁]*")] };
    }
    default:
      return failUnsupported(json, `the type "${type}"`);
  }
}

function readMetaspace(
  json: JsonObject,
): { replacement: string; prepend_scheme: string } & Section {
  const replacement = json.string("replacement", "▁");
  if (replacement !== "▁") failUnsupported(json, `the replacement "${replacement}"`);
  // Files before 2024 say add_prefix_space in place of prepend_scheme.
  const scheme = json.boolean("add_prefix_space", true) ? "always" : "never";
  const prepend_scheme = json.string("prepend_scheme", scheme);
  if (!["always", "first", "never"].includes(prepend_scheme)) {
    failUnsupported(json, `the prepend_scheme "${prepend_scheme}"`);
  }
  return { type: "Metaspace", replacement, prepend_scheme };
}

function split(pattern: string): Section {
  return { type: "Split", pattern: { Regex: pattern }, behavior: "Isolated", invert: false };
}

function readDecoder(json: JsonObject): Section | PieceDecoder {
  const type = json.string("type");
  switch (type) {
    case "ByteLevel":
      return { type };
    case "Metaspace": {
      const { replacement, prepend_scheme } = readMetaspace(json);
      if (prepend_scheme === "never") failUnsupported(json, "no space to take away");
      return { type, replacement };
    }
    case "WordPiece":
      return {
        type,
        prefix: json.string("prefix", "##"),
        cleanup: json.boolean("cleanup", true),
      };
    case "Sequence":
      return parsePieceDecoder(
        json.array("decoders").map((step) => inside(json, "decoders", step)),
      );
    default:
      return failUnsupported(json, `the type "${type}"`);
  }
}

/** An object of a list, with the list's key for messages. */
function inside(json: JsonObject, key: string, value: unknown): JsonObject {
  const path = json.path === "" ? key : `${json.path}.${key}`;
  return new JsonObject(value, { file: json.file, code: json.code, path });
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
