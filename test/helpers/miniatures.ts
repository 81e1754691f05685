/** The benchmarks in miniature: self-written files in the published formats, with pictures of the demo. */

import { copyFile, mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import type { EvalTask } from "../../src/measure/eval/tasks";
import { fixturePath } from "./fixtures";

export const N_PICTURES = 6;
const COLORS = ["red", "green", "blue"];
const idOf = (i: number): number => 1000 + i;
const padded = (i: number): string => String(idOf(i)).padStart(12, "0");

/** Writes all benchmarks into a folder. */
export async function writeMiniatures(folder: string): Promise<void> {
  await mkdir(path.join(folder, "val2014"), { recursive: true });
  await mkdir(path.join(folder, "images"), { recursive: true });
  for (let i = 0; i < N_PICTURES; i++) {
    const scene = fixturePath("demo", `scene${String(i).padStart(3, "0")}.png`);
    for (const name of [
      `val2014/COCO_val2014_${padded(i)}.jpg`,
      `images/n${i}.jpg`,
      `images/${i}.jpg`,
    ]) {
      await copyFile(scene, path.join(folder, name));
    }
  }
  const files: Record<string, unknown> = {
    "v2_OpenEnded_mscoco_val2014_questions.json": { questions: questions() },
    "v2_mscoco_val2014_annotations.json": { annotations: annotations() },
    "OpenEnded_mscoco_val2014_questions.json": { questions: questions() },
    "mscoco_val2014_annotations.json": { annotations: annotations() },
    "testdev_balanced_questions.json": Object.fromEntries(
      indices().map((i) => [
        `20${i}`,
        { imageId: `n${i}`, question: "What color is it?", answer: colorOf(i) },
      ]),
    ),
    "coco_karpathy_test.json": indices().map((i) => ({
      image: `val2014/COCO_val2014_${padded(i)}.jpg`,
      caption: captionsOf(i),
    })),
    "coco_karpathy_test_gt.json": {
      images: indices().map((i) => ({ id: idOf(i) })),
      annotations: indices().flatMap((i) =>
        captionsOf(i).map((caption) => ({ image_id: idOf(i), caption })),
      ),
    },
    "nocaps_val_4500_captions.json": {
      images: indices().map((i) => ({
        id: i,
        file_name: `${i}.jpg`,
        domain: ["in-domain", "near-domain", "out-domain"][i % 3],
      })),
      annotations: indices().flatMap((i) =>
        captionsOf(i).map((caption) => ({ image_id: i, caption })),
      ),
    },
    "dataset_flickr30k.json": {
      images: indices().map((i) => ({
        filename: `${i}.jpg`,
        split: "test",
        sentences: captionsOf(i).map((raw) => ({ raw })),
      })),
    },
  };
  for (const [name, value] of Object.entries(files)) {
    await writeFile(path.join(folder, name), JSON.stringify(value));
  }
}

const indices = (): number[] => Array.from({ length: N_PICTURES }, (_, i) => i);
const colorOf = (i: number): string => COLORS[i % COLORS.length] ?? "";

function captionsOf(i: number): string[] {
  return [
    `A ${colorOf(i)} circle.`,
    `Picture number ${i}, with a square!`,
    `"Shapes" of ${i + 1} kinds`,
  ];
}

/** Two of each picture. */
function questions(): object[] {
  return indices().flatMap((i) => [
    { question_id: 10 * idOf(i), image_id: idOf(i), question: "What color is the circle?" },
    { question_id: 10 * idOf(i) + 1, image_id: idOf(i), question: "Is there a square?" },
  ]);
}

function annotations(): object[] {
  return questions().map((question, j) => ({
    ...question,
    question_type: j % 2 === 0 ? "what color is the" : "is there a",
    answer_type: j % 2 === 0 ? "other" : "yes/no",
    answers: Array.from({ length: 10 }, (_, k) => ({
      answer: j % 2 === 0 ? colorOf(j >> 1) : k < 7 ? "yes" : "no",
      answer_id: k + 1,
    })),
  }));
}

/** Which kit's model does a task. */
export const KIT_OF: Readonly<Record<EvalTask, string>> = {
  vqav2: "opt",
  okvqa: "t5",
  gqa: "blip-vqa",
  "coco-captions": "opt",
  nocaps: "blip-caption",
  flickr30k: "itm",
  "coco-retrieval": "blip-itm",
};
