/** The report of a bench as text for people. */

import { formatBytes } from "../../base/bytes";
import {
  BEAMS,
  NEW_TOKENS,
  PROMPT_TOKENS,
  type BenchFigures,
} from "../../measure/bench/benchFigures";
import type { BenchLimits, MachineSpeed } from "../../measure/bench/benchLimits";
import {
  bestReference,
  type BenchMachine,
  type BenchReport,
  type ProfileRow,
} from "../../measure/bench/benchReport";
import { formatTable } from "../terminal/text";

/** Name of a figure for people. */
export const FIGURE_LABELS: Readonly<Record<keyof BenchFigures, string>> = {
  load: "load",
  preprocess: "preprocess",
  vision: "vision",
  qformer: "Q-Former",
  prefill: `prefill, ${PROMPT_TOKENS} tokens`,
  token: "each token",
  firstToken: "first token",
  answer: `answer, ${NEW_TOKENS} tokens`,
  followUp: "follow-up question",
  beams: `answer, ${BEAMS} beams`,
  peakBytes: "peak memory",
  ownBytes: "own memory, at the end",
  deviceBytes: "memory of the adapter",
};

/** `1234` of a time → `1.23 s`; of memory, `1.2 kB`. */
export function formatFigure(name: keyof BenchFigures, value: number): string {
  if (name.endsWith("Bytes")) return formatBytes(value);
  return value < 1000 ? `${value.toFixed(0)} ms` : `${(value / 1000).toFixed(2)} s`;
}

/**
 * A row for each figure: what the machine allows, ours in each precision, transformers in each number
 * format, and ours divided by the best of transformers. Without transformers or limits those columns are
 * left out.
 */
export function benchTable(report: BenchReport): string {
  const { ours, transformers } = report;
  const hasReference = transformers.length > 0;
  const heading = [
    "stage",
    ...ours.flatMap(({ precision, limits }) => [
      ...(limits === undefined ? [] : [`limit ${precision}`]),
      precision,
    ]),
    ...transformers.map(({ dtype, device }) => `transformers ${dtype} ${device}`),
    ...(hasReference ? ours.map(({ precision }) => `ratio ${precision}`) : []),
  ];
  const rows = names(report).map((name) => {
    const best = bestReference(report, name);
    return [
      FIGURE_LABELS[name],
      ...ours.flatMap(({ figures, limits }) => [
        ...(limits === undefined ? [] : [shown(name, limits[name as keyof BenchLimits])]),
        shown(name, figures[name]),
      ]),
      ...transformers.map(({ figures }) => shown(name, figures[name])),
      ...(hasReference ? ours.map(({ figures }) => ratio(figures[name], best)) : []),
    ];
  });
  return formatTable(
    [heading, ...rows],
    heading.map((_, column) => column).filter((column) => column > 0),
  );
}

/** Where the time of an answer goes, for each precision that was profiled. */
export function benchProfiles({ ours }: BenchReport): string {
  return ours
    .flatMap(({ precision, profile }) =>
      profile === undefined ? [] : [`\nAn answer in ${precision}\n${profileTable(profile)}`],
    )
    .join("");
}

/** What takes less than this share of an answer is summed up. */
const LEAST_SHARE = 0.01;

/** A row for each kind of operator, with its share of the answer. */
function profileTable(rows: readonly ProfileRow[]): string {
  const total = rows.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  const isLarge = ({ milliseconds }: ProfileRow): boolean => milliseconds >= LEAST_SHARE * total;
  const rest = rows.filter((row) => !isLarge(row));
  const restMs = rest.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  const shown = [
    ...rows.filter(isLarge),
    ...(rest.length === 0
      ? []
      : [{ part: "all", operator: `${rest.length} others`, milliseconds: restMs }]),
  ];
  const lines = shown.map(({ part, operator, milliseconds }) => [
    part,
    operator,
    `${milliseconds.toFixed(0)} ms`,
    `${((100 * milliseconds) / total).toFixed(0)} %`,
  ]);
  return formatTable([["part", "operator", "time", "share"], ...lines], [2, 3]);
}

/** Lines on how much longer than a copy each conversion took, on the machine and on the versions. */
export function benchNotes(report: BenchReport): string {
  const { ours, machine, speed, versions, runs, date } = report;
  const conversions = ours.flatMap(({ precision, conversion }) => {
    if (conversion === undefined) return [];
    const { convert, copy, checkpointBytes, peakBytes } = conversion;
    const times = `${formatFigure("load", convert)}, ${(convert / copy).toFixed(2)} of the ${formatFigure("load", copy)}`;
    return [
      `Conversion to ${precision}: ${times} that copying its ${formatBytes(checkpointBytes)} takes, with ${formatBytes(peakBytes)} of memory.`,
    ];
  });
  const lines = [
    ...conversions,
    `${describeMachine(machine)}.`,
    ...(speed === undefined ? [] : [describeSpeed(speed)]),
    `${describeVersions(versions)}; median of ${runs} ${runs === 1 ? "run" : "runs"}, ${date}.`,
  ];
  return lines.map((line) => `${line}\n`).join("");
}

/** A processor with VNNI has instructions for signed weights only. */
function describeSpeed({ int8PerSecond, unsignedPerSecond }: MachineSpeed): string {
  const [signed, unsigned] = [int8PerSecond, unsignedPerSecond].map((n) => (n / 1e9).toFixed(0));
  return `Products of the image encoder: ${signed} GOP/s with signed weights, ${unsigned} with unsigned ones.`;
}

/** `AMD EPYC 9R14, 2 cores (avx2, avx512f), 25.1 GB`. */
export function describeMachine(machine: BenchMachine): string {
  const { processor, nCores, simd, memoryBytes, adapters } = machine;
  const sets = simd.length === 0 ? "" : ` (${simd.join(", ")})`;
  const cores = `${nCores} ${nCores === 1 ? "core" : "cores"}${sets}`;
  return [processor, cores, formatBytes(memoryBytes), ...adapters].join(", ");
}

/** `Sightline 0.1.0, ONNX Runtime 1.30.0, torch 2.13.0, transformers 5.18.0`. */
export function describeVersions(versions: BenchReport["versions"]): string {
  const { sightline, onnxRuntime, torch, transformers } = versions;
  return [
    `Sightline ${sightline}`,
    ...(onnxRuntime === undefined ? [] : [`ONNX Runtime ${onnxRuntime}`]),
    ...(torch === undefined ? [] : [`torch ${torch}`]),
    ...(transformers === undefined ? [] : [`transformers ${transformers}`]),
  ].join(", ");
}

/** What not every system tells has a row only when somebody could measure it, and a Q-Former where there is one. */
function names({ ours, transformers }: BenchReport): readonly (keyof BenchFigures)[] {
  const all = Object.keys(FIGURE_LABELS) as (keyof BenchFigures)[];
  const measured = [...ours, ...transformers].map(({ figures }) => figures);
  const isThere = (name: keyof BenchFigures): boolean =>
    measured.some((figures) => figures[name] !== undefined) &&
    (name !== "qformer" || measured.some(({ qformer }) => qformer > 0));
  return all.filter(isThere);
}

const shown = (name: keyof BenchFigures, value: number | undefined): string =>
  value === undefined ? "" : formatFigure(name, value);

function ratio(ours: number | undefined, theirs: number | undefined): string {
  if (ours === undefined || theirs === undefined || theirs === 0) return "";
  return (ours / theirs).toFixed(2);
}
