/** What every component is given; types only. */

import type { FromView } from "../../src/protocol/viewMessages";
import type { ViewStrings } from "../../src/protocol/viewStrings";
import type { Action } from "../state";

export interface PageContext {
  readonly strings: ViewStrings;
  /** BCP 47; for numbers and times. */
  readonly locale: string;
  /** Changes what the page shows. */
  readonly dispatch: (action: Action) => void;
  /** Asks the extension for something. */
  readonly post: (message: FromView) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Does something later; the page may be gone by then. */
  readonly after: (ms: number, work: () => void) => void;
}
