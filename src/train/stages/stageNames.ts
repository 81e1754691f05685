/** The two stages of BLIP-2's training; loads nothing. */

export const STAGES = ["stage1", "stage2"] as const;
export type Stage = (typeof STAGES)[number];
