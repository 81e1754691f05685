/**
 * SentencePiece's tokens to text, to the letter of the Rust `tokenizers` library: LLaMA writes characters
 * that have no token of their own as one token for each byte. The JavaScript port reads such bytes otherwise.
 */

import type { JsonObject } from "../../base/json";
import { failUnsupported } from "./textNormalizer";

/** A decoder of a tokenizer.json that the library does not run. */
export interface PieceDecoder {
  readonly decode: (tokens: readonly string[]) => string;
  /** UTF-16 units at the end of the text of these tokens that a further token may change. */
  readonly openUnits: (tokens: readonly string[]) => number;
}

type Step = (tokens: readonly string[]) => readonly string[];

/** In the only order that lets a text grow at its end. */
const ORDER = ["Replace", "ByteFallback", "Fuse", "Strip"];

/**
 * Reads a decoder of the type Sequence.
 * @param steps its `decoders`.
 * @throws AppError with the code of `steps` for a bad value, `model.unsupported` for another sequence.
 */
export function parsePieceDecoder(steps: readonly JsonObject[]): PieceDecoder {
  const types = steps.map((step) => step.string("type"));
  const places = types.map((type) => ORDER.indexOf(type));
  const [first] = steps;
  const isInOrder = places.every((place, i) => place >= (places[i - 1] ?? 0));
  if (first !== undefined && (!isInOrder || !types.includes("Fuse"))) {
    failUnsupported(first, `the steps ${types.join(", ")}`);
  }
  const decoders = steps.map(readStep);
  return {
    decode: (tokens) => decoders.reduce((made, step) => step(made), tokens).join(""),
    openUnits: (tokens) => {
      if (!types.includes("ByteFallback")) return 0;
      const bytes: number[] = [];
      for (let i = tokens.length - 1; i >= 0; i--) {
        const byte = byteOf(tokens[i] ?? "");
        if (byte === undefined) break;
        bytes.unshift(byte);
      }
      return textOfBytes(bytes).length;
    },
  };
}

function readStep(json: JsonObject): Step {
  switch (json.string("type")) {
    case "Replace": {
      const from = json.object("pattern").string("String");
      const to = json.string("content");
      if (from === "") json.fail("pattern", "a text that is not empty");
      return (tokens) => tokens.map((token) => token.replaceAll(from, () => to));
    }
    case "ByteFallback":
      return joinBytes;
    case "Fuse":
      return (tokens) => [tokens.join("")];
    default:
      return readStrip(json);
  }
}

/** So many of a character in front; taking any from the end would change what was told already. */
function readStrip(json: JsonObject): Step {
  const content = json.string("content");
  const start = json.integer("start", { min: 0, max: 1000 });
  if (json.integer("stop", { min: 0, max: 1000 }) > 0) failUnsupported(json, "a stop");
  return (tokens) =>
    tokens.map((token) => {
      let cut = 0;
      while (cut < start && token.charAt(cut) === content) cut++;
      return token.slice(cut);
    });
}

function joinBytes(tokens: readonly string[]): readonly string[] {
  const out: string[] = [];
  let bytes: number[] = [];
  for (const token of tokens) {
    const byte = byteOf(token);
    if (byte !== undefined) {
      bytes.push(byte);
      continue;
    }
    out.push(textOfBytes(bytes), token);
    bytes = [];
  }
  return [...out, textOfBytes(bytes)];
}

/** Of a token such as `<0x0A>`. */
function byteOf(token: string): number | undefined {
  const digits = /^<0x([0-9A-Fa-f]{2})>$/.exec(token)?.[1];
  return digits === undefined ? undefined : Number.parseInt(digits, 16);
}

/** One U+FFFD for each byte of a run that is not UTF-8 as a whole. */
function textOfBytes(bytes: readonly number[]): string {
  if (bytes.length === 0) return "";
  try {
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    return decoder.decode(Uint8Array.from(bytes));
  } catch {
    return "\ufffd".repeat(bytes.length);
  }
}
