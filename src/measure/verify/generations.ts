/** Generates what a kit's cases have recorded, and compares the sequences. */

import { defined } from "../../base/assert";
import { throwIfAborted } from "../../base/errors";
import type { GeneratedIds } from "../../engine/decode/causalModel";
import { generate } from "../../engine/decode/generate";
import type { Generator } from "../../engine/generator";
import type { ModelParts } from "../../engine/session/modelParts";
import { resolveGenerationOptions } from "../../model/ask/generationOptions";
import type { PrecisionKind } from "../../model/precision/precision";
import { type Kit, type KitCase, type KitGeneration, readKitPicture } from "./kit";
import { isEqual } from "./sequences";

/** By setting: cases, and those in which every sequence (and score, in f32) is equal. */
export type GenerationCounts = Readonly<
  Record<string, { readonly cases: number; readonly equal: number }>
>;

type Context = ModelParts & { readonly signal?: AbortSignal };

/** How many cases of each setting are generated as recorded. */
export async function compareGeneration(
  kit: Kit,
  at: Context & { readonly precision: PrecisionKind },
): Promise<GenerationCounts> {
  const { generator, precision } = at;
  const settings: Record<string, { cases: number; equal: number }> = {};
  if (generator === undefined) return settings;
  const { eosTokenIds = [], padTokenId = -1 } = at.model.generation ?? {};
  const context = { precision, eosTokenIds, padTokenId };
  for (const entry of kit.cases) {
    const image = await readKitPicture(kit, entry.image);
    for (const generation of entry.generation) {
      const count = (settings[generation.setting] ??= { cases: 0, equal: 0 });
      count.cases++;
      throwIfAborted(at.signal);
      const sequences = await generatedBy(generator, { image, entry, generation });
      if (isEqual(sequences, generation, context)) count.equal++;
    }
    for (const generation of entry.trained?.generation ?? []) {
      const count = (settings[`${generation.setting}_enc`] ??= { cases: 0, equal: 0 });
      count.cases++;
      throwIfAborted(at.signal);
      const sequences = await generatedFor({ ...at, image, entry, generation });
      if (isEqual(sequences, generation, context)) count.equal++;
    }
  }
  return settings;
}

interface Asked {
  readonly image: Uint8Array;
  readonly entry: KitCase;
  readonly generation: KitGeneration;
}

async function generatedBy(generator: Generator, asked: Asked): Promise<readonly GeneratedIds[]> {
  const { image, entry, generation } = asked;
  const { sequences } = await generator.generate(
    {
      image,
      imageName: entry.image,
      prompt: { kind: "raw", text: entry.text },
      options: generation.options,
      alpha: "drop",
    },
    {},
  );
  return sequences.map(({ tokenIds, ...sequence }) => ({ ...sequence, ids: tokenIds }));
}

/** By the recorded ids, because words are cleaned on their way to what was trained. */
async function generatedFor(at: Context & Asked): Promise<readonly GeneratedIds[]> {
  const { image, entry, generation, model } = at;
  const languageModel = defined(at.languageModel, "What writes");
  const picture = await at.images.features({ image, alpha: "drop" });
  const { eosTokenIds, padTokenId } = defined(model.generation, "The generation configuration");
  const decoding = await languageModel.start({
    ...defined(at.queries.common(picture), "The picture's rows"),
    promptIds: defined(entry.trained, "The trained form").textIds,
  });
  try {
    return await generate(
      decoding,
      { inputIds: decoding.inputIds, eosTokenIds, padTokenId, decode: () => "" },
      resolveGenerationOptions(generation.options),
    );
  } finally {
    decoding.finish();
  }
}
