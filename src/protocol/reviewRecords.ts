/** What a review keeps between runs of the program: the decisions that are not applied, and a journal of what was. */

import { bounded, count, fields, list, maybe, oneOf, read, readByType, text } from "./schema";
import type { Read, Typed } from "./schema";
import { decision, REVIEW_LIMITS } from "./views/reviewMessages";
import * as v from "valibot";

const id = bounded(REVIEW_LIMITS.idLength);

/** Raised when the shape changes, so that what another version kept is left alone. */
const VERSION = 1;

const stored = fields({
  version: v.literal(VERSION, `${VERSION}`),
  /** Documents and folders, as addresses. */
  scope: list(text),
  /** Only findings of these rules. @default all */
  rules: maybe(list(text)),
  current: maybe(id),
  decisions: list(fields({ id, decision })),
  /** What was decided, the oldest first, and what stood there before. */
  history: list(fields({ id, before: maybe(decision) })),
});

export type StoredReview = Read<typeof stored>;

/** What is kept, without the version. */
export function toStoredReview(review: Omit<StoredReview, "version">): StoredReview {
  return { version: VERSION, ...review };
}

/** What was kept; undefined for what is damaged, or another version's. */
export function fromStoredReview(value: unknown): StoredReview | undefined {
  try {
    return read(stored, "The review", value);
  } catch {
    return undefined;
  }
}

/** One change of a text: what stood at a place and what stands there, with what is around it. */
const journalEdit = fields({
  /** Where the new text begins in the whole new text, in UTF-16 units. */
  at: count,
  before: text,
  after: text,
  /** What stands before and behind it in the new text. */
  left: text,
  right: text,
});

/** The lines of a journal, each a record. */
const JOURNAL = {
  begun: fields({ version: v.literal(VERSION, `${VERSION}`), at: text }),
  /** About to be written; hashes are of the whole text, without a byte order mark. */
  intended: fields({
    uri: text,
    hashBefore: text,
    hashAfter: text,
    edits: list(journalEdit),
  }),
  /** It is written, and the document's text has this hash. */
  written: fields({ uri: text, hash: text }),
  /** All files were tried. */
  finished: fields({}),
  /** What one file's taking back came to. */
  undone: fields({ uri: text, outcome: oneOf(["whole", "part", "none"]) }),
  /** All files were tried, so that the review before this one is the last. */
  closed: fields({}),
};

export type JournalRecord = Typed<typeof JOURNAL>;
export type JournalEdit = Read<typeof journalEdit>;
export type IntendedChange = Extract<JournalRecord, { type: "intended" }>;

/** Reads a record. @throws AppError `protocol.violation`. */
export function readJournalRecord(value: unknown): JournalRecord {
  return readByType(JOURNAL, "The record of a review", value);
}

export function begunRecord(at: string): JournalRecord {
  return { type: "begun", version: VERSION, at };
}
