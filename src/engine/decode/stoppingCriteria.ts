/** When a sequence is finished: transformers' stopping criteria, the part BLIP-2 uses. */

import type { GenerateContext } from "./causalModel";
import type { GenerationOptions } from "../../model/ask/generationOptions";
import type { FinishReason } from "../../model/ask/request";

export type StoppingRules = Pick<GenerationOptions, "maxNewTokens" | "stopStrings"> &
  Pick<GenerateContext, "eosTokenIds" | "decode">;

/**
 * Why the sequence ends with its last token, or undefined when it goes on.
 * A stop string may end inside the last token's text; it is looked for in the new text only.
 */
export function finishReasonOf(
  newIds: readonly number[],
  rules: StoppingRules,
): FinishReason | undefined {
  const last = newIds.at(-1);
  if (last === undefined) return undefined;
  if (rules.eosTokenIds.includes(last)) return "eos";
  if (rules.stopStrings.length > 0) {
    const text = rules.decode(newIds);
    if (rules.stopStrings.some((stop) => text.includes(stop))) return "stop";
  }
  return newIds.length >= rules.maxNewTokens ? "length" : undefined;
}
