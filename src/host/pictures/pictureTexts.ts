/** Words for what can be wrong with a picture that is no file; the editor has them in its language. */

/** Of a picture that is fetched. */
export interface FetchTexts {
  readonly failed: (url: string, reason: string) => string;
  /** Reasons for `failed`; what to do is in them. */
  readonly refused: (status: number) => string;
  readonly silent: string;
  readonly unreachable: string;
  readonly leadsAway: string;
  readonly notAPicture: (url: string, type: string) => string;
  readonly tooLarge: (name: string, limitBytes: number) => string;
  readonly empty: (name: string) => string;
}
