/** The names of the texts of this page. */

import type { ResultsStrings } from "../../src/protocol/views/resultsStrings";
import type { Names } from "../shell/strings";

/** Every key and its name; one that is missing here or unknown does not compile. */
export const RESULTS_NAMES: Names<ResultsStrings> = {
  pictures: "pictures",
  doubted: "doubted",
  skipped: "skipped",
  nothingFound: "nothingFound",
  waiting: "waiting",
  stop: "stop",
  stale: "stale",
  again: "again",
  actionsFor: "actionsFor",
  choose: "choose",
  open: "open",
  insert: "insert",
  similar: "similar",
  reveal: "reveal",
  copyPath: "copyPath",
  useOne: "useOne",
  pardon: "pardon",
};
