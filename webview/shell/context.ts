/** What the components of every page are given; types only. */

/** @template Strings the page's texts, @template From what it asks for, @template Action what changes it */
export interface ContextOf<Strings, From, Action> {
  readonly strings: Strings;
  /** BCP 47; for numbers and times. */
  readonly locale: string;
  /** Changes what the page shows. */
  readonly dispatch: (action: Action) => void;
  /** Asks the extension for something. */
  readonly post: (message: From) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Does something later; the page may be gone by then. */
  readonly after: (ms: number, work: () => void) => void;
}
