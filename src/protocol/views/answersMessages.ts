/** What the extension and the page of one question about many pictures say to each other. */

import { fields, finite, list, maybe, type Read, readByType, text, type Typed } from "../schema";
import { few, id, nothing, thumbnail } from "./viewParts";

const FROM_ANSWERS = {
  /** The page is there; answered with everything. */
  ready: nothing,
  /** Ends the asking; what is answered stays. */
  stop: nothing,
  /** Asks about the pictures that have no answer yet. */
  goOn: nothing,
  exportCsv: nothing,
  open: fields({ itemId: id }),
  wantThumbnails: fields({ itemIds: few }),
};

const row = fields({
  id: text,
  name: text,
  /** Relative to the folder that was asked about. */
  folder: text,
  /** Absent while there is none. */
  answer: maybe(text),
  /** Why there is none, for people. */
  problem: maybe(text),
});

const answers = fields({
  /** Another one is another question or folder. */
  id: text,
  question: text,
  /** What was asked about, for people. */
  place: text,
  rows: list(row),
});

const progress = fields({ text, share: maybe(finite) });

const TO_ANSWERS = {
  answersReplaced: fields({ answers }),
  /** Rows in a new state. */
  rowsChanged: fields({ rows: list(row) }),
  /** What is being done; absent when nothing is. */
  progressChanged: fields({ progress: maybe(progress) }),
  /** Absent for one that cannot be made. */
  thumbnailMade: fields({ itemId: text, thumbnail: maybe(thumbnail) }),
};

export type FromAnswers = Typed<typeof FROM_ANSWERS>;
export type ToAnswers = Typed<typeof TO_ANSWERS>;
export type AnswersView = Read<typeof answers>;
export type AnswerRowView = Read<typeof row>;
export type AnswersProgress = Read<typeof progress>;

/** Reads a message of the page. @throws AppError `protocol.violation`. */
export function readFromAnswers(value: unknown): FromAnswers {
  return readByType(FROM_ANSWERS, "The message of the answers view", value);
}

/** Reads a message of the extension. @throws AppError `protocol.violation`. */
export function readToAnswers(value: unknown): ToAnswers {
  return readByType(TO_ANSWERS, "The message to the answers view", value);
}
