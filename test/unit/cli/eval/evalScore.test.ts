/** `eval score` on the recorded files, on files that are wrong, and with stand-ins for other people's programs. */

import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { runCli } from "../../../../src/cli/program";
import { fixturePath } from "../../../helpers/fixtures";
import { testHost } from "../../../helpers/cliHost";
import { assertClose, recorded } from "../../../helpers/metricGoldens";

interface Outcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function score(...args: string[]): Promise<Outcome> {
  const host = testHost();
  const exitCode = await runCli(["eval", "score", ...args], host);
  return { exitCode, stdout: host.stdout.text, stderr: host.stderr.text };
}

const file = (name: string): string => fixturePath("eval", `${name}.json`);
const VQA = ["--questions", file("vqa-questions"), "--annotations", file("vqa-annotations")];
const CAPTIONS = [
  "--annotations",
  file("captions-annotations"),
  "--predictions",
  file("captions-results"),
];

describe("eval score", () => {
  let folder: string;

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "sightline-score-"));
  });

  after(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  const written = async (name: string, value: unknown): Promise<string> => {
    const to = path.join(folder, name);
    await writeFile(to, typeof value === "string" ? value : JSON.stringify(value));
    return to;
  };

  it("prints both variants of VQA accuracy as their programs do", async () => {
    const { exitCode, stdout } = await score(
      "vqav2",
      ...VQA,
      "--predictions",
      file("vqa-results"),
      "--json",
    );
    assert.equal(exitCode, 0);
    const { official, lavis } = recorded("vqa-accuracy") as Record<string, unknown>;
    assert.deepEqual(JSON.parse(stdout), { task: "vqav2", n: 71, variants: { official, lavis } });
  });

  it("prints captions' metrics of the corpus and of each picture", async () => {
    const { stdout, stderr } = await score("coco-captions", ...CAPTIONS, "--json");
    const json = JSON.parse(stdout) as Record<string, Record<string, unknown>>;
    assert.deepEqual(Object.keys(json), ["task", "n", "metrics", "perImage"]);
    const { corpus, perImage } = recorded("captions-scores") as {
      readonly corpus: Record<string, number>;
      readonly perImage: Record<string, Record<string, number>>;
    };
    for (const [name, value] of Object.entries(corpus)) {
      assertClose(json["metrics"]![name] as number, value, name);
    }
    for (const [id, figures] of Object.entries(perImage)) {
      const ours = json["perImage"]![id] as Record<string, number>;
      for (const [name, value] of Object.entries(figures)) assertClose(ours[name]!, value, id);
    }
    assert.match(stderr, /METEOR and SPICE: not computed \(needs Java/);
  });

  it("scores each domain of NoCaps alone", async () => {
    const { stdout } = await score("nocaps", ...CAPTIONS, "--json");
    const { perDomain } = JSON.parse(stdout) as {
      readonly perDomain: Record<string, { CIDEr: number }>;
    };
    const expected = recorded("captions-scores") as { readonly perDomain: typeof perDomain };
    for (const [domain, { CIDEr }] of Object.entries(expected.perDomain)) {
      assertClose(perDomain[domain]!.CIDEr, CIDEr, domain);
    }
  });

  it("reads GQA in both shapes, and predictions under both names", async () => {
    const { pairs } = recorded("gqa") as {
      readonly pairs: readonly { prediction: string; answer: string }[];
    };
    const object = Object.fromEntries(
      pairs.map(({ answer }, i) => [`q${i}`, { imageId: "n1", question: "what?", answer }]),
    );
    const list = pairs.map(({ answer }, i) => ({
      ...{ image: "images/n1.jpg", question: "what?", answer, question_id: `q${i}` },
    }));
    const theirs = pairs.map(({ prediction }, i) => ({ questionId: `q${i}`, prediction }));
    const ours = pairs.map(({ prediction }, i) => ({ question_id: `q${i}`, answer: prediction }));
    const outputs: string[] = [];
    for (const [questions, predictions] of [
      [object, theirs],
      [list, ours],
    ] as const) {
      const { stdout } = await score(
        ...["gqa", "--json", "--questions", await written("q.json", questions)],
        ...["--predictions", await written("p.json", predictions)],
      );
      outputs.push(stdout);
    }
    assert.equal(outputs[0], outputs[1]);
    const { variants } = JSON.parse(outputs[0]!) as {
      variants: Record<string, { overall: number }>;
    };
    assertClose(variants["lavis"]!.overall, 61.53846153846154, "LAVIS");
  });

  it("names ids that are missing, double or unknown", async () => {
    const results = recorded("vqa-results") as readonly { question_id: number; answer: string }[];
    const run = async (value: unknown, ...more: string[]): Promise<Outcome> =>
      await score("vqav2", ...VQA, "--predictions", await written("r.json", value), ...more);
    assert.match(
      (await run(results.slice(2))).stderr,
      /2 questions of 71 have no prediction: 1000, 1001\./,
    );
    assert.match(
      (await run([...results, results[0]])).stderr,
      /1 question is predicted more than once: 1000/,
    );
    assert.match(
      (await run([...results, { question_id: 7, answer: "" }])).stderr,
      /1 question is not in .*: 7/,
    );
    const part = await run(results.slice(2), "--allow-missing");
    assert.equal(part.exitCode, 0);
    assert.match(part.stdout, /69 questions, a part of 71/);
    assert.match((await run([], "--allow-missing")).stderr, /no prediction of any question/);
  });

  it("takes ids as texts, shards, and a byte order mark", async () => {
    const results = recorded("vqa-results") as readonly { question_id: number; answer: string }[];
    const texts = results.map((row) => ({ ...row, question_id: String(row.question_id) }));
    const files = [
      await written("a.json", `\ufeff${JSON.stringify(texts.slice(0, 30))}`),
      await written("b.json", texts.slice(30)),
    ];
    const { stdout } = await score("vqav2", ...VQA, "--predictions", ...files, "--json");
    const { lavis } = recorded("vqa-accuracy") as Record<string, unknown>;
    assert.deepEqual(
      (JSON.parse(stdout) as { variants: { lavis: unknown } }).variants.lavis,
      lavis,
    );
  });

  for (const [what, text, message] of [
    ["no JSON", "[", /is not valid JSON/],
    ["no list", "{}", /must be a JSON list/],
    ["a row that is none", "[1]", /must be a JSON object/],
    ["a row without an answer", '[{"question_id": 1000}]', /"\[0\]\.answer" must be a text/],
    [
      "an id that is none",
      '[{"question_id": {}, "answer": ""}]',
      /question_id" must be a whole number/,
    ],
    [
      "a polluting key",
      '[{"__proto__": 1, "question_id": "x", "answer": ""}]',
      /not in the benchmark/,
    ],
  ] as const) {
    it(`says what is wrong with a file: ${what}`, async () => {
      const outcome = await score(
        "vqav2",
        ...VQA,
        "--predictions",
        await written("bad.json", text),
      );
      assert.equal(outcome.exitCode, 1);
      assert.match(outcome.stderr, message);
    });
  }

  it("gives intervals when asked, the same each time", async () => {
    const args = ["vqav2", ...VQA, "--predictions", file("vqa-results"), "--json", "--intervals"];
    const first = await score(...args);
    assert.equal(first.stdout, (await score(...args)).stdout);
    const { intervals } = JSON.parse(first.stdout) as {
      intervals: Record<string, [number, number]>;
    };
    const [low, high] = intervals["accuracy (lavis)"]!;
    assert.ok(low < 67.46 && high > 67.46);
  });

  it("scores dictionary forms that a command makes", async () => {
    const { stdout } = await score(
      ...["okvqa", ...VQA, "--predictions", file("vqa-results"), "--lemmatizer", "cat", "--json"],
    );
    const json = JSON.parse(stdout) as Record<string, unknown>;
    assert.deepEqual(json["lemmatized"], json["variants"]);
    const args = ["okvqa", ...VQA, "--predictions", file("vqa-results"), "--lemmatizer"];
    assert.match((await score(...args, "head -n 1")).stderr, /wrote 1 lines for 71 answers/);
    assert.match(
      (await score(...args, "echo no >&2; false")).stderr,
      /failed with exit code 1: no/,
    );
  });

  describe("with stand-ins for the official programs", () => {
    /** Java in a shell: METEOR's lines, SPICE's files, and the version. */
    const java = async (spice: string): Promise<string> => {
      for (const jar of ["meteor/meteor-1.5.jar", "spice/spice-1.0.jar"]) {
        await mkdir(path.join(folder, path.dirname(jar)), { recursive: true });
        await writeFile(path.join(folder, jar), jar);
      }
      const to = await written(
        "java",
        `#!/bin/sh
echo "$*" >> "${folder}/calls"
case "$*" in
*-version*) echo 'openjdk version "17.0.15" 2025-04-15' >&2 ;;
*meteor*) while read -r line; do case "$line" in
  SCORE*) echo "1.0 2.0" ;;
  EVAL*) n=0; while [ $n -lt 24 ]; do echo 0.25; n=$((n+1)); done; echo 0.5 ;;
  esac; done ;;
*spice*) while [ $# -gt 0 ]; do [ "$1" = -out ] && out=$2; shift; done
  ${spice} ;;
esac
`,
      );
      await chmod(to, 0o755);
      return to;
    };
    const rows = (f: string): string =>
      `n=0; printf '[' > $out; while [ $n -lt 24 ]; do [ $n -gt 0 ] && printf ',' >> $out; printf '{"image_id": %d, "scores": {"All": {"f": ${f}}}}' $n >> $out; n=$((n+1)); done; printf ']' >> $out`;
    const run = async (
      spice: string,
    ): Promise<{ json: Record<string, Record<string, unknown>>; stderr: string }> => {
      const { stdout, stderr } = await score(
        ...[
          "coco-captions",
          ...CAPTIONS,
          "--coco-caption",
          folder,
          "--java",
          await java(spice),
          "--json",
        ],
      );
      return { json: JSON.parse(stdout) as Record<string, Record<string, unknown>>, stderr };
    };

    it("adds METEOR and SPICE, and says what made them", async () => {
      const { json } = await run(rows("0.125"));
      assert.equal(json["metrics"]!["METEOR"], 0.5);
      assert.equal(json["metrics"]!["SPICE"], 0.125);
      assert.equal((json["perImage"]!["1001"] as Record<string, number>)["METEOR"], 0.25);
      assert.match(String(json["programs"]!["java"]), /17\.0\.15/);
      const calls = await readFile(path.join(folder, "calls"), "utf8");
      assert.match(calls, /-jar -Xmx2G meteor-1\.5\.jar - - -stdio -l en -norm/);
      assert.match(
        calls,
        /--add-opens java\.base\/java\.lang=ALL-UNNAMED -jar -Xmx8G spice-1\.0\.jar/,
      );
    });

    it("says why one was not computed", async () => {
      const withoutNumber = await run(rows("NaN"));
      assert.match(withoutNumber.stderr, /SPICE: not computed \(SPICE gave no number for 24 of 24/);
      const failing = await run("echo broken >&2; exit 3");
      assert.match(
        failing.stderr,
        /SPICE: not computed \(SPICE .* failed with exit code 3: broken\)/,
      );
      assert.equal(failing.json["metrics"]!["METEOR"], 0.5);
    });

    it("refuses a folder without the files, and a Java that is not there", async () => {
      const empty = path.join(folder, "empty");
      await mkdir(empty);
      const nothing = await score("coco-captions", ...CAPTIONS, "--coco-caption", empty);
      assert.match(nothing.stderr, /has none of .*meteor-1\.5\.jar/);
      const missing = await score(
        ...["coco-captions", ...CAPTIONS, "--coco-caption", folder, "--java", "/nonexistent/java"],
      );
      assert.match(missing.stderr, /Java \(\/nonexistent\/java\) cannot be started/);
    });
  });

  it("scores retrieval from the pairs of each picture", async () => {
    const { small } = recorded("retrieval") as Record<
      string,
      {
        readonly k: number;
        readonly img2txt: readonly number[][];
        readonly imageToText: readonly Record<string, number>[];
        readonly textToImage: readonly Record<string, number>[];
        readonly itmLogits: readonly number[][];
        readonly metrics: Record<string, number>;
        readonly metricsOfItcAlone: Record<string, number>;
      }
    >;
    const example = small!;
    const annotations = example.img2txt.map((texts, i) => ({
      ...{ image: `p/${i + 1}.jpg`, caption: texts.map((text) => `text ${text}`) },
    }));
    const rows = example.img2txt.map((_, picture) => {
      const pairs = new Map<number, number>(
        Object.entries(example.imageToText[picture]!).map(([text, fused]) => [Number(text), fused]),
      );
      for (const [text, list] of example.textToImage.entries()) {
        const fused = list[picture];
        if (fused !== undefined) pairs.set(text, fused);
      }
      const asRow = ([text, fused]: [number, number]): number[] => {
        const itm = example.itmLogits[picture]![text]!;
        return [text, fused - itm, itm];
      };
      return { image_id: picture + 1, pairs: [...pairs].map(asRow) };
    });
    const args = ["--annotations", await written("texts.json", annotations), "--json", "--k", "12"];
    const { stdout } = await score(
      "flickr30k",
      "--predictions",
      await written("pairs.json", rows),
      ...args,
    );
    const json = JSON.parse(stdout) as Record<string, Record<string, number>>;
    for (const [name, value] of Object.entries(example.metrics)) {
      assertClose(json["metrics"]![name]!, value, name);
    }
    for (const [name, value] of Object.entries(example.metricsOfItcAlone)) {
      assertClose(json["itcOnly"]![name]!, value, name);
    }
    const broken = await score(
      ...[
        "flickr30k",
        "--predictions",
        await written("pairs.json", [{ image_id: 1, pairs: [[99, 1, 1]] }]),
        ...args,
      ],
    );
    assert.match(broken.stderr, /texts with numbers below 80/);
  });
});
