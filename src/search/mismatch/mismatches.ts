/**
 * Texts that belong to another picture. One number, the margin by which another picture fits a text better once
 * what likes everything is corrected for (CSLS, Conneau et al. 2018), and ITM as the judge. Knows no index and no
 * document: who calls says how pictures and texts compare.
 */

import type { MismatchKind } from "../../model/ask/textScores";
import type { PictureMatch } from "../../model/ask/request";
import { bestAssignment, cyclesOf } from "./assignment";

/** A text and its picture. Pictures are clusters: copies of one picture are one. */
export interface TextOfPicture {
  readonly cluster: number;
  readonly text: string;
  /** Where texts could have been shifted among each other. */
  readonly document: string;
}

export interface Comparing {
  /** Similarities of a text with each cluster; of several sentences the largest. */
  similarities(text: string): Promise<Float32Array>;
  /** ITM of a text with a cluster. */
  match(text: string, cluster: number): Promise<PictureMatch>;
}

export interface Mismatch {
  readonly kind: MismatchKind;
  /** Indices of texts; of a shift all of them, in the order in which each text belongs to the next picture. */
  readonly texts: readonly number[];
  /** The cluster that the first text fits. */
  readonly rival: number;
  readonly margin: number;
  /** ITM with the text's own picture and with the other. */
  readonly own: number;
  readonly fit: number;
}

export interface MismatchResult {
  readonly findings: readonly Mismatch[];
  /** How many texts were compared. */
  readonly nTested: number;
  /** Indices of texts that say as little of one picture as of another. */
  readonly generic: readonly number[];
}

/** That a text fits a cluster, beside which text of which document. */
export interface PlacedMismatch {
  readonly kind: MismatchKind;
  /** Index of the text. */
  readonly text: number;
  /** The cluster that it fits. */
  readonly fits: number;
  /** Where two texts were swapped, the index of the other one. */
  readonly partner?: number;
}

/** What a finding says of each of its texts. */
export function placesOf(
  { kind, texts: places, rival }: Mismatch,
  texts: readonly TextOfPicture[],
): readonly PlacedMismatch[] {
  return places.map((text, at) => {
    const next = texts[places[(at + 1) % places.length] ?? text]?.cluster;
    const fits = places.length === 1 ? rival : (next ?? rival);
    const partner = kind === "swapped" ? places[1 - at] : undefined;
    return { kind, text, fits, ...(partner === undefined ? {} : { partner }) };
  });
}

/** Starting values; the published measurements of this method are synthetic. */
export interface MismatchLimits {
  /** Smallest corrected margin. @default 0.05 */
  readonly margin?: number;
  /** Smallest difference of ITM's log-odds. @default 2 */
  readonly logOdds?: number;
}

/** Fewer pictures say nothing of each other. */
export const MIN_CLUSTERS = 3;
const NEIGHBOURS = 10;
const IS_MATCH = 0.5;
/** Texts of a document that are assigned at once. */
const MAX_ASSIGNED = 200;
const MIN_CYCLE = 3;
/** Share of the bank whose spread a generic text falls below. */
const GENERIC_SHARE = 0.1;

/**
 * @param bank similarities of sentences about other things, [sentences][clusters].
 * @throws what the port throws.
 */
export async function findMismatches(
  texts: readonly TextOfPicture[],
  port: Comparing,
  options: MismatchLimits & { readonly bank: readonly Float32Array[] },
): Promise<MismatchResult> {
  const { bank, margin: minMargin = 0.05, logOdds = 2 } = options;
  const nClusters = bank[0]?.length ?? 0;
  if (nClusters < MIN_CLUSTERS) return { findings: [], nTested: 0, generic: [] };
  const rows: Float32Array[] = [];
  for (const { text } of texts) rows.push(await port.similarities(text));
  const generic = genericTexts(rows, bank);
  const corrected = correct(rows, bank);
  const tested = texts.map((_, i) => i).filter((i) => !generic.has(i));
  const limits = { minMargin, logOdds };
  const shifts = await findShifts(texts, { port, corrected, tested, limits });
  const shifted = new Set(shifts.flatMap((finding) => finding.texts));
  const findings: Mismatch[] = [...shifts];
  const told = new Set<number>();
  for (const i of tested) {
    if (shifted.has(i) || told.has(i)) continue;
    const rival = rivalOf(corrected[i] ?? new Float32Array(0), texts[i]?.cluster ?? 0);
    if (rival.margin < minMargin) continue;
    const finding = await confirm(i, { texts, port, rival, logOdds });
    if (finding === undefined) continue;
    // A swap is one finding with two places.
    finding.texts.forEach((text) => told.add(text));
    findings.push(finding);
  }
  return { findings, nTested: tested.length, generic: [...generic] };
}

/** The cluster that fits best beside the text's own, and by how much better. */
function rivalOf(
  scores: Float32Array,
  own: number,
): { readonly cluster: number; readonly margin: number } {
  let cluster = -1;
  for (let i = 0; i < scores.length; i++) {
    if (i !== own && (cluster < 0 || scores[i]! > scores[cluster]!)) cluster = i;
  }
  return { cluster, margin: (scores[cluster] ?? -Infinity) - (scores[own] ?? 0) };
}

/** 2·S less the mean of the picture's ten best texts (and bank sentences) and of the text's ten best pictures. */
function correct(
  rows: readonly Float32Array[],
  bank: readonly Float32Array[],
): readonly Float32Array[] {
  const nClusters = bank[0]?.length ?? 0;
  const all = [...rows, ...bank];
  const ofPicture = Float64Array.from({ length: nClusters }, (_, cluster) =>
    meanOfBest(Float32Array.from(all, (row) => row[cluster] ?? 0)),
  );
  return rows.map((row) => {
    const ofText = meanOfBest(row);
    return row.map((score, cluster) => 2 * score - ofPicture[cluster]! - ofText);
  });
}

function meanOfBest(scores: Float32Array): number {
  const best = scores.slice().sort().subarray(-NEIGHBOURS);
  return best.reduce((sum, score) => sum + score, 0) / best.length;
}

/** Texts that tell pictures apart less than nearly all sentences of the bank do. */
function genericTexts(
  rows: readonly Float32Array[],
  bank: readonly Float32Array[],
): ReadonlySet<number> {
  const spreads = Float64Array.from(bank, spreadOf).sort();
  const least = spreads[Math.floor(spreads.length * GENERIC_SHARE)] ?? 0;
  return new Set(rows.flatMap((row, i) => (spreadOf(row) < least ? [i] : [])));
}

function spreadOf(row: Float32Array): number {
  const mean = row.reduce((sum, score) => sum + score, 0) / row.length;
  return Math.sqrt(row.reduce((sum, score) => sum + (score - mean) ** 2, 0) / row.length);
}

/** ITM refuses the own picture and takes the other; the other picture's text names the kind. */
async function confirm(
  place: number,
  by: {
    readonly texts: readonly TextOfPicture[];
    readonly port: Comparing;
    readonly rival: { readonly cluster: number; readonly margin: number };
    readonly logOdds: number;
  },
): Promise<Mismatch | undefined> {
  const { texts, port, rival, logOdds } = by;
  const { text, cluster } = texts[place]!;
  const own = await port.match(text, cluster);
  if (own.probability >= IS_MATCH) return undefined;
  const fit = await port.match(text, rival.cluster);
  if (fit.probability <= IS_MATCH || fit.logOdds - own.logOdds < logOdds) return undefined;
  const there = texts.flatMap((other, i) => (other.cluster === rival.cluster ? [i] : []));
  const common = {
    ...{ rival: rival.cluster, margin: rival.margin },
    ...{ own: own.probability, fit: fit.probability },
  };
  const alone = { texts: [place], ...common };
  if (there.length === 0) return { kind: "moved", ...alone };
  if (there.some((i) => texts[i]!.text === text)) return { kind: "copied", ...alone };
  for (const other of there) {
    const theirs = texts[other]!.text;
    const here = await port.match(theirs, cluster);
    if (here.probability <= IS_MATCH) continue;
    const home = await port.match(theirs, rival.cluster);
    if (home.probability < IS_MATCH) {
      return { kind: "swapped", ...common, texts: [place, other] };
    }
  }
  return { kind: "other", ...alone };
}

/** Circles of at least three texts of a document that fit each other's pictures better together. */
async function findShifts(
  texts: readonly TextOfPicture[],
  by: {
    readonly port: Comparing;
    readonly corrected: readonly Float32Array[];
    readonly tested: readonly number[];
    readonly limits: { readonly minMargin: number; readonly logOdds: number };
  },
): Promise<readonly Mismatch[]> {
  const { port, corrected, tested, limits } = by;
  const documents = new Map<string, number[]>();
  for (const i of tested) {
    const { document, cluster } = texts[i]!;
    const own = documents.get(document) ?? [];
    // A picture that a document shows twice has two texts, and one column.
    if (!own.some((other) => texts[other]!.cluster === cluster)) own.push(i);
    documents.set(document, own);
  }
  const findings: Mismatch[] = [];
  for (const members of documents.values()) {
    if (members.length < MIN_CYCLE || members.length > MAX_ASSIGNED) continue;
    const gain = members.map((i) => members.map((j) => corrected[i]![texts[j]!.cluster]!));
    for (const cycle of cyclesOf(bestAssignment(gain), MIN_CYCLE)) {
      const finding = await confirmShift(
        cycle.map((at) => members[at]!),
        { texts, port, corrected, limits },
      );
      if (finding !== undefined) findings.push(finding);
    }
  }
  return findings;
}

/** Each text of the circle is refused by its own picture and taken by the next one's. */
async function confirmShift(
  cycle: readonly number[],
  by: {
    readonly texts: readonly TextOfPicture[];
    readonly port: Comparing;
    readonly corrected: readonly Float32Array[];
    readonly limits: { readonly minMargin: number; readonly logOdds: number };
  },
): Promise<Mismatch | undefined> {
  const { texts, port, corrected, limits } = by;
  const next = (at: number): number => texts[cycle[(at + 1) % cycle.length]!]!.cluster;
  const total = cycle.reduce((sum, i, at) => {
    const row = corrected[i]!;
    return sum + row[next(at)]! - row[texts[i]!.cluster]!;
  }, 0);
  if (total < limits.minMargin * MIN_CYCLE) return undefined;
  let weakest: { own: number; fit: number } | undefined;
  for (const [at, i] of cycle.entries()) {
    const { text, cluster } = texts[i]!;
    const own = await port.match(text, cluster);
    const fit = await port.match(text, next(at));
    const isConfirmed =
      own.probability < IS_MATCH &&
      fit.probability > IS_MATCH &&
      fit.logOdds - own.logOdds >= limits.logOdds;
    if (!isConfirmed) return undefined;
    if (weakest === undefined || fit.probability < weakest.fit) {
      weakest = { own: own.probability, fit: fit.probability };
    }
  }
  if (weakest === undefined) return undefined;
  return {
    kind: "shifted",
    texts: cycle,
    rival: next(0),
    margin: total / cycle.length,
    ...weakest,
  };
}
