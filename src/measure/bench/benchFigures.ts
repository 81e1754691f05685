/** What the bench asks and what it measures, the same for every program that is timed. */

export const PROMPT_TOKENS = 12;
export const NEW_TOKENS = 10;
export const BEAMS = 5;

/** Milliseconds of wall time, and bytes. What times another program gives the same names. */
export interface BenchFigures {
  /** From nothing to a model whose weights are all in place. */
  readonly load: number;
  /** Decoding, resizing and normalising the picture. */
  readonly preprocess: number;
  readonly vision: number;
  readonly qformer: number;
  /** The picture's rows and the prompt through the language model. */
  readonly prefill: number;
  /** Each further token. */
  readonly token: number;
  /** From a picture and a question to the first token. */
  readonly firstToken: number;
  /** From a picture and a question to the last token. */
  readonly answer: number;
  /** Another question about the same picture. */
  readonly followUp: number;
  /** A whole answer with beams. */
  readonly beams: number;
  /** Largest resident memory of the process. */
  readonly peakBytes: number;
  /**
   * Resident memory after the last answer that no file stands behind, so that the system cannot take it back
   * without swapping; absent where the system does not tell.
   */
  readonly ownBytes?: number;
  /** Memory of the graphics adapter that the model takes; absent where it cannot be measured. */
  readonly deviceBytes?: number;
}

/** Figures that not every system or device has. */
export const OPTIONAL_FIGURES = ["ownBytes", "deviceBytes"] as const;
