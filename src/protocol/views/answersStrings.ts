/** The texts of the page of one question about many pictures, which the extension translates. */

/** In the user's language. `{0}` stands for a value where one is named. */
export interface AnswersStrings {
  /** Of the whole table, for a screen reader. */
  readonly table: string;
  readonly picture: string;
  readonly file: string;
  readonly answer: string;
  readonly filter: string;
  readonly stop: string;
  readonly goOn: string;
  readonly exportCsv: string;
  /** `{0}` of `{1}` rows are shown. */
  readonly shown: string;
  readonly noAnswer: string;
  readonly waiting: string;
}
