/** The pictures of a review in their order, and what was decided of each; nothing is written here. */

import { createHash } from "node:crypto";
import { groupBy } from "../../base/groupBy";
import type { StoredReview } from "../../protocol/reviewRecords";
import type { Decision, ReviewItemView } from "../../protocol/views/reviewMessages";
import type { ImageMark } from "../documents/altPlan";

/** One picture of one document with something to decide. */
export interface ReviewItem {
  readonly id: string;
  /** Of the document. */
  readonly uri: string;
  readonly mark: ImageMark;
  /** The picture's address as the document has it. */
  readonly target: string;
  readonly view: Omit<ReviewItemView, "id">;
  /** Pictures of the same key are the same picture; undefined for one that is not to be found. */
  readonly pictureKey: string | undefined;
}

/** The same for the same picture in each run, as long as document and picture are as they were. */
export function itemId(uri: string, { look, index, count }: ImageMark): string {
  const hash = createHash("sha256").update([uri, look, index, count].join("\n"));
  return hash.digest("base64url").slice(0, 22);
}

/** Further back nobody goes. */
const MAX_HISTORY = 500;

interface Step {
  readonly id: string;
  /** What stood there before. */
  readonly before?: Decision;
}

export class ReviewQueue {
  #items: readonly ReviewItem[] = [];
  #byId = new Map<string, ReviewItem>();
  readonly #decisions = new Map<string, Decision>();
  #history: Step[] = [];
  #nLost = 0;

  get items(): readonly ReviewItem[] {
    return this.#items;
  }

  /** Decisions of pictures that are not to be found any more. */
  get nLost(): number {
    return this.#nLost;
  }

  get decisions(): readonly { readonly id: string; readonly decision: Decision }[] {
    return [...this.#decisions].map(([id, decision]) => ({ id, decision }));
  }

  get(id: string): ReviewItem | undefined {
    return this.#byId.get(id);
  }

  decisionOf(id: string): Decision | undefined {
    return this.#decisions.get(id);
  }

  /**
   * Takes the pictures as they are by now, and keeps the decisions of those that are still there.
   * @param renamed ids of before, where documents changed, and what they are now.
   */
  replace(items: readonly ReviewItem[], renamed: ReadonlyMap<string, string> = new Map()): void {
    this.#items = [...items].sort(byPlace);
    this.#byId = new Map(items.map((item) => [item.id, item]));
    const before = [...this.#decisions];
    this.#decisions.clear();
    for (const [id, decision] of before) {
      const now = renamed.get(id) ?? id;
      if (this.#byId.has(now)) this.#decisions.set(now, decision);
      else this.#nLost++;
    }
    this.#history = this.#history.map((step) => ({ ...step, id: renamed.get(step.id) ?? step.id }));
    this.#history = this.#history.filter(({ id }) => this.#byId.has(id));
  }

  /** False for a picture that is not in the queue, or a decision that cannot be carried out there. */
  decide(id: string, decision: Decision): boolean {
    const item = this.get(id);
    if (item === undefined || !isPossible(item, decision)) return false;
    const before = this.#decisions.get(id);
    this.#history.push({ id, ...(before === undefined ? {} : { before }) });
    this.#history.splice(0, this.#history.length - MAX_HISTORY);
    this.#decisions.set(id, decision);
    return true;
  }

  /** Takes the last decision back. @returns whose it was; undefined when there is none. */
  undo(): string | undefined {
    const step = this.#history.pop();
    if (step === undefined) return undefined;
    if (step.before === undefined) this.#decisions.delete(step.id);
    else this.#decisions.set(step.id, step.before);
    return step.id;
  }

  /** Forgets decisions that were carried out. */
  settle(ids: readonly string[]): void {
    const settled = new Set(ids);
    for (const id of ids) this.#decisions.delete(id);
    this.#history = this.#history.filter(({ id }) => !settled.has(id));
  }

  stored(): Pick<StoredReview, "decisions" | "history"> {
    return { decisions: this.decisions, history: this.#history };
  }

  /** Takes what was kept for the pictures that are in the queue. */
  restore({ decisions, history }: Pick<StoredReview, "decisions" | "history">): void {
    for (const { id, decision } of decisions) {
      const item = this.get(id);
      if (item !== undefined && isPossible(item, decision)) this.#decisions.set(id, decision);
      else this.#nLost++;
    }
    this.#history = history.filter(({ id }) => this.#byId.has(id));
  }
}

/** What an empty text would mean is said by marking the picture as decorative. */
function isPossible({ view: { can } }: ReviewItem, { kind, text = "" }: Decision): boolean {
  switch (kind) {
    case "text":
      return can.text && text.trim() !== "";
    case "decorative":
      return can.decorative;
    case "suppress":
      return can.suppress;
    case "skip":
      return true;
  }
}

function byPlace({ view: a }: ReviewItem, { view: b }: ReviewItem): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.line - b.line;
}

/**
 * Pictures of a document that somebody changed, by their addresses, where these tell them.
 * @param renamed what is known already. @returns ids of before, each with the one of now.
 */
export function movedItems(
  before: readonly ReviewItem[],
  now: readonly ReviewItem[],
  renamed: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const known = new Set(before.map(({ id }) => renamed.get(id) ?? id));
  const there = new Set(now.map(({ id }) => id));
  const placeOf = ({ uri, target }: ReviewItem): string => `${uri}\n${target}`;
  const gone = before.filter(({ id }) => !there.has(renamed.get(id) ?? id));
  const come = groupBy(
    now.filter(({ id }) => !known.has(id)),
    placeOf,
  );
  const moved = new Map<string, string>();
  for (const [place, items] of groupBy(gone, placeOf)) {
    const [only, ...others] = come.get(place) ?? [];
    const [item] = items;
    if (only === undefined || item === undefined) continue;
    if (items.length === 1 && others.length === 0) moved.set(item.id, only.id);
  }
  return moved;
}
