/** Pictures by what stands there: names of files and texts that people have written, word by word. */

/** A picture and a text of it. */
export interface PictureText {
  readonly file: string;
  readonly text: string;
}

/** Texts that were made ready once, because each letter asks for all of them. */
export class LiteralTexts {
  readonly #texts: readonly { readonly of: PictureText; readonly lower: string }[];

  constructor(texts: readonly PictureText[]) {
    this.#texts = texts.map((of) => ({ of, lower: of.text.toLowerCase() }));
  }

  /**
   * Those in which each typed word stands, in any order and as a part of another; each picture once, and those
   * first that hold the words as they were typed.
   */
  matching(typed: string, most: number): readonly PictureText[] {
    const whole = typed.trim().toLowerCase();
    const words = whole.split(/\s+/).filter((word) => word !== "");
    if (words.length === 0) return [];
    const seen = new Set<string>();
    const asTyped: PictureText[] = [];
    const others: PictureText[] = [];
    for (const { of, lower } of this.#texts) {
      if (!words.every((word) => lower.includes(word))) continue;
      if (lower.includes(whole)) asTyped.push(of);
      else others.push(of);
    }
    const all = [...asTyped, ...others].filter(({ file }) => !seen.has(file) && seen.add(file));
    return all.slice(0, most);
  }
}
