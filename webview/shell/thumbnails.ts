/** Small copies of pictures on a page: asked for when they are in sight, and some hundreds kept. */

import { MAX_WANTED } from "../../src/protocol/views/viewParts";
import type { ContextOf } from "./context";

/** By item; null for one that cannot be made. */
export type Thumbnails = ReadonlyMap<string, string | null>;

/** A page of 10,000 pictures would hold 60 MB of them. */
const MAX_KEPT = 600;
/** A pause in scrolling before they are asked for, in ms. */
const SETTLE_MS = 60;

/** The latest ones, with this one. */
export function withThumbnail(
  thumbnails: Thumbnails,
  { itemId, thumbnail = null }: { readonly itemId: string; readonly thumbnail?: string | null },
): Thumbnails {
  const next = new Map(thumbnails);
  next.delete(itemId);
  next.set(itemId, thumbnail);
  for (const oldest of next.keys()) {
    if (next.size <= MAX_KEPT) break;
    next.delete(oldest);
  }
  return next;
}

/** What is in sight now. */
export interface InSight {
  readonly ids: readonly string[];
  readonly made: Thumbnails;
  /** Of which search or question; another one has other ids. */
  readonly of: string | undefined;
}

type Wish = { readonly type: "wantThumbnails"; readonly itemIds: string[] };

/** Asks once for each that is in sight, when the scrolling has come to rest; one that was let go of again. */
export function createWanting(
  { post, after }: Pick<ContextOf<unknown, Wish, never>, "post" | "after">,
  look: () => InSight,
): () => void {
  let asked = new Set<string>();
  let of: string | undefined;
  let isWaiting = false;
  return () => {
    if (isWaiting) return;
    isWaiting = true;
    after(SETTLE_MS, () => {
      isWaiting = false;
      const inSight = look();
      if (of !== inSight.of) asked = new Set();
      ({ of } = inSight);
      const { ids, made } = inSight;
      const missing = ids.filter((id) => !made.has(id) && !asked.has(id));
      asked = new Set(ids);
      if (missing.length > 0) {
        post({ type: "wantThumbnails", itemIds: missing.slice(0, MAX_WANTED) });
      }
    });
  };
}
