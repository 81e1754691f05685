/** Finds a benchmark in a folder, as it is published or as LAVIS lays it out: its files and its pictures. */

import { stat } from "node:fs/promises";
import path from "node:path";
import { AppError } from "../../../base/errors";
import type { EvalTask } from "../tasks";
import { type CaptionedPicture, readCaptions } from "./captionFiles";
import type { EvalId } from "./evalJson";
import { readGqaQuestions } from "./gqaFiles";
import { readVqaQuestions } from "./vqaFiles";

/** One thing to predict. */
export interface EvalItem {
  readonly id: EvalId;
  /** Names that its picture may have below the folder of pictures, with slashes. */
  readonly pictures: readonly string[];
  /** Of answers. */
  readonly question?: string;
}

export interface Benchmark {
  readonly items: readonly EvalItem[];
  /** Of retrieval, where each item is a picture. */
  readonly captions: readonly CaptionedPicture[];
  /** What scoring reads; absent where only a server has the answers. */
  readonly files: { readonly questions?: string; readonly annotations?: string };
}

export interface BenchmarkPlace {
  readonly folder: string;
  readonly split: string;
  /** Named files come before those that are found. */
  readonly questions?: string | undefined;
  readonly annotations?: string | undefined;
}

/** Folders in which the files of a benchmark are looked for. */
const FOLDERS = ["", "annotations", "questions"];

/** @throws AppError `document.*` naming what was looked for. */
export async function findBenchmark(task: EvalTask, place: BenchmarkPlace): Promise<Benchmark> {
  switch (task) {
    case "vqav2":
      return await vqa(place, VQA_SPLITS[place.split] ?? VQA_SPLITS["val"], "v2_");
    case "okvqa":
      return await vqa(place, VQA_SPLITS["val"], "");
    case "gqa":
      return await gqa(place);
    case "coco-captions":
      return await captions(place, {
        names: [
          `coco_karpathy_${place.split}.json`,
          "dataset_coco.json",
          `coco_karpathy_${place.split}_gt.json`,
        ],
        scored: [`coco_karpathy_${place.split}_gt.json`],
      });
    case "nocaps":
      return await captions(place, { names: ["nocaps_val_4500_captions.json"], scored: [] });
    case "flickr30k":
      return await captions(place, {
        names: [`flickr30k_${place.split}.json`, "dataset_flickr30k.json"],
        scored: [],
      });
    case "coco-retrieval":
      return await captions(place, {
        names: [`coco_karpathy_${place.split}.json`, "dataset_coco.json"],
        scored: [],
      });
  }
}

/** What the published files of a split have in their names. */
interface VqaSplit {
  readonly questions: string;
  readonly pictures: string;
}

const VQA_SPLITS: Readonly<Record<string, VqaSplit>> = {
  val: { questions: "val2014", pictures: "val2014" },
  test: { questions: "test2015", pictures: "test2015" },
  "test-dev": { questions: "test-dev2015", pictures: "test2015" },
};

async function vqa(
  place: BenchmarkPlace,
  split: VqaSplit | undefined,
  version: string,
): Promise<Benchmark> {
  const { questions: name, pictures } = split ?? { questions: "val2014", pictures: "val2014" };
  const questions =
    place.questions ?? (await found(place, [`${version}OpenEnded_mscoco_${name}_questions.json`]));
  const annotations =
    place.annotations ?? (await looked(place, [`${version}mscoco_${name}_annotations.json`]));
  const items = (await readVqaQuestions(questions)).map(({ id, imageId, question }) => ({
    ...{ id, question },
    pictures: [`${pictures}/COCO_${pictures}_${imageId.padStart(12, "0")}.jpg`],
  }));
  return {
    items,
    captions: [],
    files: { questions, ...(annotations === undefined ? {} : { annotations }) },
  };
}

async function gqa(place: BenchmarkPlace): Promise<Benchmark> {
  const questions =
    place.questions ??
    (await found(place, [
      "testdev_balanced_questions.json",
      "gqa_testdev.json",
      "testdev_balanced.json",
    ]));
  const items = (await readGqaQuestions(questions)).map(({ id, imageId, question, image }) => ({
    ...{ id, question },
    pictures: [image ?? `${imageId}.jpg`],
  }));
  return { items, captions: [], files: { questions } };
}

async function captions(
  place: BenchmarkPlace,
  { names, scored }: { readonly names: readonly string[]; readonly scored: readonly string[] },
): Promise<Benchmark> {
  const file = place.annotations ?? (await found(place, names));
  const pictures = await readCaptions(file, place.split);
  return {
    items: pictures.map(({ id, file: name }) => ({ id, pictures: [name] })),
    captions: pictures,
    files: { annotations: place.annotations ?? (await looked(place, scored)) ?? file },
  };
}

async function looked(
  { folder }: BenchmarkPlace,
  names: readonly string[],
): Promise<string | undefined> {
  for (const name of names) {
    for (const below of FOLDERS) {
      const file = path.join(folder, below, name);
      if ((await stat(file).catch(() => undefined))?.isFile()) return file;
    }
  }
  return undefined;
}

async function found(place: BenchmarkPlace, names: readonly string[]): Promise<string> {
  const file = await looked(place, names);
  if (file !== undefined) return file;
  throw new AppError(
    "document.missing",
    `${place.folder} has no ${names.join(" or ")}. Name the benchmark's folder with --data, or its file with --questions or --annotations.`,
    { detail: { file: place.folder } },
  );
}
