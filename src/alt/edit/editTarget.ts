/** The smallest edit that makes a picture's reference lead to another file. */

import type { ImageReference, TextEdit } from "../imageReference";
import { encodedPath, folderOf, isWithin, relativePath, toSlashes } from "../resolve/slashPath";

/** From which file to which, as absolute paths with forward slashes. */
export interface TargetChange {
  readonly document: string;
  readonly from: string;
  readonly to: string;
}

/**
 * The edit, and the address that the reference then has. Undefined where the address is computed, stands elsewhere,
 * or is written in a way that does not tell how another file would be: then a person has to do it.
 */
export function setTarget(
  text: string,
  reference: ImageReference,
  change: TargetChange,
): { readonly edit: TextEdit; readonly address: string } | undefined {
  const { target, embedded } = reference;
  if (embedded !== undefined || target.data !== undefined) return undefined;
  if (target.kind === "dynamic" || target.kind === "wikilink") return undefined;
  const address = addressOf(target.value, change);
  const start = address === undefined ? undefined : addressStart(text, reference);
  if (address === undefined || start === undefined) return undefined;
  return { edit: { start, end: start + target.value.length, newText: address }, address };
}

/** As the old one is written: from the document, or from the root of a site; with what follows the path. */
function addressOf(value: string, { document, from, to }: TargetChange): string | undefined {
  const [, path = "", rest = ""] = /^([^?#]*)(.*)$/s.exec(value) ?? [];
  const isEncoded = /%[0-9a-f]{2}/i.test(path);
  const decoded = isEncoded ? decodedPath(path) : path;
  if (decoded === undefined) return undefined;
  const write = (plain: string): string =>
    (isEncoded || /[\s()]/.test(plain) ? encodedPath(plain) : plain) + rest;
  if (!decoded.startsWith("/")) {
    const relative = relativePath(folderOf(document), to);
    const old = toSlashes(decoded).replace(/^\.\//, "");
    // An alias of a bundler is no way from the document.
    if (relativePath(folderOf(document), from) !== old) return undefined;
    return write(
      decoded.startsWith("./") && !relative.startsWith("../") ? `./${relative}` : relative,
    );
  }
  if (!from.endsWith(decoded)) return undefined;
  const root = from.slice(0, from.length - decoded.length);
  return root !== "" && isWithin(to, root) ? write(to.slice(root.length)) : undefined;
}

function decodedPath(path: string): string | undefined {
  try {
    return decodeURI(path);
  } catch {
    return undefined;
  }
}

/** Where the address is written within the reference; undefined unless there is exactly one such place. */
function addressStart(
  text: string,
  { span, altSpan, altSlot, target }: ImageReference,
): number | undefined {
  const label = altSlot.form === "markdown" ? altSlot.label : altSpan;
  const found: number[] = [];
  const { value } = target;
  let at = value === "" ? -1 : text.indexOf(value, span.start);
  for (; at >= 0 && at + value.length <= span.end; at = text.indexOf(value, at + 1)) {
    const isInText = label !== null && at < label.end && at + value.length > label.start;
    const [before, after] = [text.charAt(at - 1), text.charAt(at + value.length)];
    if (!isInText && /[("'=<{[:\s]/.test(before) && /[)"'>}[\]\s]|^$/.test(after)) found.push(at);
  }
  return found.length === 1 ? found[0] : undefined;
}
