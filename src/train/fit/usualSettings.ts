/** How a model is fine-tuned when nobody says. */

import type { ModelConfig } from "../../model/config/modelConfig";

export interface FitSettings {
  /** How often each text is seen at most. */
  readonly epochs: number;
  /** Texts in a step. */
  readonly batch: number;
  readonly rate: number;
}

/** The authors' for retrieval and captions (LAVIS's yaml files; paper, table 8), at the widths they trained. */
const PUBLISHED: FitSettings = { epochs: 5, batch: 8, rate: 1e-5 };
/** A small Q-Former, such as a demo's, moves by large steps or not at all. */
const SMALL: FitSettings = { epochs: 20, batch: 8, rate: 1e-3 };
const SMALL_WIDTH = 384;

export function usualSettings(config: ModelConfig): FitSettings {
  const isSmall = config.family === "blip-2" && config.qformer.hiddenSize <= SMALL_WIDTH;
  return isSmall ? SMALL : PUBLISHED;
}
