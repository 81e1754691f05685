/** The vocabulary of model/ask as schemas: each has all fields of its type, or does not compile. */

import * as v from "valibot";
import { WORLDS } from "../model/folder/world";
import { DEVICE_CHOICES, type DeviceReason, DEVICES, REASON_CODES } from "../model/ask/device";
import type { GenerationOptions } from "../model/ask/generationOptions";
import { MODEL_KINDS } from "../model/ask/kinds";
import type {
  AddedModel,
  CudaPlan,
  EngineInfo,
  GraphTarget,
  ImportPlan,
  LoadPlan,
  LoadRequest,
  ModelEntry,
  RemoteTarget,
} from "../model/ask/models";
import {
  DIALECTS,
  type GraphEndpoint,
  REMOTE_FAMILIES,
  type RemoteEndpoint,
  type SpecialTokens,
} from "../model/ask/remoteEndpoint";
import { type Progress, PROGRESS_STEPS, type Stage, STAGES } from "../model/ask/progress";
import {
  ALPHA_MODES,
  DOUBTS,
  FEATURE_SOURCES,
  FINISH_REASONS,
  type GeneratedSequence,
  type GenerateRequest,
  type GenerateResult,
  type LatePicture,
  type PictureRequest,
  type PrepareResult,
  type Prompt,
  type ScoreRequest,
  type ScoreResult,
  type TextScore,
  type Timings,
  type Turn,
} from "../model/ask/request";
import { isLatePicture } from "./latePicture";
import {
  anyNumber,
  count,
  fields,
  finite,
  flag,
  list,
  maybe,
  oneOf,
  type Schema,
  shape,
  text,
} from "./schema";

export const kind = oneOf(MODEL_KINDS);
const device = oneOf(DEVICES);

/** What it may hold is the child's business, which reads it as a list in a file. */
const remoteEndpoint = shape<RemoteEndpoint>({
  ...{ name: text, url: text, model: text },
  ...{ dialect: oneOf(DIALECTS), family: oneOf(REMOTE_FAMILIES) },
  ...{ imageSize: count, maxParallel: count, timeoutSeconds: count },
  tokens: shape<SpecialTokens>({
    ...{ eos_token_id: count, pad_token_id: count },
    ...{ bos_token_id: maybe(count), decoder_start_token_id: maybe(count) },
  }),
});

const graphEndpoint = shape<GraphEndpoint>({
  ...{ name: text, url: text, model: text, dialect: v.literal("kserve") },
  ...{ maxParallel: count, timeoutSeconds: count },
});

export const graphTarget = shape<GraphTarget>({ endpoint: graphEndpoint, token: maybe(text) });

export const loadRequest = shape<LoadRequest>({
  model: text,
  device: oneOf(DEVICE_CHOICES),
  remote: maybe(shape<RemoteTarget>({ endpoint: remoteEndpoint, token: maybe(text) })),
});

export const engineInfo = shape<EngineInfo>({
  name: text,
  device,
  deviceReason: shape<DeviceReason>({
    code: oneOf(REASON_CODES),
    device,
    gflops: maybe(fields({ device: finite, cpu: finite })),
  }),
  kind,
  precision: maybe(text),
  world: maybe(oneOf(WORLDS)),
  server: maybe(text),
  maxParallel: maybe(count),
});

export const loadPlan = shape<LoadPlan>({
  neededBytes: count,
  availableBytes: count,
  isOnAdapter: maybe(flag),
  smaller: maybe(fields({ name: text, neededBytes: count })),
});

export const importPlan = shape<ImportPlan>({
  name: text,
  out: text,
  precision: text,
  kind,
  architecture: text,
  sourceBytes: count,
  modelBytes: count,
  freeBytes: count,
});

export const modelEntry = shape<ModelEntry>({
  name: text,
  folder: maybe(text),
  bytes: maybe(count),
  kind: maybe(kind),
  architecture: maybe(text),
  precision: maybe(text),
  problem: maybe(text),
});

export const addedModel = shape<AddedModel>({
  name: text,
  folder: text,
  source: oneOf(["hub", "cache", "store"]),
  kind,
});

export const cudaPlan = shape<CudaPlan>({
  source: text,
  downloadBytes: count,
  neededBytes: count,
  freeBytes: count,
  folder: text,
});

const pictureFields = {
  image: v.custom<Uint8Array | LatePicture>(
    (value) => value instanceof Uint8Array || isLatePicture(value),
    "the bytes of a picture or their digest",
  ),
  imageName: maybe(text),
  alpha: maybe(oneOf(ALPHA_MODES)),
};

export const pictureRequest = shape<PictureRequest>(pictureFields);

const prompt: Schema<Prompt> = v.variant(
  "kind",
  [
    v.object({ kind: v.literal("question"), question: text }),
    v.object({ kind: v.literal("caption"), prefix: maybe(text) }),
    v.object({ kind: v.literal("raw"), text }),
    v.object({
      kind: v.literal("chat"),
      turns: list(shape<Turn>({ question: text, answer: text })),
      question: text,
    }),
  ],
  "a prompt of a known kind",
);

/** Ranges are the engine's business. */
const generationOptions = shape<Partial<GenerationOptions>>({
  maxNewTokens: maybe(anyNumber),
  minNewTokens: maybe(anyNumber),
  numBeams: maybe(anyNumber),
  numReturnSequences: maybe(anyNumber),
  lengthPenalty: maybe(anyNumber),
  earlyStopping: maybe(v.union([flag, v.literal("never")], 'true, false or "never"')),
  doSample: maybe(flag),
  temperature: maybe(anyNumber),
  topK: maybe(anyNumber),
  topP: maybe(anyNumber),
  seed: maybe(anyNumber),
  repetitionPenalty: maybe(anyNumber),
  noRepeatNgramSize: maybe(anyNumber),
  stopStrings: maybe(list(text)),
});

export const generateRequest = shape<GenerateRequest>({
  ...pictureFields,
  prompt,
  options: maybe(generationOptions),
  answers: maybe(list(text)),
});

const timings = shape<Timings>({
  preprocess: anyNumber,
  vision: anyNumber,
  qformer: anyNumber,
  prefill: anyNumber,
  decode: anyNumber,
  total: anyNumber,
});

const imageFeatures = oneOf(FEATURE_SOURCES);

/** What only a later version doubts is left out. */
export const doubts = v.pipe(
  list(text),
  v.transform((given) => DOUBTS.filter((doubt) => given.includes(doubt))),
);

export const prepareResult = shape<PrepareResult>({ cached: fields({ imageFeatures }) });

export const generateResult = shape<GenerateResult>({
  sequences: list(
    shape<GeneratedSequence>({
      text,
      tokenIds: list(anyNumber),
      score: maybe(anyNumber),
      finishReason: oneOf(FINISH_REASONS),
    }),
  ),
  tokens: count,
  timings,
  cached: fields({ imageFeatures, prefixTokens: count }),
  droppedTurns: count,
  doubts: maybe(doubts),
  server: maybe(text),
});

export const scoreRequest = shape<ScoreRequest>({ ...pictureFields, texts: list(text) });

export const scoreResult = shape<ScoreResult>({
  scores: list(
    shape<TextScore>({ text, itc: anyNumber, itm: anyNumber, contrast: maybe(anyNumber) }),
  ),
  timings,
  cached: fields({ imageFeatures }),
});

export const progressFields = {
  doneBytes: count,
  totalBytes: count,
  step: maybe(oneOf(PROGRESS_STEPS)),
  convertedBytes: maybe(count),
} satisfies { readonly [K in keyof Progress]-?: v.GenericSchema };

export const stageFields = {
  stage: oneOf(STAGES),
  host: maybe(text),
  nth: maybe(count),
  nTries: maybe(count),
  nDone: maybe(count),
  nAll: maybe(count),
  secondsLeft: maybe(anyNumber),
} satisfies { readonly [K in keyof Stage]-?: v.GenericSchema };
