/** Each row of the paper's tables: the command that gives it and what that needs. docs/REPRODUCE.md prints the same. */

export interface ReproduceRow {
  readonly row: string;
  readonly command: string;
  readonly needs: string;
  /** About how long, at the speeds that the README gives. */
  readonly time: string;
  /** What is known of it here. */
  readonly state: string;
}

const NOT_RUN = "not run here: neither weights nor data were at hand";
const PROMPTS = "--preset paper is the paper's prompt, --preset lavis its code's";

function answers(task: string, title: string, time: string): readonly ReproduceRow[] {
  return ["opt-2.7b", "opt-6.7b", "flan-t5-xl", "flan-t5-xxl"].map((language) => ({
    row: `Table 2, ${title}, ViT-g ${language}`,
    command: `sightline eval ${task} --model blip2-${language} --data DIR`,
    needs: `blip2-${language}; ${title}'s files and pictures; ${PROMPTS}`,
    time,
    state: NOT_RUN,
  }));
}

function captions(task: string, title: string): readonly ReproduceRow[] {
  return ["opt-2.7b", "opt-6.7b", "flan-t5-xl"].map((language) => ({
    row: `Table 3, ${title}, ViT-g ${language}`,
    command: `sightline eval ${task} --model ${captionModel(language)} --data DIR --coco-caption FOLDER`,
    needs: `${captionModel(language)}; ${title}'s files and pictures; for METEOR and SPICE Java and the official files`,
    time: "about 5 h on 2 cores at 1.8 s an answer, more at 364 pixels",
    state: NOT_RUN,
  }));
}

const captionModel = (language: string): string => `blip2-${language}-coco`;

function retrieval(task: string, title: string, time: string): ReproduceRow {
  return {
    row: `Table 5, ${title}, ViT-g`,
    command: `sightline eval ${task} --model blip2-itm-vit-g-coco --data DIR --split test`,
    needs: `blip2-itm-vit-g-coco; ${title}'s captions and pictures`,
    time,
    state: NOT_RUN,
  };
}

export const REPRODUCE_ROWS: readonly ReproduceRow[] = [
  ...answers(
    "vqav2",
    "VQAv2 val",
    "4.5 days on 2 cores at 1.8 s an answer; divide with --shard i/n",
  ),
  ...answers("okvqa", "OK-VQA", "2.5 h on 2 cores at 1.8 s an answer"),
  ...answers("gqa", "GQA", "6 h on 2 cores at 1.8 s an answer"),
  ...captions("nocaps", "NoCaps"),
  ...captions("coco-captions", "COCO captions"),
  {
    row: "Table 4, VQAv2 fine-tuned",
    command: "sightline eval vqav2 --model FOLDER --data DIR --split test-dev",
    needs: "weights that somebody trains: the authors never released theirs",
    time: "as VQAv2",
    state: "not run here: there are no weights; the answers of the split are only on a server",
  },
  retrieval(
    "flickr30k",
    "Flickr30k",
    "5 h at 0.5 TFLOP/s, about 7 PFLOP in 0.77 million pairs at most",
  ),
  retrieval(
    "coco-retrieval",
    "COCO",
    "18 h at 0.5 TFLOP/s, 33 PFLOP in 3.84 million pairs at most",
  ),
];
