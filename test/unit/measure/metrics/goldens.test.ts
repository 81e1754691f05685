/** The benchmarks' own programs give the same figures; metrics with a known mistake in them do not. */

import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import type { build as Build } from "esbuild";
import { ciderD, documentFrequencies } from "../../../../src/measure/metrics/cider";
import type { ScoredCaption } from "../../../../src/measure/metrics/ngrams";
import { GOLDENS } from "../../../helpers/metricGoldens";

type Golden = keyof typeof GOLDENS;

interface Mutant {
  readonly what: string;
  readonly file: string;
  /** Occurs once in the file. */
  readonly from: string;
  readonly to: string;
  readonly red: Golden;
}

// prettier-ignore
const MUTANTS: readonly Mutant[] = [
  { what: "a blank for every mark, where some vanish", file: "vqaNormalise.ts",
    from: 'vanishes ? "" : " "', to: '" "', red: "normalised answers" },
  { what: "as many full stops as there are", file: "vqaNormalise.ts",
    from: "left-- > 0", to: "true", red: "normalised answers" },
  { what: "digits of ASCII only", file: "vqaNormalise.ts",
    from: "/\\p{Nd},\\p{Nd}/u", to: "/[0-9],[0-9]/u", red: "normalised answers" },
  { what: "words as JavaScript splits them", file: "pythonText.ts",
    from: "text.split(WHITE_SPACE)", to: "text.split(/\\s+/)", red: "normalised answers" },
  { what: "annotators' answers that agree are normalised too", file: "vqaAccuracy.ts",
    from: "size > 1", to: "size > 0", red: "VQA accuracies" },
  { what: "the best F of one reference for ROUGE-L", file: "rouge.ts",
    from: "precision = Math.max(precision, common / words.length);\n    recall = Math.max(recall, common / others.length);",
    to: "const p = common / words.length, r = common / others.length;\n    const f = (a: number, b: number): number => a * b === 0 ? 0 : ((1 + BETA_SQUARED) * a * b) / (b + BETA_SQUARED * a);\n    if (f(p, r) > f(precision, recall)) { precision = p; recall = r; }",
    red: "caption scores" },
  { what: "CIDEr without clipping", file: "cider.ts",
    from: "Math.min(weight, other) * other", to: "weight * other", red: "caption scores" },
  { what: "CIDEr without the penalty for length", file: "cider.ts",
    from: "-(delta ** 2)", to: "-0 * (delta ** 2)", red: "caption scores" },
  { what: "BLEU with the longer of two closest references", file: "bleu.ts",
    from: "|| a - b", to: "|| b - a", red: "caption scores" },
  { what: "brackets left out too", file: "tokenizer/ptbTokenizer.ts",
    from: "!PUNCTUATION.has(token)", to: "!PUNCTUATION.has(token) && !PUNCTUATION.has(token.toUpperCase())",
    red: "tokens of captions" },
  { what: "the first rule that fits, however short", file: "tokenizer/automaton.ts",
    from: "best = { pattern, end };", to: "best ??= { pattern, end };", red: "tokens of captions" },
  { what: "a softmax before the sum", file: "retrieval.ts",
    from: "return logit + similarity;", to: "return 1 / (1 + Math.exp(-logit)) + similarity;",
    red: "retrieval of shortlists" },
];

describe("what the benchmarks' own programs computed", () => {
  for (const [name, check] of Object.entries(GOLDENS)) it(`equals ours: ${name}`, check);

  let folder: string;

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "sightline-mutants-"));
  });

  after(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  for (const [i, mutant] of MUTANTS.entries()) {
    it(`is missed by a mutant: ${mutant.what}`, async () => {
      const { [mutant.red]: check } = await mutantGoldens(mutant, path.join(folder, `${i}.cjs`));
      assert.throws(check, assert.AssertionError);
    });
  }

  it("is missed by frequencies of the whole set for a domain", async () => {
    // The one mistake that lies in what a metric is given.
    const { tokens, perDomain } = JSON.parse(
      await readFile(path.resolve("test/fixtures/eval/captions-scores.json"), "utf8"),
    ) as {
      readonly tokens: Readonly<Record<string, ScoredCaption>>;
      readonly perDomain: Readonly<Record<string, { readonly CIDEr: number }>>;
    };
    const { images } = JSON.parse(
      await readFile(path.resolve("test/fixtures/eval/captions-annotations.json"), "utf8"),
    ) as { readonly images: readonly { readonly id: number; readonly domain: string }[] };
    const whole = documentFrequencies(Object.values(tokens).map(({ references }) => references));
    for (const [domain, { CIDEr }] of Object.entries(perDomain)) {
      const own = images.filter((image) => image.domain === domain).map(({ id }) => tokens[id]!);
      const mean = own.reduce((sum, item) => sum + ciderD(item, whole), 0) / own.length;
      assert.ok(Math.abs(mean - CIDEr) > 1e-3, domain);
    }
  });
});

/** The same checks, of metrics with a mistake put in. */
async function mutantGoldens(mutant: Mutant, outfile: string): Promise<typeof GOLDENS> {
  const require = createRequire(path.resolve("package.json"));
  const { build } = require("esbuild") as { readonly build: typeof Build };
  await build({
    entryPoints: [path.resolve("test/helpers/metricGoldens.ts")],
    outfile,
    bundle: true,
    platform: "node",
    format: "cjs",
    logLevel: "error",
    plugins: [
      {
        name: "mutant",
        setup: (bundling) => {
          bundling.onLoad(
            { filter: new RegExp(`metrics/${mutant.file.replace(".", "\\.")}$`) },
            async (args) => {
              const text = await readFile(args.path, "utf8");
              assert.equal(text.split(mutant.from).length, 2, `${mutant.file} has it once`);
              return { contents: text.replace(mutant.from, mutant.to), loader: "ts" };
            },
          );
        },
      },
    ],
  });
  return (require(outfile) as { readonly GOLDENS: typeof GOLDENS }).GOLDENS;
}
