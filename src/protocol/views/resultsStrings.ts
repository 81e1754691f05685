/** The texts of the page of found pictures, which the extension translates and the page shows. */

import type { GroupAction, ItemAction } from "./resultsMessages";

/** In the user's language. `{0}` stands for a value where one is named. */
export interface ResultsStrings
  extends Readonly<Record<ItemAction, string>>, Readonly<Record<GroupAction, string>> {
  /** Of the whole list, for a screen reader. */
  readonly pictures: string;
  /** Of a picture that fits less when it is read together with the words. */
  readonly doubted: string;
  readonly skipped: string;
  readonly nothingFound: string;
  /** Before the first results. */
  readonly waiting: string;
  readonly stop: string;
  readonly stale: string;
  readonly again: string;
  /** `{0}`: the picture's name. */
  readonly actionsFor: string;
  readonly choose: string;
}
