/** What a model is fed of a prompt's ids; knows no words. */

import type { Prompt } from "../../model/ask/request";
import type { BertConfig } from "../../model/config/blipConfig";
import type { ModelConfig } from "../../model/config/modelConfig";

/**
 * Without image placeholders: a question may contain their name, but only the picture may use them.
 * A caption of BLIP or of stage 1 begins with [DEC] and goes on where the prompt ends. BLIP's question begins with [ENC], as in
 * the authors' training; a raw text with [CLS], as transformers has it.
 * @param ids as the tokenizer gave them, for a prompt of that kind.
 */
export function promptIds(
  config: ModelConfig,
  ids: readonly number[],
  kind: Prompt["kind"],
): readonly number[] {
  if (config.kind === "stage1") return continued(config.text, ids);
  if (config.family === "blip-2") return ids.filter((id) => id !== config.imageTokenIndex);
  const { encTokenId } = config.text;
  if (config.kind === "captioning") return continued(config.text, ids);
  return kind === "raw" || encTokenId === undefined ? ids : [encTokenId, ...ids.slice(1)];
}

/** [CLS] … [SEP] as the beginning of a text that is written. */
const continued = ({ bosTokenId }: BertConfig, ids: readonly number[]): readonly number[] => [
  bosTokenId,
  ...ids.slice(1, -1),
];
