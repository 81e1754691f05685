/** `alt mismatch --evaluate`: how many mistakes would be found here, tried with mistakes made on purpose. */

import { AppError } from "../../base/errors";
import {
  evaluateMismatch,
  type Measured,
  type MismatchFigures,
} from "../../measure/mismatch/evaluateMismatch";
import { MIN_CLUSTERS } from "../../search/mismatch/mismatches";
import type { CliContext } from "../terminal/cliContext";
import { formatTable } from "../terminal/text";
import type { Comparison } from "./textComparison";

/** Documents stay as they are. @throws AppError `option.invalid` when there is too little to compare. */
export async function evaluateFound(
  { printer, signal }: CliContext,
  { run, compared }: Comparison,
): Promise<void> {
  const { texts, port, bank, clusters } = compared;
  if (clusters.length < MIN_CLUSTERS || texts.length < MIN_CLUSTERS) {
    throw new AppError(
      "option.invalid",
      "There are too few pictures with texts to compare. Name folders with more documents.",
    );
  }
  const line = printer.workLine();
  try {
    const onTrial = (nDone: number, nAll: number): void => {
      line.count({ nDone, nAll }, `${nDone} of ${nAll} trials`);
    };
    const figures = await evaluateMismatch(texts, port, { bank, signal, onTrial });
    line.end();
    if (printer.isJson) printer.json({ model: run.model.name, ...figures });
    else printer.text(evaluationText(figures));
  } finally {
    line.end();
  }
}

const SAID = {
  random: "texts of any pictures change places",
  document: "two texts of a document change places",
  kind: "two texts of a kind of picture change places",
  nearest: "a text changes places with the next best",
  replaced: "another picture takes the place",
} as const;

function evaluationText(figures: MismatchFigures): string {
  const percent = ({ value, interval: [low, high] }: Measured): readonly string[] => [
    `${(100 * value).toFixed(1)} %`,
    `${(100 * low).toFixed(1)} to ${(100 * high).toFixed(1)} %`,
  ];
  const { falsePerThousand, precision, generic, baselines } = figures;
  const [low, high] = falsePerThousand.interval;
  const table = formatTable([
    ["MISTAKE", "FOUND", "95 %", "OF"],
    ...figures.mistakes.map((row) => [SAID[row.mistake], ...percent(row), String(row.n)]),
  ]);
  const [share = "", between = ""] = percent(precision);
  const simple = formatTable([
    ["SIMPLER TEST", "FOUND", "FALSE IN 1,000"],
    ...baselines.map(({ name, recall, falsePerThousand: wrong }) => [
      ...[name, `${(100 * recall).toFixed(1)} %`, wrong.toFixed(1)],
    ]),
  ]);
  return `${table}
${figures.nTexts} texts of ${figures.nPictures} pictures in ${figures.nDocuments} documents were taken for right.
False findings: ${falsePerThousand.value.toFixed(1)} in 1,000 right texts (95 %: ${low.toFixed(1)} to ${high.toFixed(1)}).
If one text of a hundred is wrong, ${share} of the findings are right (95 %: ${between}).
Of ${generic.n} texts that say nothing, ${generic.findings} were told of.

${simple}`;
}
