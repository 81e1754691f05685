/**
 * How well a converted retrieval demo finds drawings and their names: `npm run report:demo -- FOLDER`, with the
 * folder of the model. Prints JSON.
 */

import { silentLogger } from "../../base/logger";
import { loadEngine, type Blip2Engine } from "../../engine/blip2Engine";
import { encodePng } from "../../engine/picture/imageDecode";
import { largestCosine } from "../../engine/textComparer";
import { evaluateMismatch, type MismatchFigures } from "../../measure/mismatch/evaluateMismatch";
import { BANK } from "../../search/mismatch/bank";
import type { Comparing } from "../../search/mismatch/mismatches";
import { whyUntested } from "../../search/mismatch/testable";
import { defined } from "../../base/assert";
import { cosinesOf, recallsOf } from "../../train/run/recall";
import { EmojiWorld, type Specimen } from "../emojiWorld";
import { SIDE } from "./demoShapes";

/** Of each text and each picture the best so many are compared again, picture and text together (ITM). */
const SHORTLIST = 10;

/** More than any cosine differs from another: what is in a shortlist stays before what is not. */
const ABOVE = 1e6;

async function main(folder: string): Promise<void> {
  const world = await EmojiWorld.open(SIDE);
  const engine = await loadEngine({ folder, device: "cpu", logger: silentLogger });
  try {
    const heldOut = new Set(world.heldOut);
    const report = await reportOf(engine, [...world.unseen()], (slug) => heldOut.has(slug));
    process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
  } finally {
    await engine.release();
  }
}

/** Recall among all drawings of a style that no step has seen. */
async function reportOf(
  engine: Blip2Engine,
  specimens: readonly Specimen[],
  isHeldOut: (slug: string) => boolean,
): Promise<object> {
  const images = await Promise.all(specimens.map(({ planes }) => pngOf(planes)));
  const pictures: Float32Array[] = [];
  for (const image of images) pictures.push((await engine.embedPicture({ image })).vectors);
  const texts: Float32Array[] = [];
  for (const { meaning } of specimens) {
    texts.push((await engine.embedText(meaning.label)).vector);
  }
  const cosines = cosinesOf({ pictures, texts });
  const isNew = (i: number): boolean => isHeldOut(specimens[i]?.slug ?? "");
  const matched = await rematched(cosines, (text, among) =>
    engine
      .match({
        text: specimens[text]?.meaning.label ?? "",
        pictures: among.map((picture) => ({ image: images[picture] ?? new Uint8Array() })),
      })
      .then((matches) => matches.map(({ logOdds }) => logOdds)),
  );
  return {
    drawings: specimens.length,
    all: recallsOf(cosines, {}),
    reranked: recallsOf(matched, {}),
    meaningsOfTraining: recallsOf(cosines, { counts: (i) => !isNew(i) }),
    newMeanings: recallsOf(cosines, { counts: isNew }),
    mismatch: await mismatchOf({ engine, specimens, images, pictures }),
  };
}

/** Drawings that a document shows; people write about several. */
const PER_DOCUMENT = 6;

/** How many mistakes in names are found that are made on purpose. */
async function mismatchOf({
  engine,
  specimens,
  images,
  pictures,
}: {
  readonly engine: Blip2Engine;
  readonly specimens: readonly Specimen[];
  readonly images: readonly Uint8Array[];
  readonly pictures: readonly Float32Array[];
}): Promise<MismatchFigures> {
  const port: Comparing = {
    similarities: async (text) => {
      const { vector } = await engine.embedText(text);
      return Float32Array.from(pictures, (picture) => largestCosine(picture, vector));
    },
    match: async (text, cluster) => {
      const [match] = await engine.match({
        text,
        pictures: [{ image: images[cluster] ?? new Uint8Array() }],
      });
      return defined(match, "the match of one picture");
    },
  };
  const bank: Float32Array[] = [];
  for (const sentence of BANK) bank.push(await port.similarities(sentence));
  const named = specimens
    .map(({ meaning }, cluster) => ({ cluster, text: meaning.label, kind: meaning.kinds[0] ?? "" }))
    .filter(({ text }) => whyUntested(text) === undefined);
  const texts = named.map(({ cluster, text }, i) => ({
    ...{ cluster, text },
    document: String(Math.floor(i / PER_DOCUMENT)),
  }));
  return await evaluateMismatch(texts, port, { bank, kinds: named.map(({ kind }) => kind) });
}

/** Scores in which the shortlists of texts and of pictures are in the order of `match`. */
async function rematched(
  cosines: readonly (readonly number[])[],
  match: (text: number, pictures: readonly number[]) => Promise<readonly number[]>,
): Promise<readonly (readonly number[])[]> {
  const texts = cosines.map((row) => bestOf(row));
  const pictures = (cosines[0] ?? []).map((_, j) => bestOf(cosines.map((row) => row[j] ?? 0)));
  const scores = cosines.map((row) => [...row]);
  for (const [text, row] of scores.entries()) {
    const among = row.flatMap((_, picture) =>
      texts[text]?.has(picture) === true || pictures[picture]?.has(text) === true ? [picture] : [],
    );
    (await match(text, among)).forEach((odds, i) => {
      row[among[i] ?? 0] = ABOVE + odds;
    });
  }
  return scores;
}

function bestOf(scores: readonly number[]): ReadonlySet<number> {
  const order = [...scores.keys()].sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0));
  return new Set(order.slice(0, SHORTLIST));
}

/** @param planes [3, side, side] colours, 0 to 1. */
async function pngOf(planes: Float32Array): Promise<Uint8Array> {
  const area = SIDE ** 2;
  const data = Uint8Array.from({ length: 3 * area }, (_, i) =>
    Math.round(255 * (planes[(i % 3) * area + Math.floor(i / 3)] ?? 0)),
  );
  return await encodePng({ width: SIDE, height: SIDE, data });
}

void main(process.argv[2] ?? "").catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
