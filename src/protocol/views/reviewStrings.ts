/** The texts of the page on which texts of pictures are reviewed, in the user's language. */

/** `{0}` and so on stand for values where they are named. */
export interface ReviewStrings {
  /** `{0}`: what is reviewed. */
  readonly title: string;
  readonly searching: string;
  /** `{0}`, `{1}`: numbers. */
  readonly position: string;
  /** How far the review is. `{0}`, `{1}`: numbers. */
  readonly progress: string;
  /** `{0}`: documents that were looked through. */
  readonly empty: string;
  readonly emptyFilter: string;
  /** `{0}`: a number. */
  readonly apply: string;
  readonly applying: string;
  readonly undoing: string;
  readonly undoApplied: string;
  readonly pictures: string;
  readonly rules: string;
  readonly allRules: string;
  readonly files: string;
  readonly allFiles: string;
  readonly accept: string;
  readonly edit: string;
  readonly decorative: string;
  readonly skip: string;
  readonly suppress: string;
  readonly undo: string;
  readonly previous: string;
  readonly next: string;
  readonly help: string;
  readonly close: string;
  readonly save: string;
  readonly cancel: string;
  readonly altText: string;
  /** `{0}`: the picture's name. */
  readonly pictureOf: string;
  readonly pictureReading: string;
  readonly pictureRemote: string;
  readonly fetch: string;
  /** Of the picture's file. `{0}`, `{1}`: pixels. */
  readonly size: string;
  /** `{0}`: file, `{1}`: line. */
  readonly place: string;
  /** `{0}`: file, `{1}`: line. */
  readonly openPlace: string;
  readonly now: string;
  readonly nowNothing: string;
  /** How surely text and picture belong together. `{0}`: a number. */
  readonly fit: string;
  readonly caption: string;
  readonly beside: string;
  readonly ofLink: string;
  readonly ofButton: string;
  readonly source: string;
  readonly proposals: string;
  readonly proposalsWaiting: string;
  readonly noProposals: string;
  /** `{0}`: characters. */
  readonly long: string;
  readonly oneColor: string;
  readonly outsideWorld: string;
  /** What was decided. `{0}`: the text. */
  readonly isText: string;
  readonly isDecorative: string;
  readonly isSkipped: string;
  readonly isSuppressed: string;
  readonly isOpen: string;
  readonly undone: string;
  readonly nothingToUndo: string;
  /** The picture cannot be given that. */
  readonly cannotText: string;
  readonly cannotDecorative: string;
  readonly cannotSuppress: string;
  readonly noProposalYet: string;
  /** `{0}`: how many are written when they are applied. */
  readonly allDecided: string;
  /** `{0}`: pictures, `{1}`: files. */
  readonly written: string;
  /** `{0}`: how many. */
  readonly notWritten: string;
  /** `{0}`: files. */
  readonly takenBack: string;
  readonly nothingTakenBack: string;
  /** `{0}`: how many. */
  readonly lost: string;
  /** `{0}`: how many. */
  readonly unread: string;
  readonly keys: string;
  readonly keysChoose: string;
}
