/**
 * Results as a bar chart in SVG: our figures with their intervals, and a line where the paper's are. Pure text, no
 * scripts and no fonts, readable on a white page and on a dark one.
 */

import type { EvalResult, ResultFigure } from "../../measure/eval/report/evalResult";
import { TASKS } from "../../measure/eval/tasks";
import { CHART_COLORS, escaped } from "../../measure/chart/svg";
import { oneLine } from "../../base/cleanText";
import { rangeOf } from "./resultTable";

/** Pixels. */
const WIDTH = 760;
const MARGIN = 20;
const LABEL_WIDTH = 220;
const VALUE_WIDTH = 200;
const BAR_WIDTH = WIDTH - 2 * MARGIN - LABEL_WIDTH - VALUE_WIDTH;
const ROW = 22;
const BAR_HEIGHT = 14;
const HEAD = 30;
const MAX_TEXT = 80;

/** @returns the text of an SVG file that ends with a line break. */
export function drawResults(results: readonly EvalResult[]): string {
  let top = MARGIN;
  let body = "";
  const sentences: string[] = [];
  for (const result of results) {
    body += textAt(MARGIN, top + 14, headOf(result));
    top += HEAD;
    const largest = Math.max(
      100,
      ...result.figures.flatMap(({ ours, paper = 0 }) => [ours, paper]),
    );
    for (const figure of result.figures) {
      body += barOf(figure, top, BAR_WIDTH / largest);
      sentences.push(sentenceOf(figure));
      top += ROW;
    }
    top += MARGIN;
  }
  const head = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${top}"`,
    ` viewBox="0 0 ${WIDTH} ${top}" role="img" aria-labelledby="title desc"`,
    ` font-family="system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif"`,
    ` font-size="13" fill="${CHART_COLORS.text}">\n`,
  ].join("");
  const title = `Sightline on ${results.map(({ task }) => TASKS[task].title).join(", ")}`;
  return `${head}<title id="title">${escaped(title)}</title>\n<desc id="desc">${escaped(sentences.join(" "))}</desc>\n${body}</svg>\n`;
}

function headOf({ task, split, n, isWhole, run }: EvalResult): string {
  const size = isWhole ? "" : `, subset of ${n}`;
  return `${TASKS[task].title} ${split}${size}: ${run.model}, ${run.precision} on ${run.device}`;
}

function barOf(figure: ResultFigure, top: number, scale: number): string {
  const { name, ours, paper, interval } = figure;
  const left = MARGIN + LABEL_WIDTH;
  const [color] = CHART_COLORS.ours;
  const middle = top + BAR_HEIGHT / 2;
  const parts = [
    textAt(MARGIN, top + 12, name),
    `<rect x="${left}" y="${top}" width="${px(Math.max(0, ours) * scale)}" height="${BAR_HEIGHT}" fill="${color}"/>\n`,
  ];
  if (interval !== undefined) {
    const [from, to] = interval.map((end) => px(left + Math.max(0, end) * scale));
    parts.push(
      `<path d="M${from} ${middle}H${to}" stroke="${CHART_COLORS.text}" stroke-width="2"/>\n`,
    );
  }
  if (paper !== undefined) {
    const x = px(left + paper * scale);
    parts.push(
      `<path d="M${x} ${top - 3}V${top + BAR_HEIGHT + 3}" stroke="${CHART_COLORS.transformers[0]}" stroke-width="3"/>\n`,
    );
  }
  const beside = paper === undefined ? rangeOf(interval) : `paper ${paper.toFixed(1)}`;
  parts.push(textAt(left + BAR_WIDTH + 10, top + 12, `${ours.toFixed(2)}  ${beside}`));
  return parts.join("");
}

function sentenceOf({ name, ours, paper }: ResultFigure): string {
  const other = paper === undefined ? "" : `, in the paper ${paper.toFixed(1)}`;
  return `${name}: ${ours.toFixed(2)}${other}.`;
}

const px = (value: number): string => value.toFixed(1);

function textAt(x: number, y: number, text: string): string {
  const line = oneLine(text);
  const cut = line.length > MAX_TEXT ? `${line.slice(0, MAX_TEXT - 1)}…` : line;
  return `<text x="${x}" y="${y}">${escaped(cut)}</text>\n`;
}
