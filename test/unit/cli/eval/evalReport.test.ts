/** Results beside the paper's figures, the chart of them, the list of commands and the self test. */

import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { runCli } from "../../../../src/cli/program";
import {
  evalResult,
  type EvalResult,
  writeResult,
} from "../../../../src/measure/eval/report/evalResult";
import { paperRow } from "../../../../src/measure/eval/report/paperFigures";
import { REPRODUCE_ROWS } from "../../../../src/measure/eval/report/reproduceRows";
import {
  presetOf,
  promptOf,
  promptStyle,
  questionText,
} from "../../../../src/measure/eval/predict/preset";
import type { RunInfo } from "../../../../src/measure/eval/predict/runInfo";
import { parseShard, shardRange } from "../../../../src/measure/eval/predict/shard";
import { TASKS } from "../../../../src/measure/eval/tasks";
import type { ModelConfig } from "../../../../src/model/config/modelConfig";
import { testHost } from "../../../helpers/cliHost";
import { temporaryFolder } from "../../../helpers/kitModel";
import { recorded } from "../../../helpers/metricGoldens";

async function evaluation(
  ...args: string[]
): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const host = testHost();
  const exitCode = await runCli(["eval", ...args], host);
  return { exitCode, stdout: host.stdout.text, stderr: host.stderr.text };
}

/** Only what the paper's row depends on. */
function configOf(
  text: { kind: string; hiddenSize: number } | undefined,
  imageSize: number,
): ModelConfig {
  return {
    family: "blip-2",
    kind: text === undefined ? "retrieval" : "generation",
    vision: { hiddenSize: 1408, imageSize },
    qformer: { readsInstruction: false },
    text,
  } as unknown as ModelConfig;
}

const FLAN_T5_XL = { kind: "t5", hiddenSize: 2048 };

function result(n: number, of = n): EvalResult {
  const run: RunInfo = {
    ...{ task: "vqav2", split: "val", model: "m", modelHash: "0123456789abcdef", precision: "f32" },
    ...{ device: "cpu", versions: { sightline: "0.0.0" }, of, n },
    ...{ processor: "none", seconds: 1, engineSeconds: 1, timed: 1 },
  };
  const scored = {
    ...{ task: "vqav2" as const, n, of, json: {}, notes: [] },
    figures: [{ name: "accuracy (lavis)", value: 63.4 }],
    intervals: () => ({ "accuracy (lavis)": [63, 64] as const }),
  };
  return evalResult({ scored, run, config: configOf(FLAN_T5_XL, 224) });
}

describe("eval report", () => {
  it("sets a whole split beside the paper, with difference and interval", async () => {
    const folder = await temporaryFolder();
    await writeResult(folder, result(TASKS.vqav2.sizes["val"]!));
    const { exitCode, stdout } = await evaluation("report", folder);
    assert.equal(exitCode, 0);
    assert.match(stdout, /accuracy \(lavis\) +63\.1 +63\.40 +\+0\.30 +63\.00 – 64\.00 +yes/);
    assert.match(
      stdout,
      /VQAv2 val, 214354 questions: m \(0123456789ab\), f32 on cpu, Sightline 0\.0\.0/,
    );
  });

  it("sets nothing beside a part", async () => {
    const folder = await temporaryFolder();
    await writeResult(folder, result(100, 214_354));
    const { stdout } = await evaluation("report", path.join(folder, "result.json"));
    assert.match(stdout, /subset of 100 of 214354/);
    assert.doesNotMatch(stdout, /PAPER|63\.1/);
  });

  it("sets the paper's OK-VQA beside dictionary forms alone, where they were scored", () => {
    const of = TASKS.okvqa.sizes["test"]!;
    const { run } = result(of);
    const figuresOf = (names: readonly string[]): readonly (number | undefined)[] =>
      evalResult({
        scored: {
          ...{ task: "okvqa" as const, n: of, of, json: {}, notes: [] },
          figures: names.map((name) => ({ name, value: 40 })),
          intervals: () => ({}),
        },
        run: { ...run, task: "okvqa", split: "test" },
        config: configOf(FLAN_T5_XL, 224),
      }).figures.map(({ paper }) => paper);
    const [plain, lemmatized] = ["accuracy (lavis)", "accuracy (lavis, lemmatized)"];
    assert.deepEqual(figuresOf([lemmatized, plain]), [40.7, undefined]);
    assert.deepEqual(figuresOf([plain]), [40.7]);
  });

  it("draws a chart that is well-formed, whatever a model is called", async () => {
    const folder = await temporaryFolder();
    const whole = result(TASKS.vqav2.sizes["val"]!);
    await writeResult(folder, { ...whole, run: { ...whole.run, model: '<b>"&\u0000' } });
    const chart = path.join(folder, "chart.svg");
    const { exitCode } = await evaluation("report", folder, folder, "--chart", chart, "--json");
    assert.equal(exitCode, 0);
    const svg = await readFile(chart, "utf8");
    assert.match(svg, /^<svg .*<\/svg>\n$/s);
    assert.match(svg, /&lt;b&gt;&quot;&amp;/);
    assert.match(svg, /in the paper 63\.1/);
    assert.doesNotMatch(svg, /NaN|undefined|<script/);
    assert.match(
      (await evaluation("report", folder, "--chart", folder)).stderr,
      /cannot be written/,
    );
  });

  it("refuses files that are no results", async () => {
    const file = path.join(await temporaryFolder(), "result.json");
    for (const [text, message] of [
      ["{}", /"task" must be a text/],
      ['{"task": "other"}', /is of no known task: other/],
      [
        '{"task": "gqa", "split": "testdev", "isWhole": true, "n": 1, "published": 1, "run": {}}',
        /run\.model/,
      ],
    ] as const) {
      await writeFile(file, text);
      assert.match((await evaluation("report", file)).stderr, message);
    }
    assert.match((await evaluation("report", "/nonexistent")).stderr, /There is no file/);
  });

  it("knows the paper's models by their sizes, and only in their resolution", () => {
    const figures = (row: ReturnType<typeof paperRow>): object | undefined =>
      "figures" in row ? row.figures : undefined;
    const opt = { kind: "opt", hiddenSize: 2560 };
    assert.deepEqual(figures(paperRow("gqa", "testdev", configOf(opt, 224))), {
      "accuracy (lavis)": 34.6,
    });
    assert.equal(figures(paperRow("gqa", "testdev", configOf(opt, 364))), undefined);
    assert.deepEqual(figures(paperRow("coco-captions", "test", configOf(opt, 364))), {
      Bleu_4: 43.7,
      CIDEr: 145.8,
    });
    const coco = figures(paperRow("coco-retrieval", "test", configOf(undefined, 364)));
    assert.deepEqual(Object.values(coco ?? {}), [85.4, 97, 98.5, 68.3, 87.7, 92.6]);
    assert.equal(figures(paperRow("vqav2", "test", configOf(FLAN_T5_XL, 224))), undefined);
    assert.equal(
      figures(paperRow("vqav2", "val", configOf({ kind: "t5", hiddenSize: 64 }, 224))),
      undefined,
    );
  });
});

describe("eval reproduce", () => {
  it("lists the commands of docs/REPRODUCE.md", async () => {
    const page = await readFile("docs/REPRODUCE.md", "utf8");
    const { stdout } = await evaluation("reproduce");
    for (const { row, command } of REPRODUCE_ROWS) {
      assert.ok(page.includes(`| ${row} `) && page.includes(`\`${command}\``), row);
      assert.ok(stdout.includes(command), row);
    }
    assert.match(page, /never released/);
  });

  it("names models that can be got", async () => {
    const { models } = JSON.parse(await readFile("models/catalog.json", "utf8")) as {
      readonly models: readonly { readonly name: string }[];
    };
    const names = new Set(models.map(({ name }) => name));
    const named = REPRODUCE_ROWS.flatMap(({ command }) => /--model (\S+)/.exec(command)?.[1] ?? []);
    const unknown = named.filter((name) => name !== "FOLDER" && !names.has(name));
    assert.deepEqual(unknown, []);
  });
});

describe("eval selftest", () => {
  it("compares what it scores with what was published, and fails where they differ", async () => {
    const folder = await temporaryFolder();
    const write = async (name: string, value: unknown): Promise<void> => {
      await writeFile(path.join(folder, name), JSON.stringify(value));
    };
    await write("captions_val2014.json", recorded("captions-annotations"));
    await write("captions_val2014_fakecap_results.json", recorded("captions-results"));
    const { exitCode, stdout } = await evaluation("selftest", "--coco", folder, "--json");
    assert.equal(exitCode, 1);
    const { rows } = JSON.parse(stdout) as { readonly rows: readonly Record<string, unknown>[] };
    assert.deepEqual(rows[0], {
      name: "Bleu_1",
      published: 0.579,
      ours: 0.7844036697211725,
      isEqual: false,
    });
    assert.match(
      (await evaluation("selftest", "--coco", folder)).stdout,
      /words of captions +9893 +218 +OTHER/,
    );
    assert.match(
      (await evaluation("selftest", "--coco", "/nonexistent")).stderr,
      /There is no file/,
    );
  });
});

describe("the presets", () => {
  const tokens = {
    encode: (text: string) => [2, ...Array.from(text, (letter) => letter.charCodeAt(0))],
    decode: (ids: readonly number[]) => String.fromCharCode(...ids.slice(1)),
  };

  it("are the paper's and LAVIS's", () => {
    const opt = configOf({ kind: "opt", hiddenSize: 2560 }, 224);
    const paper = presetOf("vqav2", promptStyle(opt), "paper");
    assert.equal(paper.prompt, "Question: {} Answer:");
    assert.deepEqual(paper.options, {
      numBeams: 5,
      maxNewTokens: 10,
      minNewTokens: 1,
      lengthPenalty: -1,
    });
    const lavis = presetOf("vqav2", promptStyle(opt), "lavis");
    assert.equal(lavis.prompt, "Question: {} Short answer:");
    assert.equal(lavis.options.lengthPenalty, 0);
    const t5 = configOf(FLAN_T5_XL, 224);
    assert.deepEqual(
      presetOf("gqa", promptStyle(t5), "lavis").options,
      presetOf("gqa", promptStyle(t5), "paper").options,
    );
    assert.equal(
      presetOf("coco-captions", promptStyle(t5), "lavis").options.repetitionPenalty,
      1.15,
    );
  });

  it("ask a model that was fine-tuned at 490 pixels as it was trained", () => {
    const style = promptStyle(configOf(FLAN_T5_XL, 490));
    assert.equal(presetOf("vqav2", style, "paper").prompt, "Question: {} Answer:");
    assert.equal(presetOf("coco-captions", style, "paper").prompt, "a photo of");
  });

  it("clean questions, and cut the prompts of OPT at 32 tokens", () => {
    assert.equal(questionText('What (is) "that"?!'), "what is that?");
    assert.equal(questionText(Array(60).fill("word").join(" ")).split(" ").length, 50);
    const preset = presetOf("vqav2", "opt", "paper");
    const prompt = promptOf(preset, "What color is the very large bus?", tokens);
    assert.deepEqual(prompt, { kind: "raw", text: "Question: what color is the ver" });
    assert.deepEqual(promptOf(preset, "$& who?", tokens), {
      kind: "raw",
      text: "Question: $& who? Answer:",
    });
  });

  it("divide items into shards that are all of them", () => {
    for (const n of [0, 1, 5, 12]) {
      const ranges = [1, 2, 3].map((index) => shardRange(parseShard(`${index}/3`), n));
      assert.equal(ranges[0]![0], 0);
      assert.equal(ranges[2]![1], n);
      assert.ok(ranges.every(([, to], i) => i === 2 || to === ranges[i + 1]![0]));
    }
    for (const bad of ["", "0/3", "4/3", "1/0", "a/b", "1/99999", "-1/2"]) {
      assert.throws(() => parseShard(bad), /--shard must be like 2\/8/);
    }
  });
});
