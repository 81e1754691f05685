/**
 * What the extension and the page of found pictures say to each other. The extension knows the files; the page
 * knows them by ids that hold for what it was shown last.
 */

import {
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
import { few, id, nothing, thumbnail } from "./viewParts";

/** What can be done with one picture. */
export const ITEM_ACTIONS = ["open", "insert", "similar", "reveal", "copyPath"] as const;
/** What can be done with files that are one picture. */
export const GROUP_ACTIONS = ["useOne", "pardon"] as const;

const FROM_RESULTS = {
  /** The page is there; answered with everything. */
  ready: nothing,
  act: fields({ itemId: id, action: oneOf(ITEM_ACTIONS) }),
  actOnGroup: fields({ groupId: id, action: oneOf(GROUP_ACTIONS) }),
  /** These are in sight. */
  wantThumbnails: fields({ itemIds: few }),
  /** Ends what is being looked at; what was found stays. */
  stop: nothing,
  /** Files have changed since, and somebody wants what is there now. */
  again: nothing,
};

const item = fields({
  id: text,
  name: text,
  /** Relative to the workspace. */
  folder: text,
  /** What else is to be said, such as its alternative text or where it is used. */
  detail: maybe(text),
});

const group = fields({
  id: text,
  /** Absent where the section has one group. */
  title: maybe(text),
  actions: list(oneOf(GROUP_ACTIONS)),
  items: list(item),
});

const section = fields({
  id: text,
  title: text,
  /** Shown closed at first. */
  isFolded: flag,
  groups: list(group),
});

const results = fields({
  /** Another one is another search: the page begins at its top. */
  id: text,
  title: text,
  /** What can be done with each of its pictures. */
  actions: list(oneOf(ITEM_ACTIONS)),
  sections: list(section),
  /** What was not looked at, and why. */
  skipped: list(fields({ file: text, why: text })),
});

const progress = fields({ text, share: maybe(finite) });

const TO_RESULTS = {
  resultsReplaced: fields({ results }),
  /** What is being done; absent when it is done. */
  progressChanged: fields({ progress: maybe(progress) }),
  /** Read together with the words, these fit less; they keep their places. */
  itemsDoubted: fields({ itemIds: list(text) }),
  /** Absent for one that cannot be made. */
  thumbnailMade: fields({ itemId: text, thumbnail: maybe(thumbnail) }),
  /** Files have changed since. */
  becameStale: nothing,
  /** A sentence for everybody, read aloud too. */
  told: fields({ text, nth: count }),
};

export type FromResults = Typed<typeof FROM_RESULTS>;
export type ToResults = Typed<typeof TO_RESULTS>;
export type ResultsView = Read<typeof results>;
export type ResultSection = Read<typeof section>;
export type ResultGroup = Read<typeof group>;
export type ResultItem = Read<typeof item>;
export type ResultProgress = Read<typeof progress>;
export type ItemAction = (typeof ITEM_ACTIONS)[number];
export type GroupAction = (typeof GROUP_ACTIONS)[number];

/** Reads a message of the page. @throws AppError `protocol.violation`. */
export function readFromResults(value: unknown): FromResults {
  return readByType(FROM_RESULTS, "The message of the results view", value);
}

/** Reads a message of the extension. @throws AppError `protocol.violation`. */
export function readToResults(value: unknown): ToResults {
  return readByType(TO_RESULTS, "The message to the results view", value);
}
