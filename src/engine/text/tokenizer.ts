/** Text to token ids and back, equal to transformers; the only user of @huggingface/tokenizers. */

import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import { Normalizer, Tokenizer as LibraryTokenizer } from "@huggingface/tokenizers";
import { AppError } from "../../base/errors";
import { JsonObject } from "../../base/json";
import {
  QFORMER_TOKENIZER_CONFIG_FILE,
  QFORMER_TOKENIZER_FILE,
  TOKENIZER_CONFIG_FILE,
  TOKENIZER_FILE,
} from "../../model/folder/manifest";
import type { NormalizeText } from "./textNormalizer";
import type { PieceDecoder } from "./pieceDecoder";
import { type AddedToken, parseTokenizerFile, type TokenizerFile } from "./tokenizerFile";

/** The largest real one, with SentencePiece's tables, takes 3 MiB. */
const MAX_FILE_BYTES = 64 * 1024 * 1024;

/** UTF-16 units; more than any position table has room for; the worst text takes seconds. */
const MAX_TEXT_CHARS = 20_000;

/**
 * How much the end of a decoded text can still change by clean-up when tokens follow, in UTF-16
 * units: " ' ", " n'" and " 'v" are the longest beginnings of what it replaces; one to spare.
 */
const CLEAN_UP_REACH = 4;

/** Each a tokenizer.json and, where it is present, a tokenizer_config.json. */
const TOKENIZERS = {
  languageModel: [TOKENIZER_FILE, TOKENIZER_CONFIG_FILE],
  qformer: [QFORMER_TOKENIZER_FILE, QFORMER_TOKENIZER_CONFIG_FILE],
} as const;

/**
 * Opens a tokenizer of a model folder.
 * @throws AppError `model.corrupt` naming the file when it is absent or breaks its format,
 * `model.unsupported` when it describes a tokenizer of a kind that no model of this family uses.
 */
export async function loadTokenizer(
  folder: string,
  whose: keyof typeof TOKENIZERS = "languageModel",
): Promise<Tokenizer> {
  const [tokenizerFile, configFile] = TOKENIZERS[whose];
  const json = await readJson(path.join(folder, tokenizerFile));
  const config = await readJson(path.join(folder, configFile), { emptyIfAbsent: true });
  return new Tokenizer(parseTokenizerFile(json, config));
}

export class Tokenizer {
  /** One more than the largest token id; a model's table may be longer. */
  readonly vocabSize: number;
  readonly #library: LibraryTokenizer;
  readonly #file: TokenizerFile;
  readonly #added: ReadonlyMap<number, AddedToken>;

  /** @throws AppError `model.corrupt` when the parts of the file do not work together. */
  constructor(file: TokenizerFile) {
    this.#file = file;
    this.#library = openLibrary(file);
    this.#added = new Map(file.addedTokens.map((token) => [token.id, token]));
    this.vocabSize = this.#library.model?.vocab.length ?? 0;
  }

  /**
   * Token ids with the special tokens of the post-processor: OPT `</s> …`, T5 `… </s>`,
   * BERT `[CLS] … [SEP]`. A special token's own text, such as "</s>", becomes that token.
   * @throws AppError `prompt.tooLong` above 20,000 characters.
   */
  encode(text: string): number[] {
    return [...this.#file.prefix, ...this.encodeRaw(text), ...this.#file.suffix];
  }

  /** How many special tokens `encode` puts in front. */
  get nPrefix(): number {
    return this.#file.prefix.length;
  }

  /** Token ids of the text alone. @throws AppError `prompt.tooLong` above 20,000 characters. */
  encodeRaw(text: string): number[] {
    if (text.length > MAX_TEXT_CHARS) failTooLong(text);
    // Half a surrogate pair is no character in UTF-8, which the vocabulary is made of.
    const characters = Buffer.from(text, "utf8").toString("utf8");
    try {
      return this.#library.encode(characters, { add_special_tokens: false }).ids;
    } catch (cause) {
      // The library hands tokens on as call arguments, whose number the engine limits.
      if (cause instanceof RangeError) failTooLong(text, cause);
      throw cause;
    }
  }

  /**
   * The text of ids as transformers' `decode(ids, skip_special_tokens=True)` gives it, neither
   * stripped; special tokens and ids without a token give nothing.
   */
  decode(ids: readonly number[]): string {
    const visible = ids.filter((id) => this.#textOf(id) !== undefined);
    if (visible.length === 0) return "";
    const { decoder, cleansUp } = this.#file;
    return isPieceDecoder(decoder)
      ? decoder.decode(this.#tokensOf(visible))
      : this.#library.decode(visible, { clean_up_tokenization_spaces: cleansUp });
  }

  /**
   * How many UTF-16 units at the end of `decode(ids)` may differ when more ids follow, beside a
   * character that is not complete; for TextStream's `holdBack`.
   */
  openUnits(ids: readonly number[]): number {
    const { decoder, cleansUp } = this.#file;
    if (isPieceDecoder(decoder)) return decoder.openUnits(this.#tokensOf(ids));
    return cleansUp ? CLEAN_UP_REACH : 0;
  }

  #tokensOf(ids: readonly number[]): readonly string[] {
    return ids.flatMap((id) => this.#textOf(id) ?? []);
  }

  /** The token of an id; undefined where it is special, or none. */
  #textOf(id: number): string | undefined {
    const added = this.#added.get(id);
    return added === undefined ? this.#library.id_to_token(id) : visibleText(added);
  }

  /** The id of a token by its text in the vocabulary, such as "</s>"; undefined when there is none. */
  idOf(token: string): number | undefined {
    return this.#library.token_to_id(token);
  }
}

const visibleText = ({ special, content }: AddedToken): string | undefined =>
  special ? undefined : content;

function isPieceDecoder(decoder: TokenizerFile["decoder"]): decoder is PieceDecoder {
  return typeof decoder["decode"] === "function";
}

/** Lets our normalisation run where the library does its own. */
class ExactNormalizer extends Normalizer {
  readonly #normalize: NormalizeText;

  constructor(normalize: NormalizeText) {
    super({ type: "Sequence", normalizers: [] });
    this.#normalize = normalize;
  }

  override normalize(text: string): string {
    return this.#normalize(text);
  }
}

function openLibrary(file: TokenizerFile): LibraryTokenizer {
  try {
    const library = new LibraryTokenizer(
      {
        model: file.model,
        // A text is normalised before it is searched for those that ask for it.
        added_tokens: file.addedTokens.map((token) =>
          token.normalized ? { ...token, content: file.normalize(token.content) } : token,
        ),
        normalizer: { type: "Sequence", normalizers: [] },
        pre_tokenizer: file.preTokenizer,
        post_processor: null,
        decoder: isPieceDecoder(file.decoder) ? { type: "Fuse" } : file.decoder,
      },
      {},
    );
    library.normalizer = new ExactNormalizer(file.normalize);
    return library;
  } catch (cause) {
    throw new AppError(
      "model.corrupt",
      `${file.file} cannot be used as a tokenizer. Convert the model again.`,
      { cause, detail: { file: file.file } },
    );
  }
}

async function readJson(file: string, options?: { emptyIfAbsent: true }): Promise<JsonObject> {
  const source = { file, code: "model.corrupt" } as const;
  let text: string;
  try {
    if ((await stat(file)).size > MAX_FILE_BYTES) {
      throw new AppError("model.corrupt", `${file} is larger than 64 MiB; it is no tokenizer.`, {
        detail: { file, limit: MAX_FILE_BYTES },
      });
    }
    text = await readFile(file, "utf8");
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    const isAbsent = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
    if (isAbsent && options?.emptyIfAbsent === true) return new JsonObject({}, source);
    throw new AppError(
      "model.corrupt",
      `${file} ${isAbsent ? "is absent" : "cannot be read"}. Convert the model again.`,
      { cause, detail: { file } },
    );
  }
  return JsonObject.parse(text, source);
}

function failTooLong(text: string, cause?: unknown): never {
  throw new AppError(
    "prompt.tooLong",
    `A text of ${text.length} characters is too long; the limit is ${MAX_TEXT_CHARS}. Shorten it.`,
    { cause, detail: { characters: text.length, limit: MAX_TEXT_CHARS } },
  );
}
