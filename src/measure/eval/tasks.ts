/** The benchmarks of the BLIP-2 paper (arXiv 2301.12597): what each is made of. One table; knows no files. */

export const EVAL_TASKS = [
  "vqav2",
  "okvqa",
  "gqa",
  "coco-captions",
  "nocaps",
  "flickr30k",
  "coco-retrieval",
] as const;
export type EvalTask = (typeof EVAL_TASKS)[number];

export type TaskKind = "answers" | "gqa" | "captions" | "retrieval";

export interface TaskFacts {
  readonly kind: TaskKind;
  readonly title: string;
  /** What one item of it is called. */
  readonly item: string;
  /** The first is the one whose figure the paper prints. */
  readonly splits: readonly string[];
  /** Items of each split as published; a run over fewer is a part. */
  readonly sizes: Readonly<Record<string, number>>;
}

export const TASKS: Readonly<Record<EvalTask, TaskFacts>> = {
  vqav2: {
    kind: "answers",
    title: "VQAv2",
    item: "question",
    splits: ["val", "test", "test-dev"],
    sizes: { val: 214_354, test: 447_793, "test-dev": 107_394 },
  },
  okvqa: {
    kind: "answers",
    title: "OK-VQA",
    item: "question",
    splits: ["test"],
    sizes: { test: 5046 },
  },
  gqa: {
    kind: "gqa",
    title: "GQA",
    item: "question",
    splits: ["testdev"],
    sizes: { testdev: 12_578 },
  },
  "coco-captions": {
    kind: "captions",
    title: "COCO captions",
    item: "picture",
    splits: ["test", "val"],
    sizes: { test: 5000, val: 5000 },
  },
  nocaps: {
    kind: "captions",
    title: "NoCaps",
    item: "picture",
    splits: ["val"],
    sizes: { val: 4500 },
  },
  flickr30k: {
    kind: "retrieval",
    title: "Flickr30k retrieval",
    item: "picture",
    splits: ["test", "val"],
    sizes: { test: 1000, val: 1014 },
  },
  "coco-retrieval": {
    kind: "retrieval",
    title: "COCO retrieval",
    item: "picture",
    splits: ["test", "val"],
    sizes: { test: 5000, val: 5000 },
  },
};
