/** The names of the texts of this page. */

import type { AnswersStrings } from "../../src/protocol/views/answersStrings";
import type { Names } from "../shell/strings";

/** Every key and its name; one that is missing here or unknown does not compile. */
export const ANSWERS_NAMES: Names<AnswersStrings> = {
  table: "table",
  picture: "picture",
  file: "file",
  answer: "answer",
  filter: "filter",
  stop: "stop",
  goOn: "goOn",
  exportCsv: "exportCsv",
  shown: "shown",
  noAnswer: "noAnswer",
  waiting: "waiting",
};
