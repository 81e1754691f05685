/**
 * Reports of a bench as a bar chart in SVG: our times and memory against transformers'. Pure text, no
 * scripts, no fonts and no colours of its own page, so that it can stand on a white page and on a dark one.
 */

import type { BenchFigures } from "../../measure/bench/benchFigures";
import { bestReference, DTYPES, type BenchReport } from "../../measure/bench/benchReport";
import { describeMachine, describeVersions, FIGURE_LABELS, formatFigure } from "./benchTable";
import { CHART_COLORS, escaped, svgHead } from "../../measure/chart/svg";
import { oneLine } from "../../base/cleanText";

/**
 * One picture with a panel for each report.
 * @returns the text of an SVG file that ends with a line break.
 */
export function drawChart(reports: readonly BenchReport[]): string {
  const precisions = [...new Set(reports.flatMap(({ ours }) => ours.map((of) => of.precision)))];
  const panels = reports.map((report) => new Panel(report, precisions));
  let top = MARGIN;
  const drawn = panels.map((panel) => {
    const text = `<g transform="translate(${MARGIN} ${top})">\n${panel.svg}</g>\n`;
    top += panel.height + PANEL_GAP;
    return text;
  });
  const height = top - PANEL_GAP + MARGIN;
  const title = reports.map(({ model }) => model).join(" and ");
  return [
    svgHead({
      ...{ width: WIDTH, height },
      title: `Sightline against transformers: ${title}`,
      description: panels.map(({ description }) => description).join(" "),
    }),
    ...drawn,
    "</svg>\n",
  ].join("");
}

/** Figures that are drawn, in this order. */
const DRAWN = ["firstToken", "answer", "followUp", "beams", "peakBytes"] as const;
type DrawnFigure = (typeof DRAWN)[number];

/** Pixels. */
const WIDTH = 760;
const MARGIN = 20;
const PANEL_GAP = 36;
const LABEL_WIDTH = 190;
/** Room at the right for a figure and its ratio. */
const VALUE_WIDTH = 190;
const BAR_WIDTH = WIDTH - 2 * MARGIN - LABEL_WIDTH - VALUE_WIDTH;
const BAR_HEIGHT = 14;
const ROW = 20;
const GROUP_GAP = 12;
const LINE = 20;
/** A name that is longer ends in an ellipsis. */
const MAX_NAME = 24;
const MAX_CAPTION = 100;

interface Bar {
  readonly name: string;
  readonly color: string;
  readonly figures: BenchFigures;
  readonly isOurs: boolean;
}

/** One report: heading, a group of bars for each figure, caption. */
class Panel {
  readonly svg: string;
  readonly height: number;
  /** What the bars say, in sentences. */
  readonly description: string;

  /** @param precisions of all panels, because one precision has one colour. */
  constructor(report: BenchReport, precisions: readonly string[]) {
    const bars = barsOf(report, precisions);
    const lines: string[] = [textAt({ x: 0, y: 16, size: 17, isBold: true }, headingOf(report))];
    const sentences: string[] = [];
    let y = 34;
    for (const name of DRAWN) {
      const group = drawGroup(report, { name, bars, y });
      lines.push(group.svg);
      sentences.push(group.sentence);
      y += LINE + bars.length * ROW + GROUP_GAP;
    }
    for (const line of captionOf(report)) {
      lines.push(textAt({ x: 0, y: y + 12, size: 12 }, line));
      y += LINE - 3;
    }
    this.svg = lines.join("");
    this.height = y;
    this.description = `${oneLine(report.model)}: ${sentences.join("; ")}.`;
  }
}

function barsOf(
  { ours, transformers }: BenchReport,
  precisions: readonly string[],
): readonly Bar[] {
  const color = (colors: readonly string[], i: number): string => colors[i % colors.length] ?? "";
  return [
    ...ours.map(({ precision, figures }) => ({
      name: `Sightline ${precision}`,
      figures,
      isOurs: true,
      color: color(CHART_COLORS.ours, precisions.indexOf(precision)),
    })),
    ...transformers.map(({ dtype, figures }) => ({
      name: `transformers ${dtype}`,
      figures,
      isOurs: false,
      color: color(CHART_COLORS.transformers, DTYPES.indexOf(dtype)),
    })),
  ];
}

const headingOf = ({ model, device }: BenchReport): string =>
  cut(`${model} on ${device === "cpu" ? "the CPU" : device}`, MAX_NAME * 2);

/** The bars of one figure; the longest one fills the width. */
function drawGroup(
  report: BenchReport,
  group: { readonly name: DrawnFigure; readonly bars: readonly Bar[]; readonly y: number },
): { readonly svg: string; readonly sentence: string } {
  const { name, bars, y } = group;
  const longest = Math.max(...bars.map(({ figures }) => figures[name]));
  const best = bestReference(report, name);
  const label = FIGURE_LABELS[name];
  const lines = [textAt({ x: 0, y: y + 13, size: 13, isBold: true }, label)];
  const values: string[] = [];
  for (const [i, { name: bar, color, figures, isOurs }] of bars.entries()) {
    const top = y + LINE + i * ROW;
    const share = longest === 0 ? 0 : figures[name] / longest;
    // A bar that cannot be seen would look like a figure that is missing.
    const width = Math.max(2, Math.round(share * BAR_WIDTH * 10) / 10);
    const ratio = isOurs && best !== undefined ? ratioOf(name, figures[name], best) : "";
    const value = [formatFigure(name, figures[name]), ratio].filter((text) => text !== "");
    const middle = top + BAR_HEIGHT - 3;
    lines.push(
      textAt({ x: LABEL_WIDTH - 10, y: middle, size: 13, isEnd: true }, cut(bar, MAX_NAME)),
      `<rect x="${LABEL_WIDTH}" y="${top}" width="${width}" height="${BAR_HEIGHT}" rx="2" fill="${color}"/>\n`,
      textAt({ x: LABEL_WIDTH + width + 8, y: middle, size: 13, isBold: isOurs }, value.join(", ")),
    );
    values.push(`${oneLine(bar)} ${value.join(", ")}`);
  }
  return { svg: lines.join(""), sentence: `${label}: ${values.join(", ")}` };
}

/** Against the best of transformers. */
function ratioOf(name: DrawnFigure, ours: number, best: number): string {
  if (ours === 0 || best === 0) return "";
  const [less, more] = name === "peakBytes" ? ["less", "more"] : ["faster", "slower"];
  const [factor, word] = ours <= best ? [best / ours, less] : [ours / best, more];
  return `${factor.toFixed(1)}× ${word}`;
}

function captionOf(report: BenchReport): readonly string[] {
  const { machine, runs, date, transformers, versions } = report;
  const ratio = transformers.length === 0 ? "" : "; ratios are to the best of transformers";
  return [
    `${date}, ${describeMachine({ ...machine, simd: [] })}`,
    describeVersions(versions),
    `batch 1, random weights, median of ${runs} ${runs === 1 ? "run" : "runs"}${ratio}`,
  ].map((line) => cut(line, MAX_CAPTION));
}

interface TextPlace {
  readonly x: number;
  readonly y: number;
  readonly size: number;
  readonly isBold?: boolean;
  /** The text ends at x. */
  readonly isEnd?: boolean;
}

function textAt({ x, y, size, isBold, isEnd }: TextPlace, text: string): string {
  const weight = isBold === true ? ' font-weight="600"' : "";
  const anchor = isEnd === true ? ' text-anchor="end"' : "";
  return `<text x="${x}" y="${y}" font-size="${size}"${weight}${anchor}>${escaped(text)}</text>\n`;
}

/** On one line and at most so many characters. */
function cut(text: string, most: number): string {
  const letters = Array.from(oneLine(text));
  return letters.length <= most ? letters.join("") : `${letters.slice(0, most - 1).join("")}…`;
}
