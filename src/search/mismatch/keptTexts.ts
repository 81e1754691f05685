/** Texts of documents from call to call: only those that changed are sent. */

/** A text at a picture, as it is compared. */
export interface KeptText {
  readonly alt: string;
  readonly picture: string;
}

export interface DocumentTexts {
  readonly document: string;
  readonly texts: readonly KeptText[];
}

export class KeptTexts {
  #of = "";
  readonly #texts = new Map<string, readonly KeptText[]>();

  /** @param of whose texts they are; those of others go. @returns all of them */
  take(of: string, changed: readonly DocumentTexts[]): readonly DocumentTexts[] {
    if (of !== this.#of) this.#texts.clear();
    this.#of = of;
    for (const { document, texts } of changed) this.#texts.set(document, texts);
    return [...this.#texts].map(([document, texts]) => ({ document, texts }));
  }
}
