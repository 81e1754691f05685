/**
 * Proves a converter and an engine equal to transformers: converts a kit's checkpoint, runs every case
 * and compares each stage and each generated sequence with what was recorded.
 */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { defined } from "../../base/assert";
import { AppError, throwIfAborted } from "../../base/errors";
import { silentLogger } from "../../base/logger";
import { Comparison, type Deviation } from "./comparison";
import {
  type Kit,
  type KitCase,
  type KitGeneration,
  type KitKind,
  readKit,
  readKitPicture,
} from "./kit";
import { compareGeneration, type GenerationCounts } from "./generations";
import { convertModel } from "../../convert/convertModel";
import { FeatureCache } from "../../engine/picture/featureCache";
import { encodeImage, readImage } from "../../engine/picture/imageEncoder";
import { pictureRows } from "../../engine/picture/imageStage";
import { qformerFeeds } from "../../engine/picture/queryStage";
import { type PixelValues, preprocessImage } from "../../engine/picture/imagePreprocess";
import { loadModelParts, type ModelParts, releaseParts } from "../../engine/session/modelParts";
import { createOrtSessionFactory } from "../../engine/session/ortSession";
import { largestCosine, type TextComparer } from "../../engine/textComparer";
import { encodeQuestion } from "../../engine/language/blipModel";
import { disposeTensors } from "../../engine/language/kvCache";
import { PictureReader } from "../../engine/language/pictureReader";
import { rankAnswers } from "../../engine/decode/rankAnswers";
import { floats, type Tensor, type TensorMap } from "../../engine/session/session";
import type { Device, DeviceChoice } from "../../model/ask/device";
import { readsInstruction } from "../../model/config/modelConfig";
import { IO, PART } from "../../model/graph/graphContract";
import { parsePrecisionPlan, type PrecisionKind } from "../../model/precision/precision";

export interface VerifyOptions {
  /** As `convert --precision`. @default "f32" */
  readonly precision?: string;
  /** @default "cpu" */
  readonly device?: DeviceChoice;
  /** Compare this many cases and their pictures only, where a device is slow. @default all */
  readonly maxCases?: number;
  /** Generate with these settings of the kit only. @default all */
  readonly settings?: readonly string[];
  /** Generate no more tokens, to see that it goes on; no recorded sequence is equal then. @default the kit's */
  readonly maxNewTokens?: number;
  readonly signal?: AbortSignal;
  /** Called with a line for people before each longer piece of work. */
  readonly onProgress?: (text: string) => void;
}

export interface VerifyReport {
  readonly kind: Kit["kind"];
  readonly precision: string;
  readonly device: Device;
  readonly stages: Readonly<Record<string, Deviation>>;
  readonly generation: GenerationCounts;
  readonly ok: boolean;
}

/** The processor computes in float32; one unit in the last place of a value near 2 is 2.4e-7. */
const MAX_PIXEL_DEVIATION = 1e-5;

/**
 * Largest relL2 of the image encoder and of the stages behind it, by the coarsest precision in the
 * model. Kits have random weights, which forgive less than trained ones; the figures of rounded weights
 * are about twice what the kits under test/fixtures gave.
 */
const MAX_REL_L2: Readonly<Record<PrecisionKind, { vision: number; behind: number }>> = {
  f32: { vision: 1e-4, behind: 1e-4 },
  f16: { vision: 1e-3, behind: 1e-2 },
  int8: { vision: 4e-2, behind: 2e-1 },
  w8a8: { vision: 4e-2, behind: 2e-1 },
  int4: { vision: 4e-1, behind: 1 },
};

/**
 * Runs a kit.
 * @throws AppError `kit.invalid`, and what conversion and engine throw.
 */
export async function runVerify(folder: string, options: VerifyOptions): Promise<VerifyReport> {
  const precision = options.precision ?? "f32";
  const kit = await readKit(folder);
  const temporary = await mkdtemp(path.join(tmpdir(), "sightline-verify-"));
  try {
    options.onProgress?.(`Converting ${kit.checkpoint}`);
    const out = path.join(temporary, "model");
    const { signal } = options;
    const run = signal === undefined ? {} : { signal };
    await convertModel({ checkpoint: kit.checkpoint, out, precision, ...run });
    // On WebGPU every node must run there: a silent way back to the CPU would prove nothing.
    const loaded = await loadModelParts({
      folder: out,
      device: options.device ?? "cpu",
      factory: createOrtSessionFactory(),
      logger: silentLogger,
      featureCacheOf: () => new FeatureCache(),
      forbidCpuFallback: true,
    });
    try {
      const { device } = loaded;
      const chosen = chosenPart(kit, options);
      options.onProgress?.(`Comparing stages on ${device}`);
      const stages = await compareStages(chosen, { ...loaded, ...run });
      options.onProgress?.("Comparing generated sequences");
      const generation = await compareGeneration(chosen, {
        ...loaded,
        precision: coarsest(precision),
        ...run,
      });
      const report = { kind: kit.kind, precision, device, stages, generation };
      return { ...report, ok: isOk(report) };
    } finally {
      await releaseParts(loaded);
    }
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** The cases and settings that are asked for; of the pictures, those of these cases are the first. */
function chosenPart(kit: Kit, options: VerifyOptions): Kit {
  const { maxCases, settings } = options;
  const cases = kit.cases.slice(0, maxCases).map((entry) => {
    const chosen = (all: readonly KitGeneration[]): readonly KitGeneration[] =>
      all
        .filter(({ setting }) => settings?.includes(setting) ?? true)
        .map((one) => shortened(one, options));
    const { trained } = entry;
    return {
      ...entry,
      generation: chosen(entry.generation),
      trained: trained && { ...trained, generation: chosen(trained.generation) },
    };
  });
  if (maxCases === undefined) return { ...kit, cases };
  const nImages = Math.max(...cases.map(({ imageIndex }) => imageIndex + 1));
  return { ...kit, cases, images: kit.images.slice(0, nImages) };
}

function shortened(generation: KitGeneration, { maxNewTokens }: VerifyOptions): KitGeneration {
  if (maxNewTokens === undefined) return generation;
  const { maxNewTokens: most = maxNewTokens, minNewTokens: least = 0 } = generation.options;
  const options = {
    ...generation.options,
    maxNewTokens: Math.min(most, maxNewTokens),
    minNewTokens: Math.min(least, maxNewTokens),
  };
  return { ...generation, options };
}

function coarsest(precision: string): PrecisionKind {
  const plan = parsePrecisionPlan(precision);
  const chosen = [plan.fallback, ...plan.profile.values(), ...plan.parts.values()];
  const kinds = chosen.map(({ kind }) => kind);
  const order: readonly PrecisionKind[] = ["int4", "w8a8", "int8", "f16"];
  return order.find((kind) => kinds.includes(kind)) ?? "f32";
}

function isOk(report: Omit<VerifyReport, "ok">): boolean {
  const kind = coarsest(report.precision);
  const limits = MAX_REL_L2[kind];
  const stagesHold = Object.entries(report.stages).every(([stage, { maxAbs, relL2 }]) => {
    if (stage === "pixel_values") return maxAbs <= MAX_PIXEL_DEVIATION;
    return relL2 <= (stage === "vision" ? limits.vision : limits.behind);
  });
  // Rounded weights may rightly choose another word; only f32 must say the very same.
  const isExact = kind === "f32";
  const wordsHold = Object.values(report.generation).every(({ cases, equal }) => cases === equal);
  return stagesHold && (wordsHold || !isExact);
}

type StageContext = ModelParts & { readonly signal?: AbortSignal };

class StageTable {
  readonly #stages = new Map<string, Comparison>();

  add(stage: string, ours: ArrayLike<number>, theirs: ArrayLike<number>): void {
    const comparison = this.#stages.get(stage) ?? new Comparison();
    this.#stages.set(stage, comparison);
    comparison.add(ours, theirs);
  }

  result(): Record<string, Deviation> {
    return Object.fromEntries([...this.#stages].map(([stage, c]) => [stage, c.result()]));
  }
}

async function compareStages(
  kit: Kit,
  context: StageContext,
): Promise<Readonly<Record<string, Deviation>>> {
  const table = new StageTable();
  for (const [index, name] of kit.images.entries()) {
    const encoded = await comparePicture(kit, { ...context, table, index, name });
    for (const entry of kit.cases.filter(({ imageIndex }) => imageIndex === index)) {
      throwIfAborted(context.signal);
      const at = { ...context, entry, encoded, table };
      const { comparer } = context;
      // A case of stage 1 is a text to compare, or a caption.
      if (comparer !== undefined && entry.logitsIds === undefined) {
        await compareScores(kit, at, comparer);
        continue;
      }
      for (const feed of feedsOf(kit.kind, entry)) await compareLogits(kit, at, feed);
      await compareQuestion(kit, at);
      await compareRank(kit, at);
    }
  }
  return table.result();
}

async function comparePicture(
  kit: Kit,
  at: StageContext & { table: StageTable; index: number; name: string },
): Promise<EncodedPicture> {
  const { model, sessions, table, index, name } = at;
  const config = model.preprocessor;
  const bytes = await readKitPicture(kit, name);
  const pixels = await preprocessImage(bytes, { config, name, alpha: "drop" });
  const recorded = kit.tensor(`image${index}/pixel_values`);
  if (recorded.length !== pixels.data.length) {
    throw new AppError(
      "kit.invalid",
      `${kit.folder} has ${recorded.length} recorded pixel values for ${name}, and the checkpoint takes ${pixels.data.length}.`,
      { detail: { file: kit.folder } },
    );
  }
  table.add("pixel_values", pixels.data, recorded);
  const reference: PixelValues = { data: recorded, dims: pixels.dims };
  const { imageFeatures } = await encodeImage(sessions, reference);
  table.add("vision", floats(imageFeatures), kit.tensor(`image${index}/vision`));
  if (readsInstruction(model.config)) return { imageFeatures, queries: undefined };
  const { queries } = await readImage(sessions, imageFeatures);
  if (queries[IO.queryOutput] !== undefined) {
    compareQueries(kit, { queries, table, of: `image${index}` });
  }
  return { imageFeatures, queries };
}

/** What a case begins with. */
interface EncodedPicture {
  readonly imageFeatures: Tensor;
  /** Absent where the instruction decides about them. */
  readonly queries: TensorMap | undefined;
}

interface CaseContext extends StageContext {
  readonly entry: KitCase;
  readonly encoded: EncodedPicture;
  readonly table: StageTable;
}

/** @param at `of`: picture or case that the recorded tensors belong to. */
function compareQueries(
  kit: Kit,
  { queries, table, of }: { queries: TensorMap; table: StageTable; of: string },
): void {
  const { [IO.queryOutput]: output, [IO.languageModelInputs]: projected } = queries;
  // Kits of retrieval models have recorded what the projection makes of them alone.
  const recorded = `${of}/queries`;
  if (projected === undefined && !kit.hasTensor(recorded)) return;
  table.add("queries", floats(output), kit.tensor(recorded));
  if (projected === undefined) return;
  table.add("language_projection", floats(projected), kit.tensor(`${of}/language_projection`));
}

/** The queries of a case, of which those that read the instruction are compared here. */
async function queriesOf(
  kit: Kit,
  { entry, encoded, sessions, table }: CaseContext,
): Promise<TensorMap> {
  if (encoded.queries !== undefined) return encoded.queries;
  const session = await sessions.open(PART.qformer);
  const ids = defined(entry.qformerTextIds, `The instruction of ${entry.name}`);
  const queries = await session.run(qformerFeeds(encoded.imageFeatures, ids));
  compareQueries(kit, { queries, table, of: entry.name });
  return queries;
}

/** What a model is fed for recorded logits: a prompt, and ids behind it one by one. */
interface Feed {
  /** Of the recorded tensor and the stage. */
  readonly suffix: "" | "_enc";
  readonly promptIds: readonly number[];
  readonly ids: readonly number[];
}

/** Decoder ids that a T5 kit's logits were recorded for, after the start token. */
const T5_DECODER_IDS = [5, 9, 7];

/** Text token by token where the family allows it, so that the cache is compared too. */
function feedsOf(kind: KitKind, entry: KitCase): readonly Feed[] {
  const { textIds, trained, logitsIds = [] } = entry;
  switch (kind) {
    case "opt":
    case "instructblip-llama":
      return [{ suffix: "", promptIds: textIds.slice(0, 1), ids: textIds.slice(1) }];
    case "t5":
    case "instructblip-t5":
    case "blip2-vitl-pth":
      return [{ suffix: "", promptIds: textIds, ids: T5_DECODER_IDS }];
    case "blip-caption":
    case "blip2-stage1-pth":
      return [{ suffix: "", promptIds: textIds, ids: logitsIds.slice(textIds.length) }];
    case "blip-vqa": {
      const ids = logitsIds.slice(1);
      const asTrained: Feed[] =
        trained === undefined ? [] : [{ suffix: "_enc", promptIds: trained.textIds, ids }];
      return [{ suffix: "", promptIds: textIds, ids }, ...asTrained];
    }
    case "itm":
    case "blip-itm":
      return [];
  }
}

async function compareLogits(kit: Kit, at: CaseContext, feed: Feed): Promise<void> {
  const { entry, encoded, table } = at;
  const { config } = at.model;
  const nLayers = config.family === "blip-2" ? config.qformer.nLayers : 0;
  const queries = await queriesOf(kit, at);
  const features = new Map(
    Object.entries({ [IO.imageFeatures]: encoded.imageFeatures, ...queries }),
  );
  const decoding = await defined(at.languageModel, "The language model").start({
    ...pictureRows({ key: entry.name, features }, nLayers),
    promptIds: feed.promptIds,
  });
  try {
    const recorded = kit.tensor(`${entry.name}/logits${feed.suffix}`);
    const size = decoding.vocabSize;
    // Positions before the last one of the prompt come first; their logits are not computed.
    let row = recorded.length / size - (feed.ids.length + 1);
    const compare = (logits: Float32Array): void => {
      table.add(`logits${feed.suffix}`, logits, recorded.subarray(row * size, (row + 1) * size));
      row++;
    };
    compare(decoding.firstLogits);
    for (const id of feed.ids) compare(await decoding.step([id]));
  } finally {
    decoding.finish();
  }
}

/** BLIP's question after it has read the picture. */
async function compareQuestion(kit: Kit, at: CaseContext): Promise<void> {
  const { config } = at.model;
  if (config.kind !== "answering") return;
  const { entry, sessions, table } = at;
  const reader = new PictureReader({ config, sessions });
  try {
    const picture = await reader.read({
      imageKey: entry.image,
      imageFeatures: floats(at.encoded.imageFeatures),
    });
    const texts = [
      { suffix: "", ids: entry.textIds },
      ...(entry.trained === undefined ? [] : [{ suffix: "_enc", ids: entry.trained.textIds }]),
    ];
    for (const { suffix, ids } of texts) {
      const { hidden, cache } = await encodeQuestion({ config, sessions, picture, ids });
      disposeTensors(Object.values(cache.tensors));
      table.add(`question${suffix}`, hidden, kit.tensor(`${entry.name}/question${suffix}`));
    }
  } finally {
    reader.dispose();
  }
}

/** Choosing among the kit's answers, all of which are compared. */
async function compareRank(kit: Kit, at: CaseContext): Promise<void> {
  const { entry, encoded, table } = at;
  const { rank, trained } = entry;
  if (rank === undefined) return;
  const decoding = await defined(at.languageModel, "The language model").start({
    imageKey: entry.name,
    languageModelInputs: floats(encoded.imageFeatures),
    promptIds: defined(trained, "The trained form").textIds,
  });
  try {
    const answers = kit.answers.map((ids) => ids.slice(1));
    const all = await rankAnswers(decoding, answers);
    const sorted = [...all].sort((a, b) => a.index - b.index);
    const of = (key: "firstWord" | "score"): readonly number[] => sorted.map((one) => one[key]);
    table.add("first_word", of("firstWord"), rank.firstWord);
    table.add("answers", of("score"), rank.smoothed);
  } finally {
    decoding.finish();
  }
}

/** Compares unequal to whatever was recorded. */
const NO_LOGITS = new Float32Array(0);

async function compareScores(kit: Kit, at: CaseContext, comparer: TextComparer): Promise<void> {
  const { entry, encoded, table } = at;
  const { textIds, name } = entry;
  const { values: text, temperature } = await comparer.embed(textIds);
  const { temperature: trained } = kit;
  if (trained !== undefined) table.add("temperature", [temperature ?? 0], [trained]);
  const imageEmbeds = floats(encoded.queries?.[IO.imageEmbeds]);
  const picture = { imageKey: entry.image, imageFeatures: floats(encoded.imageFeatures) };
  table.add("itc", [largestCosine(imageEmbeds, text)], kit.tensor(`${name}/itc`));
  const [logits = NO_LOGITS] = await comparer.matchLogits(textIds, [picture]);
  table.add("itm_logits", logits, kit.tensor(`${name}/itm_logits`));
  const own = `${name}/image_embeds`;
  // They are the picture's, whatever the text; some kits have them once.
  const recorded = kit.hasTensor(own) ? own : `image${entry.imageIndex}/image_embeds`;
  table.add("image_embeds", imageEmbeds, kit.tensor(recorded));
  table.add("text_embeds", text, kit.tensor(`${name}/text_embeds`));
  if (kit.kind !== "blip-itm") return;
  const [asTrained = NO_LOGITS] = await comparer.matchLogits(comparer.matchIds(textIds), [picture]);
  table.add("itm_logits_enc", asTrained, kit.tensor(`${name}/itm_logits_enc`));
}
