/** Which pictures of documents have a text that a person wrote, and why the others teach nothing. */

import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import path from "node:path";
import type { ImageReference } from "../../alt/imageReference";
import type { ResolvedTarget } from "../../alt/resolve/resolveTarget";
import { type AltProblem, altProblem } from "../../alt/wording/altText";
import type { Pair } from "./pairs";

/** In the order in which they are looked for. */
export const LEFT_OUT = [
  "decorative",
  "computed",
  "missing",
  "poor",
  "elsewhere",
  "generated",
  "twice",
] as const;

export type LeftOut = (typeof LEFT_OUT)[number];

/** A picture of a document, and the file that it means. */
export interface DocumentPicture {
  readonly reference: ImageReference;
  readonly resolved: ResolvedTarget;
  /** What is wrong with the text. @default what rules find */
  readonly problem?: AltProblem | null;
}

export type Collected =
  | { readonly pair: Pair; readonly leftOut?: undefined }
  | { readonly pair?: undefined; readonly leftOut: LeftOut };

/** One for all documents that are collected together. */
export class PairCollection {
  readonly #isGenerated: (digest: string, text: string) => boolean;
  readonly #seen = new Set<string>();

  /** @param isGenerated Whether a model wrote the text for the picture with this sha256. */
  constructor(isGenerated: (digest: string, text: string) => boolean = () => false) {
    this.#isGenerated = isGenerated;
  }

  /** A pair, or the reason why there is none. The same picture and text count once. */
  async take(picture: DocumentPicture): Promise<Collected> {
    const { reference, resolved, problem = altProblem(reference) } = picture;
    const leftOut = reasonAgainst(reference, problem);
    if (leftOut !== undefined) return { leftOut };
    if (resolved.kind !== "file") return { leftOut: "elsewhere" };
    const image = path.resolve(resolved.path);
    const digest = await digestOf(image);
    if (digest === undefined) return { leftOut: "elsewhere" };
    const text = (reference.alt ?? "").replaceAll(/\s+/g, " ").trim();
    if (this.#isGenerated(digest, text)) return { leftOut: "generated" };
    const key = `${digest} ${text.toLowerCase()}`;
    if (this.#seen.has(key)) return { leftOut: "twice" };
    this.#seen.add(key);
    return { pair: { image, text } };
  }
}

/** A long text is no poor one: models read its beginning. */
function reasonAgainst(
  { altState, alt, isDecorative, isHidden }: ImageReference,
  problem: AltProblem | null,
): LeftOut | undefined {
  if (isDecorative || isHidden) return "decorative";
  if (altState === "dynamic" || altState === "named") return "computed";
  if ((alt ?? "").trim() === "") return "missing";
  if (problem === "missing") return "missing";
  return problem === null || problem === "too-long" ? undefined : "poor";
}

/** Of the picture's bytes; nothing when it cannot be read. */
async function digestOf(file: string): Promise<string | undefined> {
  try {
    return createHash("sha256")
      .update(await readFile(file))
      .digest("hex");
  } catch {
    return undefined;
  }
}
