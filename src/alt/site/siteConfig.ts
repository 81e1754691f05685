/** What a configuration says: a list of texts with the names that lead to them. Knows no form of a file. */

/** One text or switch of a configuration. */
export interface ConfigEntry {
  /** The names of the fields and calls around a text, the outermost first. */
  readonly path: readonly string[];
  readonly value: string | boolean;
}

/** All that a configuration says, to be asked by names. */
export class SiteConfig {
  static readonly NONE = new SiteConfig([]);
  readonly #entries: readonly ConfigEntry[];

  constructor(entries: readonly ConfigEntry[]) {
    // Where a name stands twice, the outer one is meant.
    this.#entries = [...entries].sort((a, b) => a.path.length - b.path.length);
  }

  /** The text behind names that follow each other, the outermost where there are several. */
  text(...names: readonly string[]): string | undefined {
    return this.texts(...names)[0];
  }

  /** All texts behind names that follow each other; a list gives each of its texts. */
  texts(...names: readonly string[]): string[] {
    return this.#entries.flatMap(({ path, value }) =>
      typeof value === "string" && endsWith(path, names) ? [value] : [],
    );
  }

  /** The texts right within what a name leads to, with their own names. */
  fields(name: string): (readonly [string, string])[] {
    return this.#entries.flatMap(({ path, value }) => {
      const own = path.at(-1);
      const isField = typeof value === "string" && path.at(-2) === name && own !== undefined;
      return isField ? [[own, value] as const] : [];
    });
  }

  /** Pairs of two fields of the same object, such as `find` and `replacement`. */
  pairs(first: string, second: string): (readonly [string, string])[] {
    const seconds = this.texts(second);
    return this.texts(first).flatMap((text, index) => {
      const other = seconds[index];
      return other === undefined ? [] : [[text, other] as const];
    });
  }

  /** True when something of that name says so. */
  isOn(name: string): boolean {
    return this.#entries.some(({ path, value }) => value === true && path.at(-1) === name);
  }
}

function endsWith(path: readonly string[], names: readonly string[]): boolean {
  return names.every((name, index) => path[path.length - names.length + index] === name);
}
