/** What the BLIP-2 paper prints (arXiv 2301.12597, tables 2, 3 and 5), and which of its models one is. */

import type { ModelConfig } from "../../../model/config/modelConfig";
import { type EvalTask, TASKS } from "../tasks";

/** By the name that scoring gives a figure. */
export type PaperFigures = Readonly<Record<string, number>>;

export interface PaperRow {
  readonly figures: PaperFigures;
  /** Such as "ViT-g FlanT5-XL". */
  readonly model: string;
}

/** Zero-shot: VQAv2 val and test-dev, OK-VQA, GQA. */
const ANSWERS: Readonly<
  Record<string, readonly [val: number, testDev: number, ok: number, gqa: number]>
> = {
  "ViT-L OPT 2.7B": [50.1, 49.7, 30.2, 33.9],
  "ViT-g OPT 2.7B": [53.5, 52.3, 31.7, 34.6],
  "ViT-g OPT 6.7B": [54.3, 52.6, 36.4, 36.4],
  "ViT-L FlanT5-XL": [62.6, 62.3, 39.4, 44.4],
  "ViT-g FlanT5-XL": [63.1, 63.0, 40.7, 44.2],
  "ViT-g FlanT5-XXL": [65.2, 65.0, 45.9, 44.7],
};

/** Fine-tuned on COCO: NoCaps CIDEr and SPICE overall, CIDEr in, near and out of domain; COCO BLEU-4, CIDEr. */
const CAPTIONS: Readonly<Record<string, readonly number[]>> = {
  "ViT-g OPT 2.7B": [119.7, 15.4, 123.0, 117.8, 123.4, 43.7, 145.8],
  "ViT-g OPT 6.7B": [121.0, 15.3, 123.7, 119.2, 124.4, 43.5, 145.2],
  "ViT-g FlanT5-XL": [121.6, 15.8, 123.7, 120.2, 124.8, 42.4, 144.5],
};
const CAPTION_NAMES = {
  nocaps: ["CIDEr", "SPICE", "CIDEr, in-domain", "CIDEr, near-domain", "CIDEr, out-domain"],
  coco: ["Bleu_4", "CIDEr"],
} as const;

/** Fine-tuned on COCO: Flickr30k zero-shot, then COCO; R@1, 5, 10 of texts, then of pictures. */
const RETRIEVAL: Readonly<Record<string, readonly number[]>> = {
  "ViT-L": [96.9, 100, 100, 88.6, 97.6, 98.9, 83.5, 96.0, 98.0, 66.3, 86.5, 91.8],
  "ViT-g": [97.6, 100, 100, 89.7, 98.1, 98.9, 85.4, 97.0, 98.5, 68.3, 87.7, 92.6],
};
const RETRIEVAL_NAMES = ["txt_r1", "txt_r5", "txt_r10", "img_r1", "img_r5", "img_r10"] as const;

/** Pixels a side: of models as trained first, and of those fine-tuned on COCO. */
const PRETRAINED_PIXELS = 224;
const FINE_TUNED_PIXELS = 364;

/** The row of a model, or why there is none. */
export function paperRow(
  task: EvalTask,
  split: string,
  config: ModelConfig,
): PaperRow | { readonly why: string } {
  const wanted =
    TASKS[task].kind === "answers" || TASKS[task].kind === "gqa"
      ? PRETRAINED_PIXELS
      : FINE_TUNED_PIXELS;
  const model = nameOf(config, TASKS[task].kind === "retrieval");
  const none = { why: "the paper has no figure of this model" };
  if (model === undefined) return none;
  if (config.vision.imageSize !== wanted) {
    return {
      why: `the paper's figure is of a model for ${wanted} pixels, and this one is for ${config.vision.imageSize}`,
    };
  }
  const figures = figuresOf(task, split, model);
  return figures === undefined ? none : { model, figures };
}

function figuresOf(task: EvalTask, split: string, model: string): PaperFigures | undefined {
  const kind = TASKS[task].kind;
  if (kind === "retrieval") {
    const row = RETRIEVAL[model]?.slice(task === "flickr30k" ? 0 : 6);
    return split === "test" ? named(RETRIEVAL_NAMES, row) : undefined;
  }
  if (kind === "captions") {
    const row = CAPTIONS[model];
    if (task === "nocaps") return named(CAPTION_NAMES.nocaps, row);
    return split === "test" ? named(CAPTION_NAMES.coco, row?.slice(5)) : undefined;
  }
  const row = ANSWERS[model];
  if (row === undefined) return undefined;
  const [val, testDev, ok, gqa] = row;
  if (task === "gqa") return { "accuracy (lavis)": gqa };
  if (task === "okvqa") return { "accuracy (lavis, lemmatized)": ok, "accuracy (lavis)": ok };
  const value = { val, "test-dev": testDev }[split];
  return value === undefined ? undefined : { "accuracy (lavis)": value };
}

function named(
  names: readonly string[],
  values: readonly number[] | undefined,
): PaperFigures | undefined {
  if (values === undefined) return undefined;
  return Object.fromEntries(names.map((name, i) => [name, values[i] ?? NaN]));
}

/** By its sizes, whatever its folder is called. */
function nameOf(config: ModelConfig, isRetrieval: boolean): string | undefined {
  if (config.family !== "blip-2" || config.qformer.readsInstruction) return undefined;
  const vit = { 1024: "ViT-L", 1408: "ViT-g" }[config.vision.hiddenSize];
  if (vit === undefined || isRetrieval) return vit;
  if (config.kind !== "generation") return undefined;
  const { kind, hiddenSize } = config.text;
  const names: Readonly<Record<string, string>> = {
    "opt 2560": "OPT 2.7B",
    "opt 4096": "OPT 6.7B",
    "t5 2048": "FlanT5-XL",
    "t5 4096": "FlanT5-XXL",
  };
  const language = names[`${kind} ${hiddenSize}`];
  return language === undefined ? undefined : `${vit} ${language}`;
}
