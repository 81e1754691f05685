/** Encodings of documents: UTF-8 and UTF-16. Knows bytes, and no document's language. */

import { decodeUtf16, encodeUtf16, utf16OrderOf, type Utf16Order } from "../base/utf16";

export interface DecodedText {
  /** Without the byte order mark. */
  readonly text: string;
  readonly hasByteOrderMark: boolean;
  readonly encoding: "utf-8" | Utf16Order;
}

/** What is looked through for a picture at all; the limit of what is parsed is in characters. */
export const MAX_DOCUMENT_BYTES = 64 << 20;

const BYTE_ORDER_MARK = "\ufeff";

/** The text, such that `encodeDocument` gives the same bytes; undefined for any other encoding. */
export function decodeDocument(bytes: Uint8Array): DecodedText | undefined {
  const encoding = utf16OrderOf(bytes) ?? "utf-8";
  const text = encoding === "utf-8" ? decodeUtf8(bytes) : decodeUtf16(bytes, encoding);
  if (text === undefined) return undefined;
  const hasByteOrderMark = text.startsWith(BYTE_ORDER_MARK);
  return { text: hasByteOrderMark ? text.slice(1) : text, hasByteOrderMark, encoding };
}

/** The bytes of a text in the encoding of the document that it is for. */
export function encodeDocument(
  text: string,
  { encoding, hasByteOrderMark }: Pick<DecodedText, "encoding" | "hasByteOrderMark">,
): Uint8Array {
  const marked = (hasByteOrderMark ? BYTE_ORDER_MARK : "") + text;
  return encoding === "utf-8" ? Buffer.from(marked, "utf8") : encodeUtf16(marked, encoding);
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
