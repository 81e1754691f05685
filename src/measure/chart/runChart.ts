/** The course of a training as a line chart in SVG: losses above, figures of what is held out below. */

import type { LogEntry } from "../../train/run/trainingLog";
import { CHART_COLORS, escaped, svgHead } from "./svg";

/** Pixels. */
const WIDTH = 760;
const MARGIN = 20;
const LEFT = 60;
const PLOT_HEIGHT = 180;
const LINE = 18;
const PANEL_GAP = 30;
/** A line needs no more points than pixels; neighbours are drawn as their mean. */
const MOST_POINTS = 400;

const COLORS = [...CHART_COLORS.ours, "#d29922", "#db6d28", "#bf4b8a"];

/** Values at steps. */
type Series = readonly (readonly [step: number, value: number])[];

/** @returns the text of an SVG file that ends with a line break. */
export function drawRun(title: string, entries: readonly LogEntry[]): string {
  const panels = [
    { name: "Losses", series: seriesOf(entries, ({ losses }) => losses) },
    { name: "Held out", series: seriesOf(entries, ({ figures }) => figures ?? {}) },
  ].filter(({ series }) => series.size > 0);
  let top = MARGIN + LINE;
  const drawn = panels.map(({ name, series }) => {
    const rows = Math.ceil(series.size / 3);
    const text = `<g transform="translate(0 ${top})">\n${panel(name, series)}</g>\n`;
    top += LINE + PLOT_HEIGHT + LINE * (rows + 1) + PANEL_GAP;
    return text;
  });
  const last = entries.at(-1);
  const description = `${last?.step ?? 0} steps. ${panels.map(describe).join(" ")}`;
  return [
    svgHead({ width: WIDTH, height: top, title, description }),
    `<text x="${MARGIN}" y="${MARGIN + 4}" font-weight="600">${escaped(title)}</text>\n`,
    ...drawn,
    "</svg>\n",
  ].join("");
}

function seriesOf(
  entries: readonly LogEntry[],
  valuesOf: (entry: LogEntry) => Readonly<Record<string, number>>,
): ReadonlyMap<string, Series> {
  const all = new Map<string, [number, number][]>();
  for (const entry of entries) {
    for (const [name, value] of Object.entries(valuesOf(entry))) {
      const series = all.get(name) ?? [];
      series.push([entry.step, value]);
      all.set(name, series);
    }
  }
  return new Map([...all].map(([name, series]) => [name, thinned(series)]));
}

function thinned(series: Series): Series {
  const size = Math.ceil(series.length / MOST_POINTS);
  const points: [number, number][] = [];
  for (let begin = 0; begin < series.length; begin += size) {
    const some = series.slice(begin, begin + size);
    const mean = (of: 0 | 1): number =>
      some.reduce((sum, point) => sum + point[of], 0) / some.length;
    points.push([mean(0), mean(1)]);
  }
  return points;
}

function panel(name: string, all: ReadonlyMap<string, Series>): string {
  const points = [...all.values()].flat();
  const lastStep = Math.max(1, ...points.map(([step]) => step));
  const most = Math.max(...points.map(([, value]) => value), 1e-9);
  const x = (step: number): string =>
    (LEFT + ((WIDTH - LEFT - MARGIN) * step) / lastStep).toFixed(1);
  const y = (value: number): string => (LINE + PLOT_HEIGHT * (1 - value / most)).toFixed(1);
  const text = (at: { x: string | number; y: string | number; end?: boolean }, words: string) =>
    `<text x="${at.x}" y="${at.y}"${at.end === true ? ' text-anchor="end"' : ""}>${escaped(words)}</text>\n`;
  const axis = [0, 0.5, 1].map(
    (share) =>
      `<line x1="${LEFT}" x2="${WIDTH - MARGIN}" y1="${y(share * most)}" y2="${y(share * most)}" stroke="${CHART_COLORS.text}" stroke-opacity="0.3"/>\n` +
      text(
        { x: LEFT - 8, y: Number(y(share * most)) + 4, end: true },
        (share * most).toPrecision(3),
      ),
  );
  const foot = LINE + PLOT_HEIGHT + LINE;
  const lines = [...all].map(([label, series], i) => {
    const color = COLORS[i % COLORS.length] ?? CHART_COLORS.text;
    const path = series.map(([step, value]) => `${x(step)},${y(value)}`).join(" ");
    const [left, row] = [LEFT + (i % 3) * 220, foot + LINE * (1 + Math.floor(i / 3))];
    return (
      `<polyline points="${path}" fill="none" stroke="${color}" stroke-width="1.5"/>\n` +
      `<rect x="${left}" y="${row - 9}" width="10" height="10" fill="${color}"/>\n` +
      text({ x: left + 16, y: row }, `${label} ${(series.at(-1)?.[1] ?? 0).toPrecision(3)}`)
    );
  });
  return [
    text({ x: MARGIN, y: 4 }, name),
    ...axis,
    text({ x: LEFT, y: foot }, "0"),
    text({ x: WIDTH - MARGIN, y: foot, end: true }, `step ${lastStep.toFixed(0)}`),
    ...lines,
  ].join("");
}

function describe({
  name,
  series,
}: {
  readonly name: string;
  readonly series: ReadonlyMap<string, Series>;
}): string {
  const each = [...series].map(([label, points]) => {
    const [first, last] = [points[0]?.[1] ?? 0, points.at(-1)?.[1] ?? 0];
    return `${label} from ${first.toPrecision(3)} to ${last.toPrecision(3)}`;
  });
  return `${name}: ${each.join(", ")}.`;
}
