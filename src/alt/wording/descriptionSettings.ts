/** How a model is asked for a short description, by the editor and by the command line alike. */

/** As BLIP-2 was evaluated on captions (paper, section 4.2). */
export const DESCRIPTION_BEAMS = 5;

/** Options of generation under their usual names; beams do not stream. */
export const SHORT_DESCRIPTION = { numBeams: DESCRIPTION_BEAMS, maxNewTokens: 30 } as const;
