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
import { type Kit, type KitCase, type KitGeneration, readKit, readKitPicture } from "./kit";
import { convertModel } from "../../convert/convertModel";
import { FeatureCache } from "../../engine/picture/featureCache";
import type { Generator } from "../../engine/generator";
import { encodeImage, readImage } from "../../engine/picture/imageEncoder";
import { qformerFeeds } from "../../engine/picture/queryStage";
import { type PixelValues, preprocessImage } from "../../engine/picture/imagePreprocess";
import { loadModelParts, type ModelParts, releaseParts } from "../../engine/session/modelParts";
import { createOrtSessionFactory } from "../../engine/session/ortSession";
import { itmLogits, largestCosine, textEmbeds } from "../../engine/scorer";
import { floats, type Tensor, type TensorMap } from "../../engine/session/session";
import type { Device, DeviceChoice } from "../../model/ask/device";
import type { Blip2Config } from "../../model/config/blip2Config";
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
  readonly signal?: AbortSignal;
  /** Called with a line for people before each longer piece of work. */
  readonly onProgress?: (text: string) => void;
}

export interface VerifyReport {
  readonly kind: Kit["kind"];
  readonly precision: string;
  readonly device: Device;
  readonly stages: Readonly<Record<string, Deviation>>;
  /** By setting: cases, and those in which every sequence (and score, in f32) is equal. */
  readonly generation: Readonly<Record<string, { readonly cases: number; readonly equal: number }>>;
  readonly ok: boolean;
}

/** The processor computes in float32; one unit in the last place of a value near 2 is 2.4e-7. */
const MAX_PIXEL_DEVIATION = 1e-5;
const MAX_SCORE_DEVIATION = 1e-3;

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
function chosenPart(kit: Kit, { maxCases, settings }: VerifyOptions): Kit {
  const cases = scored(kit)
    .slice(0, maxCases)
    .map((entry) => {
      const isChosen = ({ setting }: KitGeneration): boolean => settings?.includes(setting) ?? true;
      return { ...entry, generation: entry.generation.filter(isChosen) };
    });
  if (maxCases === undefined) return { ...kit, cases };
  const nImages = Math.max(...cases.map(({ imageIndex }) => imageIndex + 1));
  return { ...kit, cases, images: kit.images.slice(0, nImages) };
}

/** Of a kit of stage 1 those with a text to compare; its captions are not written yet. */
function scored({ kind, cases }: Kit): readonly KitCase[] {
  return kind === "blip2-stage1-pth" ? cases.filter(({ text }) => text !== "") : cases;
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
      if (context.languageModel === undefined) await compareScores(kit, at);
      else await compareLogits(kit, at);
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
  if (model.config.qformer.readsInstruction) return { imageFeatures, queries: undefined };
  const { queries } = await readImage(sessions, imageFeatures);
  if (queries[IO.languageModelInputs] !== undefined) {
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
  table.add("queries", floats(output), kit.tensor(`${of}/queries`));
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

const isDecoderOnly = (config: Blip2Config): boolean =>
  config.kind === "generation" && config.text.kind !== "t5";

/** Decoder ids that a T5 kit's logits were recorded for, after the start token. */
const T5_DECODER_IDS = [5, 9, 7];

/** Feeds the text token by token, so that the cache is compared too. */
async function compareLogits(kit: Kit, at: CaseContext): Promise<void> {
  const { entry, model, table } = at;
  const queries = await queriesOf(kit, at);
  const isStepped = isDecoderOnly(model.config);
  const { textIds } = entry;
  const decoding = await defined(at.languageModel, "The language model").start({
    imageKey: entry.name,
    languageModelInputs: floats(queries[IO.languageModelInputs]),
    promptIds: isStepped ? textIds.slice(0, 1) : textIds,
  });
  try {
    const recorded = kit.tensor(`${entry.name}/logits`);
    const size = decoding.vocabSize;
    const fed = isStepped ? textIds.slice(1) : T5_DECODER_IDS;
    // The image positions come first; their logits are not computed.
    let row = recorded.length / size - (fed.length + 1);
    const compare = (logits: Float32Array): void => {
      table.add("logits", logits, recorded.subarray(row * size, (row + 1) * size));
      row++;
    };
    compare(decoding.firstLogits);
    for (const id of fed) compare(await decoding.step([id]));
  } finally {
    decoding.finish();
  }
}

async function compareScores(kit: Kit, at: CaseContext): Promise<void> {
  const { entry, encoded, sessions, table } = at;
  const text = await textEmbeds(sessions, entry.textIds);
  const imageEmbeds = floats(encoded.queries?.[IO.imageEmbeds]);
  const logits = await itmLogits(sessions, entry.textIds, encoded.imageFeatures);
  table.add("itc", [largestCosine(imageEmbeds, text)], kit.tensor(`${entry.name}/itc`));
  table.add("itm_logits", logits, kit.tensor(`${entry.name}/itm_logits`));
  const own = `${entry.name}/image_embeds`;
  // They are the picture's, whatever the text; some kits have them once.
  const recorded = kit.hasTensor(own) ? own : `image${entry.imageIndex}/image_embeds`;
  table.add("image_embeds", imageEmbeds, kit.tensor(recorded));
  table.add("text_embeds", text, kit.tensor(`${entry.name}/text_embeds`));
}

async function compareGeneration(
  kit: Kit,
  at: StageContext & { readonly precision: PrecisionKind },
): Promise<VerifyReport["generation"]> {
  const { generator, precision } = at;
  const settings: Record<string, { cases: number; equal: number }> = {};
  if (generator === undefined) return settings;
  const { eosTokenIds = [], padTokenId = -1 } = at.model.generation ?? {};
  const context = { generator, precision, eosTokenIds, padTokenId };
  for (const entry of kit.cases) {
    const image = await readKitPicture(kit, entry.image);
    for (const generation of entry.generation) {
      const count = (settings[generation.setting] ??= { cases: 0, equal: 0 });
      count.cases++;
      throwIfAborted(at.signal);
      if (await isSequenceEqual({ image, entry, generation, ...context })) count.equal++;
    }
  }
  return settings;
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

async function isSequenceEqual(at: {
  readonly generator: Generator;
  readonly image: Uint8Array;
  readonly entry: KitCase;
  readonly generation: KitGeneration;
  readonly precision: PrecisionKind;
  readonly eosTokenIds: readonly number[];
  readonly padTokenId: number;
}): Promise<boolean> {
  const { image, entry, generation } = at;
  const { sequences } = await at.generator.generate(
    {
      image,
      imageName: entry.image,
      prompt: { kind: "raw", text: entry.text },
      options: generation.options,
      alpha: "drop",
    },
    {},
  );
  const bare = (ids: readonly number[]): readonly number[] => withoutPadding(ids, at);
  const ours = sequences.map(({ tokenIds }) => bare(tokenIds));
  if (JSON.stringify(ours) !== JSON.stringify(generation.ids.map(bare))) return false;
  if (generation.scores === undefined || at.precision !== "f32") return true;
  return generation.scores.every((score, i) => {
    const { score: own } = defined(sequences[i], "A sequence");
    return own !== undefined && Math.abs(own - score) <= MAX_SCORE_DEVIATION;
  });
}
