/** `eval report`, `eval selftest` and `eval reproduce`: what was found, whether the metrics are right, and what to run. */

import { writeFile } from "node:fs/promises";
import { AppError } from "../../base/errors";
import { readResult } from "../../measure/eval/report/evalResult";
import { REPRODUCE_ROWS } from "../../measure/eval/report/reproduceRows";
import { selfTest } from "../../measure/eval/report/selfTest";
import type { CliContext } from "../terminal/cliContext";
import { EXIT } from "../terminal/failure";
import type { OutputFlags } from "../terminal/flags";
import { formatTable } from "../terminal/text";
import { drawResults } from "./resultChart";
import { resultTables } from "./resultTable";

export interface ReportFlags extends OutputFlags {
  readonly chart?: string;
}

/** @throws AppError `document.*`, `option.invalid` for a chart that cannot be written. */
export async function evalReport(
  { printer }: CliContext,
  places: readonly string[],
  { chart }: ReportFlags,
): Promise<number> {
  const results = await Promise.all(places.map(readResult));
  if (chart !== undefined) {
    await writeFile(chart, drawResults(results)).catch((cause: unknown) => {
      const why = (cause as NodeJS.ErrnoException).code ?? "unknown reason";
      const text = `The chart cannot be written to ${chart}: ${why}.`;
      throw new AppError("option.invalid", text, { cause, detail: { file: chart } });
    });
  }
  if (printer.isJson) printer.json({ results });
  else printer.text(resultTables(results));
  return EXIT.ok;
}

/** @returns 1 when a figure is not the published one. @throws AppError `document.*`. */
export async function evalSelfTest(
  { printer }: CliContext,
  { coco }: { readonly coco: string },
): Promise<number> {
  const rows = await selfTest(coco);
  const ok = rows.every(({ isEqual }) => isEqual);
  if (printer.isJson) printer.json({ ok, rows });
  else {
    const cells = rows.map(({ name, published, ours, isEqual }) => {
      const digits = Number.isInteger(published) ? 0 : 3;
      return [name, published.toFixed(digits), ours.toFixed(digits), isEqual ? "equal" : "OTHER"];
    });
    printer.text(formatTable([["FIGURE", "PUBLISHED", "OURS", ""], ...cells], [1, 2]));
  }
  return ok ? EXIT.ok : EXIT.failed;
}

export function evalReproduce({ printer }: CliContext): number {
  if (printer.isJson) printer.json({ rows: REPRODUCE_ROWS });
  else {
    for (const { row, command, needs, time, state } of REPRODUCE_ROWS) {
      printer.text(`${row}\n  ${command}\n  needs ${needs}\n  takes ${time}\n  ${state}\n\n`);
    }
  }
  return EXIT.ok;
}
