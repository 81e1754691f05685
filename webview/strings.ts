/** The page's texts in the user's language, as the extension wrote them into the page. */

import type { ViewStrings } from "../src/protocol/viewStrings";

type Key = keyof ViewStrings;

/** Every key and its name; one that is missing here or unknown does not compile. */
const NAMES: { readonly [K in Key]: K } = {
  emptyTitle: "emptyTitle",
  emptyHint: "emptyHint",
  trySample: "trySample",
  addPicture: "addPicture",
  removePicture: "removePicture",
  selectPicture: "selectPicture",
  pictures: "pictures",
  dropHere: "dropHere",
  questionLabel: "questionLabel",
  questionPlaceholder: "questionPlaceholder",
  questionPlaceholderNoPicture: "questionPlaceholderNoPicture",
  ask: "ask",
  stop: "stop",
  retry: "retry",
  copy: "copy",
  copied: "copied",
  insert: "insert",
  waiting: "waiting",
  stepLoad: "stepLoad",
  stepLook: "stepLook",
  stepWrite: "stepWrite",
  stopped: "stopped",
  oneColor: "oneColor",
  outsideWorld: "outsideWorld",
  failed: "failed",
  conversation: "conversation",
  suggestions: "suggestions",
  history: "history",
  historyEmpty: "historyEmpty",
  openConversation: "openConversation",
  deleteConversation: "deleteConversation",
  newConversation: "newConversation",
  close: "close",
  engineMenu: "engineMenu",
  seconds: "seconds",
  secondsOf: "secondsOf",
  notAPicture: "notAPicture",
  tooLarge: "tooLarge",
  tooMany: "tooMany",
};

/**
 * The texts of `data-strings`.
 * A text that is absent shows its key: a button with a strange name still works, an empty page does not.
 */
export function readStrings(json: string | undefined): ViewStrings {
  const given = parse(json);
  const texts: Record<Key, string> = { ...NAMES };
  for (const key of Object.values(NAMES)) {
    const text = given.get(key);
    if (typeof text === "string") texts[key] = text;
  }
  return texts;
}

/** Puts values in the places of `{0}` and `{1}`. */
export function fillIn(text: string, ...values: readonly string[]): string {
  return text.replace(/\{([01])\}/g, (place, nth: string) => values[Number(nth)] ?? place);
}

function parse(json: string | undefined): ReadonlyMap<string, unknown> {
  try {
    const value: unknown = JSON.parse(json ?? "{}");
    return new Map(typeof value === "object" && value !== null ? Object.entries(value) : []);
  } catch {
    return new Map();
  }
}
