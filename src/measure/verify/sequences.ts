/** When generated sequences equal recorded ones; knows no model. */

import { defined } from "../../base/assert";
import type { GeneratedIds } from "../../engine/decode/causalModel";
import type { PrecisionKind } from "../../model/precision/precision";
import type { KitGeneration } from "./kit";

const MAX_SCORE_DEVIATION = 1e-3;

/** Every sequence, and in f32 every score of a beam. */
export function isEqual(
  sequences: readonly GeneratedIds[],
  generation: KitGeneration,
  at: {
    readonly precision: PrecisionKind;
    readonly eosTokenIds: readonly number[];
    readonly padTokenId: number;
  },
): boolean {
  const bare = (ids: readonly number[]): readonly number[] => withoutPadding(ids, at);
  const ours = sequences.map(({ ids }) => bare(ids));
  if (JSON.stringify(ours) !== JSON.stringify(generation.ids.map(bare))) return false;
  if (generation.scores === undefined || at.precision !== "f32") return true;
  return generation.scores.every((score, i) => {
    const { score: own } = defined(sequences[i], "A sequence");
    return own !== undefined && Math.abs(own - score) <= MAX_SCORE_DEVIATION;
  });
}

/**
 * A sequence up to its end. transformers fills shorter beams up with the padding id, and where that is
 * 0 with the end-of-sequence id; kits leave the padding id out wherever it stands.
 */
function withoutPadding(
  ids: readonly number[],
  at: { readonly eosTokenIds: readonly number[]; readonly padTokenId: number },
): readonly number[] {
  const end = ids.findIndex((id) => at.eosTokenIds.includes(id));
  return ids.slice(0, end < 0 ? ids.length : end + 1).filter((id) => id !== at.padTokenId);
}
