/** The two ways of a retrieval model to compare a text with a picture, BLIP-2's and BLIP's; knows ids, no words. */

import { disposeTensors } from "./language/kvCache";
import { PictureReader, type PictureToRead } from "./language/pictureReader";
import { textFeeds } from "./picture/queryStage";
import type { PartSessions } from "./session/partSessions";
import { cpuTensor, floats, type TensorMap } from "./session/session";
import type { Blip2ComparingConfig } from "../model/config/blip2Config";
import type { BlipRetrievalConfig } from "../model/config/blipConfig";
import { imageTokenCount } from "../model/config/visionConfig";
import { IO, PART, type PartName } from "../model/graph/graphContract";

export interface TextComparer {
  /** Tokens that a text may have. */
  readonly maxPositions: number;
  embed(ids: readonly number[]): Promise<TextEmbedding>;
  /** What a text's ids were in training, where it was read with a picture. */
  matchIds(ids: readonly number[]): readonly number[];
  /** Logits of no match and match, [2], of one text with each picture. */
  matchLogits(
    ids: readonly number[],
    pictures: readonly PictureToRead[],
  ): Promise<readonly Float32Array[]>;
  /** Frees what is kept of a picture. */
  dispose(): void;
}

export interface TextEmbedding {
  /** Unit length, [projection]. */
  readonly values: Float32Array;
  /** What cosines were divided by in training; of stage 1, other checkpoints have lost it. */
  readonly temperature: number | undefined;
}

export function createComparer(options: {
  readonly config: Blip2ComparingConfig | BlipRetrievalConfig;
  readonly sessions: PartSessions;
}): TextComparer {
  const { config, sessions } = options;
  return config.family === "blip"
    ? blipComparer(config, sessions)
    : blip2Comparer(config, sessions);
}

function blip2Comparer(config: Blip2ComparingConfig, sessions: PartSessions): TextComparer {
  const dims = [1, imageTokenCount(config.vision), config.vision.hiddenSize];
  const reader = new PictureReader({ config, sessions });
  const logitsOf = async (ids: readonly number[], read: TensorMap): Promise<Float32Array> => {
    const session = await sessions.open(PART.qformerItm);
    const outputs = await session.run({ ...textFeeds(ids), ...read });
    return floats(outputs[IO.itmLogits]);
  };
  return {
    maxPositions: config.qformer.maxPositions,
    embed: (ids) => textEmbeds(sessions, PART.qformerText, ids),
    matchIds: (ids) => ids,
    matchLogits: async (ids, pictures) => {
      // A model that was converted before the graph was split reads the picture with each text.
      if (!sessions.has(PART.imageReader)) {
        return await inTurn(pictures, ({ imageFeatures }) =>
          logitsOf(ids, { [IO.imageFeatures]: cpuTensor(imageFeatures, dims) }),
        );
      }
      const [only, ...others] = pictures;
      if (only === undefined) return [];
      if (others.length === 0) return [await logitsOf(ids, (await reader.read(only)).tensors)];
      const read = await inTurn(pictures, async (one) => (await reader.take(one)).tensors);
      const together = stacked(read);
      read.forEach((tensors) => {
        disposeTensors(Object.values(tensors));
      });
      const logits = await logitsOf(ids, together);
      return pictures.map((_, i) => logits.subarray(2 * i, 2 * i + 2));
    },
    dispose: () => {
      reader.dispose();
    },
  };
}

async function inTurn<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const item of items) results.push(await work(item));
  return results;
}

/** Tensors of the same names, [1, …] each, as rows of one, [B, …]. */
function stacked(maps: readonly TensorMap[]): TensorMap {
  const [first = {}] = maps;
  return Object.fromEntries(
    Object.entries(first).map(
      ([
        name,
        {
          dims: [, ...dims],
        },
      ]) => {
        const rows = maps.map((map) => floats(map[name]));
        const length = rows[0]?.length ?? 0;
        const all = new Float32Array(length * rows.length);
        rows.forEach((row, i) => {
          all.set(row, i * length);
        });
        return [name, cpuTensor(all, [rows.length, ...dims])];
      },
    ),
  );
}

/** The picture is read once for all texts, and kept for the next ones. */
function blipComparer(config: BlipRetrievalConfig, sessions: PartSessions): TextComparer {
  const reader = new PictureReader({ config, sessions });
  const { maxPositions, encTokenId } = config.text;
  return {
    maxPositions,
    embed: (ids) => textEmbeds(sessions, PART.textItc, ids),
    // Texts that were compared without the picture kept [CLS].
    matchIds: (ids) => (encTokenId === undefined ? ids : [encTokenId, ...ids.slice(1)]),
    matchLogits: (ids, pictures) =>
      inTurn(pictures, async (picture) => {
        const { tensors } = await reader.read(picture);
        const session = await sessions.open(PART.textItm);
        const outputs = await session.run({ ...textFeeds(ids), ...tensors });
        return floats(outputs[IO.itmLogits]);
      }),
    dispose: () => {
      reader.dispose();
    },
  };
}

async function textEmbeds(
  sessions: PartSessions,
  part: PartName,
  ids: readonly number[],
): Promise<TextEmbedding> {
  const session = await sessions.open(part);
  const outputs = await session.run(textFeeds(ids));
  const { [IO.textEmbeds]: values, [IO.temperature]: temperature } = outputs;
  return { values: floats(values), temperature: temperature && floats(temperature)[0] };
}

/** The largest dot product of one text [projection] with any row of a picture [rows, projection]. */
export function largestCosine(imageEmbeds: Float32Array, text: Float32Array): number {
  let best = -Infinity;
  for (let start = 0; start < imageEmbeds.length; start += text.length) {
    let dot = 0;
    for (let i = 0; i < text.length; i++) dot += (imageEmbeds[start + i] ?? 0) * (text[i] ?? 0);
    best = Math.max(best, dot);
  }
  return best;
}
