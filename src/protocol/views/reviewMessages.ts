/** The messages between the extension and the page on which texts of pictures are reviewed. */

import { DOUBTS } from "../../model/ask/request";
import {
  bounded,
  count,
  fields,
  finite,
  flag,
  list,
  maybe,
  oneOf,
  type Read,
  readByType,
  text,
  type Typed,
} from "../schema";

/** Against messages that no page sends. */
export const REVIEW_LIMITS = {
  /** Of a text, in UTF-16 units: more than any guide allows, so that nothing that was typed is cut. */
  textLength: 4000,
  idLength: 64,
  /** Pictures that are looked at ahead, with the one that is shown. */
  ahead: 4,
} as const;

const nothing = fields({});
const id = bounded(REVIEW_LIMITS.idLength);

/** What a person wants for a picture. */
export const DECISION_KINDS = ["text", "decorative", "suppress", "skip"] as const;

/** `text` is there with `kind: "text"`, and with no other. */
export const decision = fields({
  kind: oneOf(DECISION_KINDS),
  text: maybe(bounded(REVIEW_LIMITS.textLength)),
});

/** What the page asks of the extension's side. */
const FROM_REVIEW = {
  /** It shows what it is told from now on. */
  ready: nothing,
  decide: fields({ id, decision }),
  undo: nothing,
  /** What is shown, and behind it what comes next. */
  look: fields({ ids: list(id) }),
  /** The picture may be fetched, after a question. */
  fetch: fields({ id }),
  /** The picture's line in its document. */
  open: fields({ id }),
  apply: nothing,
  /** Takes back what was applied last. */
  undoApplied: nothing,
  runAction: fields({ actionId: text }),
};

const action = fields({ id: text, label: text });
const note = fields({ text, actions: list(action) });

const item = fields({
  id: text,
  /** Of the workspace. */
  file: text,
  /** From one. */
  line: count,
  /** The picture's name. */
  name: text,
  /** The text that is there; absent where there is none. */
  now: maybe(text),
  rule: text,
  /** The rule in a few words. */
  ruleTitle: text,
  /** What is wrong. */
  message: text,
  /** It is all that a link or button shows, so the text is that one's name. */
  names: maybe(oneOf(["link", "button"])),
  caption: maybe(text),
  /** The words beside it. */
  beside: maybe(text),
  /** The document's own lines around it. */
  source: fields({ before: text, picture: text, after: text }),
  can: fields({ text: flag, decorative: flag, suppress: flag }),
});

const decided = fields({ id: text, decision });

const queue = fields({
  /** What is reviewed, for people. */
  scope: text,
  /** Documents that were looked through. */
  nDocuments: count,
  items: list(item),
  decisions: list(decided),
  /** The picture that was shown last. */
  current: maybe(text),
  /** Decisions whose picture is not to be found any more. */
  nLost: count,
  /** Documents that could not be read, each in a sentence. */
  unread: list(text),
  /** Characters beyond which a text is called long. */
  longFrom: count,
  /** There is something to take back. */
  canUndoApplied: flag,
});

const look = fields({
  /** `remote`: it is on another machine, and nothing is fetched unasked. */
  state: oneOf(["reading", "shown", "failed", "remote"]),
  /** A data: URI. */
  picture: maybe(text),
  /** Of the file, in pixels. */
  width: maybe(count),
  height: maybe(count),
  /** Why it is not shown, or where it is. */
  problem: maybe(text),
});

const proposal = fields({
  text,
  /** How surely the picture and the text belong together, 0 to 1. */
  fit: maybe(finite),
  doubts: list(oneOf(DOUBTS)),
});

const proposals = fields({
  /** `off`: nothing writes texts here. */
  state: oneOf(["waiting", "done", "off"]),
  /** The best first. */
  texts: list(proposal),
  /** How well the present text fits. */
  nowFit: maybe(finite),
  /** Why there is none. */
  problem: maybe(text),
});

/** A decision that was not carried out, and why. */
const failure = fields({ id: text, file: text, line: count, reason: text });

const outcome = fields({
  nWritten: count,
  nFiles: count,
  failures: list(failure),
});

/** What the extension's side tells the page. */
const TO_REVIEW = {
  /** Everything, at the start and after each change of the documents. */
  queueReplaced: fields({ queue }),
  /** No decision any more where there is none. */
  decided: fields({ id: text, decision: maybe(decision) }),
  /** The picture whose decision was taken back is shown again; without one there was nothing. */
  undone: fields({ id: maybe(text) }),
  looked: fields({ id: text, look }),
  proposed: fields({ id: text, proposals }),
  /** What a person should know of the model. */
  notesChanged: fields({ notes: list(note) }),
  /** What takes a moment. */
  workChanged: fields({ work: oneOf(["none", "search", "apply", "undo"]) }),
  applied: fields({ outcome }),
  /** What was taken back in so many files, and each file where it could not be, in a sentence. */
  takenBack: fields({ nFiles: count, failures: list(text) }),
};

export type FromReview = Typed<typeof FROM_REVIEW>;
export type ToReview = Typed<typeof TO_REVIEW>;
export type Decision = Read<typeof decision>;
export type ReviewItemView = Read<typeof item>;
export type ReviewQueueView = Read<typeof queue>;
export type LookView = Read<typeof look>;
export type ProposalView = Read<typeof proposal>;
export type ProposalsView = Read<typeof proposals>;
export type OutcomeView = Read<typeof outcome>;
export type ReviewNote = Read<typeof note>;
export type ReviewWork = Extract<ToReview, { type: "workChanged" }>["work"];

/** Reads a message of the page. @throws AppError `protocol.violation`. */
export function readFromReview(value: unknown): FromReview {
  return readByType(FROM_REVIEW, "The message of the review page", value);
}

/** Reads a message of the extension. @throws AppError `protocol.violation`. */
export function readToReview(value: unknown): ToReview {
  return readByType(TO_REVIEW, "The message to the review page", value);
}
