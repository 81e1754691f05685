/** UTF-16 in both orders of bytes, told as VS Code tells it. Pure: no decoder of a platform. */

/** Little or big endian. */
export type Utf16Order = "le" | "be";

/** As far as VS Code looks for the zeros that tell UTF-16 without a byte order mark. */
const LOOKED_AT = 512;

/**
 * By the byte order mark, or by zeros in every other byte, as of a text that is mostly ASCII; undefined
 * for what is no UTF-16.
 */
export function utf16OrderOf(bytes: Uint8Array): Utf16Order | undefined {
  if (bytes.length % 2 !== 0) return undefined;
  const [first, second, third, fourth] = bytes;
  if (first === 0xff && second === 0xfe) {
    // With two zeros more it is the mark of UTF-32.
    return third === 0 && fourth === 0 ? undefined : "le";
  }
  if (first === 0xfe && second === 0xff) return "be";
  const beginning = bytes.subarray(0, LOOKED_AT);
  const nEven = beginning.filter((byte, index) => byte === 0 && index % 2 === 0).length;
  const nOdd = beginning.filter((byte, index) => byte === 0 && index % 2 === 1).length;
  const isHalf = Math.max(nEven, nOdd) * 4 > beginning.length;
  if (isHalf && nEven === 0) return "le";
  return isHalf && nOdd === 0 ? "be" : undefined;
}

/** Units that become a text at a time; a call takes no more arguments than a stack holds. */
const CHUNK = 1 << 12;

/** With its byte order mark; undefined for what would not come back as the same bytes. */
export function decodeUtf16(bytes: Uint8Array, order: Utf16Order): string | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts: string[] = [];
  for (let start = 0; start < bytes.length; start += 2 * CHUNK) {
    const length = Math.min(CHUNK, (bytes.length - start) / 2);
    const units = Array.from({ length }, (_, at) => view.getUint16(start + 2 * at, order === "le"));
    parts.push(String.fromCharCode(...units));
  }
  const text = parts.join("");
  return /\p{Surrogate}/u.test(text) ? undefined : text;
}

export function encodeUtf16(text: string, order: Utf16Order): Uint8Array {
  const bytes = new Uint8Array(2 * text.length);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < text.length; at++) {
    view.setUint16(2 * at, text.charCodeAt(at), order === "le");
  }
  return bytes;
}
