/** A picture that can be asked about, wherever it came from. */

export interface Picture {
  /** The file's name, or what to call a picture that has no file. */
  readonly name: string;
  /** An encoded image file. */
  readonly bytes: Uint8Array;
  /** Where it can be read again, as a URI; absent for pasted pictures. */
  readonly uri?: string;
}
