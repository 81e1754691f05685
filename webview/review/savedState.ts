/** What of the page survives while it is hidden: the host has all the rest. */

import { REVIEW_LIMITS } from "../../src/protocol/views/reviewMessages";
import { INITIAL_STATE, type PageState } from "./state";

/** Raised when the shape changes, so that what another version of the extension kept is left alone. */
const VERSION = 1;

interface SavedState {
  readonly version: typeof VERSION;
  readonly currentId?: string;
  readonly draft?: string;
  readonly rule: string;
  readonly file: string;
}

export function savedOf({ currentId, draft, filter }: PageState): SavedState {
  return {
    version: VERSION,
    ...(currentId === undefined ? {} : { currentId }),
    ...(draft === undefined ? {} : { draft }),
    ...filter,
  };
}

/** The state that was kept; without one, or with one that cannot be read, the initial state. */
export function restoredFrom(saved: unknown): PageState {
  if (typeof saved !== "object" || saved === null) return INITIAL_STATE;
  const fields = new Map<string, unknown>(Object.entries(saved));
  if (fields.get("version") !== VERSION) return INITIAL_STATE;
  const textOf = (key: string): string | undefined => {
    const value = fields.get(key);
    return typeof value === "string" ? value : undefined;
  };
  return {
    ...INITIAL_STATE,
    currentId: textOf("currentId"),
    draft: textOf("draft")?.slice(0, REVIEW_LIMITS.textLength),
    filter: { rule: textOf("rule") ?? "", file: textOf("file") ?? "" },
  };
}
