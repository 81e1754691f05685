/** Results as a table for people: paper, ours, difference; and what they were made with. */

import { countOf } from "../../base/countOf";
import type { EvalResult, ResultFigure } from "../../measure/eval/report/evalResult";
import { TASKS } from "../../measure/eval/tasks";
import { formatTable } from "../terminal/text";

/** One table for each result. The paper's columns are only there when something is in them. */
export function resultTables(results: readonly EvalResult[]): string {
  return results.map(resultTable).join("\n");
}

function resultTable(result: EvalResult): string {
  const { figures } = result;
  const hasPaper = figures.some(({ paper }) => paper !== undefined);
  const head = hasPaper
    ? ["FIGURE", "PAPER", "OURS", "DIFFERENCE", "95 %", "PAPER IN IT"]
    : ["FIGURE", "OURS", "95 %"];
  const rows = figures.map((figure) => (hasPaper ? paperCells(figure) : plainCells(figure)));
  const right = hasPaper ? [1, 2, 3] : [1];
  return `${headline(result)}\n${formatTable([head, ...rows], right)}`;
}

function headline({ task, split, n, isWhole, published, why, run }: EvalResult): string {
  const { title, item } = TASKS[task];
  const size = isWhole ? countOf(n, item) : `subset of ${n} of ${published} ${item}s`;
  const preset = run.preset === undefined ? "" : `, preset ${run.preset.name}`;
  const made = `${run.model} (${run.modelHash.slice(0, 12)}), ${run.precision} on ${run.device}${preset}, Sightline ${run.versions.sightline}`;
  const reason = why === undefined || !isWhole ? "" : `\nNo figure of the paper: ${why}.`;
  return `${title} ${split}, ${size}: ${made}${reason}`;
}

function plainCells({ name, ours, interval }: ResultFigure): string[] {
  return [name, ours.toFixed(2), rangeOf(interval)];
}

function paperCells({ name, ours, interval, paper, difference, isInside }: ResultFigure): string[] {
  const sign = (difference ?? 0) >= 0 ? "+" : "";
  return [
    name,
    paper?.toFixed(1) ?? "",
    ours.toFixed(2),
    difference === undefined ? "" : `${sign}${difference.toFixed(2)}`,
    rangeOf(interval),
    isInside === undefined ? "" : isInside ? "yes" : "no",
  ];
}

export function rangeOf(interval: ResultFigure["interval"]): string {
  return interval === undefined ? "" : interval.map((end) => end.toFixed(2)).join(" – ");
}
