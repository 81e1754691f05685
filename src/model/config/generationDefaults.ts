/** generation_config.json: what transformers' generate() does when the caller sets nothing. */

import { JsonObject } from "../../base/json";
import type { WriterConfig } from "./modelConfig";
import { LLAMA_EOS, readPadId } from "./textConfig";

export interface GenerationDefaults {
  /** Generation ends at any of these. */
  readonly eosTokenIds: readonly number[];
  readonly padTokenId: number;
  readonly bosTokenId: number;
  /** T5 and BLIP. */
  readonly decoderStartTokenId: number | undefined;
}

const MAX_TOKEN_ID = 1 << 22;

/**
 * Validates the text of a generation_config.json; absent keys come from the language model's config. BLIP
 * goes by its config alone, as transformers does: the file names an end that is never produced.
 * @throws AppError `checkpoint.corrupt`.
 */
export function parseGenerationDefaults(
  text: string,
  file: string,
  config: WriterConfig,
): GenerationDefaults {
  const json = JsonObject.parse(text, { file, code: "checkpoint.corrupt" });
  if (config.kind === "bert") {
    const { eosTokenId, padTokenId, bosTokenId } = config;
    return { eosTokenIds: [eosTokenId], padTokenId, bosTokenId, decoderStartTokenId: bosTokenId };
  }
  const id = (key: string, fallback: number, max = MAX_TOKEN_ID): number =>
    json.integer(key, { min: 0, max, fallback });
  return {
    eosTokenIds: [...new Set([...readEos(json, config.eosTokenId), ...surelyEnds(config)])],
    padTokenId: readPadId(json, config.padTokenId),
    bosTokenId: id("bos_token_id", config.bosTokenId),
    decoderStartTokenId:
      config.kind === "t5"
        ? id("decoder_start_token_id", config.decoderStartTokenId, config.vocabSize - 1)
        : undefined,
  };
}

/** Files of Vicuna disagree about its end; every vocabulary of LLaMA has it at the same place. */
function surelyEnds({ kind }: WriterConfig): readonly number[] {
  return kind === "llama" ? [LLAMA_EOS] : [];
}

function readEos(json: JsonObject, fallback: number): readonly number[] {
  const raw = json.has("eos_token_id") ? json.raw("eos_token_id") : fallback;
  const list: readonly unknown[] = Array.isArray(raw) ? raw : [raw];
  const ids = list.filter(
    (id): id is number => typeof id === "number" && Number.isInteger(id) && id >= 0,
  );
  if (ids.length === 0 || ids.length !== list.length) {
    json.fail("eos_token_id", "a token id or a list of token ids");
  }
  return ids;
}
