/** COCO captions and NoCaps: one caption a picture against what people wrote. */

import { bootstrap } from "../../metrics/bootstrap";
import { CAPTION_METRICS, type CaptionFigures, captionScores } from "../../metrics/captionScores";
import type { ScoredCaption } from "../../metrics/ngrams";
import { tokenizeCaptions } from "../../metrics/tokenizer/ptbTokenizer";
import type { CaptionedPicture } from "../data/captionFiles";
import type { EvalId } from "../data/evalJson";
import type { Prediction } from "../data/vqaFiles";
import type { EvalTask } from "../tasks";
import { byExpectedId } from "./checkIds";
import type { ExtraMetrics, OfficialPrograms, RawCaption } from "../programs/officialPrograms";
import type { Figure, Scored } from "./scored";

export interface CaptionsToScore {
  readonly pictures: readonly CaptionedPicture[];
  readonly predictions: readonly Prediction[];
  readonly allowMissing?: boolean;
  /** Computes METEOR and SPICE, and tokens too where it has the tokenizer. */
  readonly programs?: OfficialPrograms | undefined;
}

/** @throws AppError `document.unparsable`, and what a program throws. */
export async function scoreCaptions(
  task: EvalTask,
  { pictures, predictions, allowMissing = false, programs }: CaptionsToScore,
): Promise<Scored> {
  const found = byExpectedId(
    pictures.map(({ id }) => id),
    predictions,
    { item: "picture", allowMissing },
  );
  const scored = pictures.filter(({ id }) => found.has(id));
  const raw = scored.map(({ id, captions }): RawCaption => ({
    candidate: found.get(id)?.text ?? "",
    references: captions,
  }));
  const { captions, notes } = await tokenized(raw, programs);
  const scores = captionScores(captions);
  const extra = await programs?.metrics(captions);
  const domains = task === "nocaps" ? domainScores(scored, captions) : {};
  const scale = (name: string, value: number): Figure => ({ name, value: value * 100 });
  return {
    task,
    n: scored.length,
    of: pictures.length,
    figures: [
      ...["CIDEr", "Bleu_4", "Bleu_1", "Bleu_2", "Bleu_3", "ROUGE_L"].map((name) =>
        scale(name, scores.corpus[name as keyof CaptionFigures]),
      ),
      ...Object.entries(extra?.corpus ?? {}).map(([name, value]) => scale(name, value)),
      ...Object.entries(domains).flatMap(([domain, { CIDEr }]) => [
        scale(`CIDEr, ${domain}`, CIDEr),
      ]),
    ],
    intervals: () =>
      bootstrap({ nClusters: scored.length }, (chosen) => {
        const figures = scores.resampled(chosen);
        return Object.fromEntries(CAPTION_METRICS.map((name) => [name, figures[name] * 100]));
      }),
    json: {
      task,
      n: scored.length,
      metrics: { ...scores.corpus, ...extra?.corpus },
      ...(Object.keys(domains).length === 0 ? {} : { perDomain: domains }),
      perImage: perImage(
        scored.map(({ id }) => id),
        scores.each,
        extra,
      ),
      ...(programs === undefined
        ? {}
        : { programs: { ...programs.description, reasons: extra?.reasons } }),
    },
    notes: [
      ...notes,
      ...Object.entries(extra?.reasons ?? {}).map(([name, reason]) => `${name}: ${reason}.`),
    ],
  };
}

function perImage(
  ids: readonly EvalId[],
  each: readonly CaptionFigures[],
  extra: ExtraMetrics | undefined,
): Record<EvalId, object> {
  return Object.fromEntries(
    ids.map((id, i) => {
      const more = Object.entries(extra?.each ?? {}).map(([name, values]) => [name, values[i]]);
      return [id, { ...each[i], ...(Object.fromEntries(more) as object) }];
    }),
  );
}

/** All captions of a side together, as the programs read them. */
async function tokenized(
  raw: readonly RawCaption[],
  programs: OfficialPrograms | undefined,
): Promise<{ readonly captions: readonly ScoredCaption[]; readonly notes: readonly string[] }> {
  const candidates = raw.map(({ candidate }) => candidate);
  const references = raw.flatMap(({ references: own }) => own);
  const ours = [tokenizeCaptions(candidates), tokenizeCaptions(references)] as const;
  const texts = ours.map(({ captions }) => captions);
  const theirs = await programs?.tokenize([candidates, references]);
  const [candidateTokens = [], referenceTokens = []] = theirs ?? texts;
  let at = 0;
  const captions = raw.map(({ references: own }, i) => {
    const tokens = referenceTokens.slice(at, at + own.length);
    at += own.length;
    return { candidate: candidateTokens[i] ?? "", references: tokens };
  });
  const nBroken = ours.reduce((sum, { broken }) => sum + broken.length, 0);
  const notes =
    nBroken === 0
      ? []
      : [
          `${nBroken} captions have a line end in them other than a line feed. The official programs compare each caption behind it with the wrong picture; here it is a blank.`,
        ];
  return { captions, notes };
}

/** Each domain alone, with document frequencies of its own. */
function domainScores(
  pictures: readonly CaptionedPicture[],
  captions: readonly ScoredCaption[],
): Record<string, CaptionFigures> {
  const domains = new Map<string, ScoredCaption[]>();
  for (const [i, { domain }] of pictures.entries()) {
    const caption = captions[i];
    if (domain === undefined || caption === undefined) continue;
    const own = domains.get(domain);
    if (own === undefined) domains.set(domain, [caption]);
    else own.push(caption);
  }
  return Object.fromEntries(
    [...domains].map(([domain, own]) => [domain, captionScores(own).corpus]),
  );
}
