/**
 * How far a search for texts of other pictures can be trusted: some right texts are made wrong, and what is found is
 * counted, beside what simpler tests would find. Knows no documents: who calls gives texts that are right.
 */

import { throwIfAborted } from "../../base/errors";
import { RandomStream } from "../../engine/decode/sampling";
import {
  type Comparing,
  findMismatches,
  type TextOfPicture,
} from "../../search/mismatch/mismatches";
import { ComparingMemory } from "../../search/mismatch/rememberedComparing";
import { bootstrap, type Interval } from "../metrics/bootstrap";
import { inject, injectGeneric, type Mistake, MISTAKES, type RightTexts } from "./inject";

export interface MismatchFigures {
  readonly nTexts: number;
  readonly nPictures: number;
  readonly nDocuments: number;
  /** Of texts that were made wrong, by the kind of mistake. */
  readonly mistakes: readonly (Measured & { readonly mistake: Mistake; readonly n: number })[];
  /** Findings at texts that were left as they are, for each thousand of them. */
  readonly falsePerThousand: Measured;
  /** If one text of a hundred is wrong: how many findings are right. */
  readonly precision: Measured;
  /** Texts that say nothing and were put in the place of others, and findings at them. */
  readonly generic: { readonly n: number; readonly findings: number };
  readonly baselines: readonly Baseline[];
}

export interface Measured {
  readonly value: number;
  /** Over documents. */
  readonly interval: Interval;
}

export interface Baseline {
  readonly name: "own similarity" | "margin uncorrected" | "ITM alone";
  readonly recall: number;
  readonly falsePerThousand: number;
}

export interface EvaluateOptions {
  readonly bank: readonly Float32Array[];
  readonly kinds?: readonly string[];
  readonly signal?: AbortSignal;
  /** Told after each trial. */
  readonly onTrial?: (nDone: number, nAll: number) => void;
}

/** Shares of the texts that are made wrong. */
const SHARES = [0.01, 0.05, 0.2];
const ROUNDS = 3;
const SEED = 1;
const PREVALENCE = 0.01;
const PER = 1000;

/** @throws AppError `request.cancelled`, and what the port throws. */
export async function evaluateMismatch(
  texts: readonly TextOfPicture[],
  port: Comparing,
  options: EvaluateOptions,
): Promise<MismatchFigures> {
  const known = new ComparingMemory().remembering(port);
  const rows: Float32Array[] = [];
  for (const { text } of texts) rows.push(await known.similarities(text));
  const right: RightTexts = {
    ...{ texts, kinds: options.kinds },
    similarity: (text, cluster) => rows[text]?.[cluster] ?? 0,
  };
  const trials = await runTrials(right, known, options);
  const generic = await runGeneric(right, known, options);
  const documents = [...new Set(texts.map(({ document }) => document))];
  return {
    nTexts: texts.length,
    nPictures: options.bank[0]?.length ?? 0,
    nDocuments: documents.length,
    ...figuresOf(trials, texts, documents),
    generic,
    baselines: baselinesOf(trials),
  };
}

/** What a simpler test has of a text: the lower, the more it is suspected. */
interface Simple {
  readonly own: number;
  readonly margin: number;
  readonly itm: number;
}

interface Trial {
  readonly mistake: Mistake;
  readonly wrong: ReadonlySet<number>;
  readonly found: ReadonlySet<number>;
  /** Of each text. */
  readonly simple: readonly Simple[];
}

async function runTrials(
  right: RightTexts,
  port: Comparing,
  { bank, signal, onTrial }: EvaluateOptions,
): Promise<readonly Trial[]> {
  const random = RandomStream.seeded(SEED);
  const mistakes = MISTAKES.filter((mistake) => mistake !== "kind" || right.kinds !== undefined);
  const nAll = mistakes.length * SHARES.length * ROUNDS;
  const trials: Trial[] = [];
  for (const mistake of mistakes) {
    for (const share of SHARES) {
      for (let round = 0; round < ROUNDS; round++) {
        throwIfAborted(signal);
        const count = Math.max(1, Math.round(share * right.texts.length));
        const { texts, wrong, gone } = inject(right, mistake, { count, random });
        const there = without(port, gone);
        const { findings } = await findMismatches(texts, there, { bank });
        const found = new Set(findings.flatMap((finding) => finding.texts));
        const simple: Simple[] = [];
        for (const text of texts) simple.push(await simpleOf(text, there));
        trials.push({ mistake, wrong, found, simple });
        onTrial?.(trials.length, nAll);
      }
    }
  }
  return trials;
}

async function simpleOf({ text, cluster }: TextOfPicture, port: Comparing): Promise<Simple> {
  const row = await port.similarities(text);
  const own = row[cluster] ?? 0;
  let best = -Infinity;
  for (const [i, score] of row.entries()) if (i !== cluster && score > best) best = score;
  const { probability } = await port.match(text, cluster);
  return { own, margin: own - best, itm: probability };
}

async function runGeneric(
  right: RightTexts,
  port: Comparing,
  { bank }: EvaluateOptions,
): Promise<MismatchFigures["generic"]> {
  const random = RandomStream.seeded(SEED);
  const count = Math.max(1, Math.round(0.05 * right.texts.length));
  const { texts, generic } = injectGeneric(right, { count, random });
  const { findings } = await findMismatches(texts, port, { bank });
  const told = new Set(findings.flatMap((finding) => finding.texts));
  return { n: generic.size, findings: [...generic].filter((i) => told.has(i)).length };
}

/** Sums over chosen documents; the same document may be chosen more than once. */
interface Tally {
  wrong: number;
  found: number;
  right: number;
  false: number;
}

function figuresOf(
  trials: readonly Trial[],
  texts: readonly TextOfPicture[],
  documents: readonly string[],
): Pick<MismatchFigures, "mistakes" | "falsePerThousand" | "precision"> {
  const placeOf = new Map(documents.map((document, i) => [document, i]));
  const mistakes = [...new Set(trials.map(({ mistake }) => mistake))];
  const tallies = new Map(
    mistakes.map((mistake) => [mistake, documents.map((): Tally => emptyTally())]),
  );
  for (const { mistake, wrong, found } of trials) {
    for (const [i, { document }] of texts.entries()) {
      const tally = tallies.get(mistake)![placeOf.get(document)!]!;
      const isFound = found.has(i) ? 1 : 0;
      if (wrong.has(i)) {
        tally.wrong++;
        tally.found += isFound;
      } else {
        tally.right++;
        tally.false += isFound;
      }
    }
  }
  const everyone = documents.map((_, i) => i);
  const measure = (chosen: readonly number[]): Record<string, number> => {
    const each = mistakes.map((mistake) => sumOf(chosen.map((i) => tallies.get(mistake)![i]!)));
    const all = sumOf(each);
    const falseRate = ratio(all.false, all.right);
    const hits = ratio(all.found, all.wrong) * PREVALENCE;
    return {
      ...Object.fromEntries(
        mistakes.map((name, i) => [name, ratio(each[i]!.found, each[i]!.wrong)]),
      ),
      false: falseRate * PER,
      precision: ratio(hits, hits + falseRate * (1 - PREVALENCE)),
    };
  };
  const values = measure(everyone);
  const intervals = bootstrap({ nClusters: documents.length }, measure);
  const measured = (name: string): Measured => ({
    value: values[name]!,
    interval: intervals[name]!,
  });
  return {
    mistakes: mistakes.map((mistake) => ({
      mistake,
      n: sumOf(tallies.get(mistake)!).wrong,
      ...measured(mistake),
    })),
    falsePerThousand: measured("false"),
    precision: measured("precision"),
  };
}

function emptyTally(): Tally {
  return { wrong: 0, found: 0, right: 0, false: 0 };
}

function sumOf(tallies: readonly Tally[]): Tally {
  const sum = emptyTally();
  for (const tally of tallies) {
    sum.wrong += tally.wrong;
    sum.found += tally.found;
    sum.right += tally.right;
    sum.false += tally.false;
  }
  return sum;
}

const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);

/**
 * What tests of one number do: those with a threshold at the recall that ours has, so that their false findings
 * can be compared; ITM has a threshold of its own.
 */
function baselinesOf(trials: readonly Trial[]): readonly Baseline[] {
  const pairs = trials.flatMap(({ wrong, found, simple }) =>
    simple.map((of, i) => ({ ...of, isWrong: wrong.has(i), isFound: found.has(i) })),
  );
  const wrong = pairs.filter(({ isWrong }) => isWrong);
  const right = pairs.filter(({ isWrong }) => !isWrong);
  const recall = ratio(wrong.filter(({ isFound }) => isFound).length, wrong.length);
  const shares = (isTold: (of: Simple) => boolean): Omit<Baseline, "name"> => ({
    recall: ratio(wrong.filter(isTold).length, wrong.length),
    falsePerThousand: ratio(right.filter(isTold).length, right.length) * PER,
  });
  const atRecall = (of: (simple: Simple) => number): Omit<Baseline, "name"> => {
    const sorted = wrong.map(of).sort((a, b) => a - b);
    const threshold = sorted[Math.ceil(recall * sorted.length) - 1] ?? -Infinity;
    return shares((simple) => of(simple) <= threshold);
  };
  return [
    { name: "own similarity", ...atRecall(({ own }) => own) },
    { name: "margin uncorrected", ...atRecall(({ margin }) => margin) },
    { name: "ITM alone", ...shares(({ itm }) => itm < 0.5) },
  ];
}

/** Pictures that are gone fit nothing. */
function without(port: Comparing, gone: ReadonlySet<number>): Comparing {
  if (gone.size === 0) return port;
  return {
    ...port,
    similarities: async (text) => {
      const row = (await port.similarities(text)).slice();
      for (const cluster of gone) row[cluster] = -1;
      return row;
    },
  };
}
