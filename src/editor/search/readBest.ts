/** The pictures that fit words best, read together with the words: which of them do not fit after all. */

import type { Services } from "../shell/services";

/** How many are read, a few first: reading a picture takes seconds. */
const STEPS = [8, 32];
/** From here on it is a match (CapFilt). */
const IS_MATCH = 0.5;

/**
 * Files that do not fit; told again, with more of them, after each step.
 * @throws AppError as the method `findPictures`.
 */
export async function readBest(
  { engine }: Pick<Services, "engine">,
  words: string,
  run: {
    readonly signal: AbortSignal;
    readonly onRefused: (files: readonly string[]) => void;
  },
): Promise<void> {
  for (const rerank of STEPS) {
    const params = { words, k: rerank, rerank };
    const { matches } = await engine.call("findPictures", params, { signal: run.signal });
    if (run.signal.aborted) return;
    run.onRefused(matches.flatMap(({ file, match = 1 }) => (match < IS_MATCH ? [file] : [])));
    if (matches.length < rerank) return;
  }
}
