/** Encodings of documents: UTF-8, and UTF-16 in both orders. Knows bytes, and no document's language. */

/** As `TextDecoder` names them. */
export type TextEncoding = "utf-8" | "utf-16le" | "utf-16be";

export interface DecodedText {
  /** Without the byte order mark. */
  readonly text: string;
  readonly hasByteOrderMark: boolean;
  readonly encoding: TextEncoding;
}

const BYTE_ORDER_MARK = "\ufeff";

/** As far as VS Code looks for the zeros that tell UTF-16 without a byte order mark. */
const LOOKED_AT = 512;

/** The text, such that `encodeDocument` gives the same bytes; undefined for any other encoding. */
export function decodeDocument(bytes: Uint8Array): DecodedText | undefined {
  const encoding = encodingOf(bytes);
  try {
    const text = new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(bytes);
    const hasByteOrderMark = text.startsWith(BYTE_ORDER_MARK);
    return { text: hasByteOrderMark ? text.slice(1) : text, hasByteOrderMark, encoding };
  } catch {
    return undefined;
  }
}

/** The bytes of a text in the encoding of the document that it is for. */
export function encodeDocument(
  text: string,
  { encoding, hasByteOrderMark }: Pick<DecodedText, "encoding" | "hasByteOrderMark">,
): Uint8Array {
  const marked = (hasByteOrderMark ? BYTE_ORDER_MARK : "") + text;
  if (encoding === "utf-8") return Buffer.from(marked, "utf8");
  const bytes = Buffer.from(marked, "utf16le");
  return encoding === "utf-16be" ? bytes.swap16() : bytes;
}

/** By the byte order mark, or by zeros in every other byte, as of a text that is mostly ASCII. */
function encodingOf(bytes: Uint8Array): TextEncoding {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return "utf-16le";
  if (first === 0xfe && second === 0xff) return "utf-16be";
  const beginning = bytes.subarray(0, LOOKED_AT);
  const nZeros = [0, 0];
  beginning.forEach((byte, index) => {
    if (byte === 0) nZeros[index % 2] = (nZeros[index % 2] ?? 0) + 1;
  });
  const [nEven = 0, nOdd = 0] = nZeros;
  const isHalf = bytes.length % 2 === 0 && Math.max(nEven, nOdd) * 4 > beginning.length;
  if (isHalf && nEven === 0) return "utf-16le";
  return isHalf && nOdd === 0 ? "utf-16be" : "utf-8";
}
