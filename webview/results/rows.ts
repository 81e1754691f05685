/** The results as lines of cells: what stands where, and which cell is next to which; pure. */

import type {
  GroupAction,
  ResultGroup,
  ResultItem,
  ResultSection,
} from "../../src/protocol/views/resultsMessages";
import type { VirtualRow } from "../render/virtualList";
import type { ResultsState } from "./state";

/** Heights in CSS pixels; `results.css` fits what is in them. */
const HEIGHTS = { section: 40, group: 38, tiles: 182, skipped: 30 } as const;
/** Width of a tile with the room beside it, in CSS pixels. */
export const TILE_WIDTH = 152;

export type ResultRow = VirtualRow & {
  /** Ids of what the keyboard can reach, from left to right. */
  readonly cells: readonly string[];
} & (
    | { readonly kind: "section"; readonly section: ResultSection; readonly isFolded: boolean }
    | { readonly kind: "group"; readonly group: ResultGroup }
    | { readonly kind: "tiles"; readonly items: readonly ResultItem[]; readonly section: string }
    | { readonly kind: "skipped"; readonly file: string; readonly why: string }
  );

/** The id of the section of what was not looked at. */
export const SKIPPED = "skipped";

/** The cell of a button of a group. */
export function actionCell(groupId: string, action: GroupAction): string {
  return `${action} ${groupId}`;
}

/** All rows that are not in a closed section. @param skippedTitle of the section of what was not looked at. */
export function rowsOf(
  { results, folded, nColumns }: Pick<ResultsState, "results" | "folded" | "nColumns">,
  skippedTitle: string,
): readonly ResultRow[] {
  if (results === undefined) return [];
  const { sections, skipped } = results;
  const rows = sections.flatMap((section) => sectionRows(section, folded, nColumns));
  if (skipped.length === 0) return rows;
  const section: ResultSection = { id: SKIPPED, title: skippedTitle, isFolded: true, groups: [] };
  // Closed like any other, but it begins closed: nobody searched for what could not be searched.
  const isFolded = !folded.has(SKIPPED);
  const head = headRow(section, isFolded);
  if (isFolded) return [...rows, head];
  const lines = skipped.map(({ file, why }, i): ResultRow => {
    const key = `${SKIPPED} ${i}`;
    return { kind: "skipped", key, height: HEIGHTS.skipped, cells: [key], file, why };
  });
  return [...rows, head, ...lines];
}

function headRow(section: ResultSection, isFolded: boolean): ResultRow {
  const key = `section ${section.id}`;
  return { kind: "section", key, height: HEIGHTS.section, cells: [key], section, isFolded };
}

function sectionRows(
  section: ResultSection,
  folded: ReadonlySet<string>,
  nColumns: number,
): readonly ResultRow[] {
  const isFolded = folded.has(section.id);
  const head = headRow(section, isFolded);
  if (isFolded) return [head];
  return [head, ...section.groups.flatMap((group) => groupRows(group, section, nColumns))];
}

function groupRows(
  group: ResultGroup,
  section: ResultSection,
  nColumns: number,
): readonly ResultRow[] {
  const rows: ResultRow[] = [];
  if (group.title !== undefined) {
    const key = `group ${group.id}`;
    const actions = group.actions.map((action) => actionCell(group.id, action));
    // A group without a button can be read too.
    const cells = actions.length === 0 ? [key] : actions;
    rows.push({ kind: "group", key, height: HEIGHTS.group, cells, group });
  }
  for (let begin = 0; begin < group.items.length; begin += nColumns) {
    const items = group.items.slice(begin, begin + nColumns);
    const key = `tiles ${group.id} ${begin}`;
    const cells = items.map((item) => item.id);
    rows.push({ kind: "tiles", key, height: HEIGHTS.tiles, cells, items, section: section.title });
  }
  return rows;
}

/** Ways of the keyboard from a cell to another. */
export type Step =
  | ("left" | "right" | "up" | "down" | "rowStart" | "rowEnd" | "first" | "last")
  | { readonly pixels: number };

/** The cell that a step leads to; the same one at an end, the first when the keyboard was nowhere. */
export function stepFrom(
  rows: readonly ResultRow[],
  cell: string | undefined,
  step: Step,
): string | undefined {
  const nth = rowIndexOf(rows, cell);
  const cells = rows[nth]?.cells ?? [];
  const column = Math.max(0, cells.indexOf(cell ?? ""));
  if (nth < 0 || step === "first") return rows[0]?.cells[0];
  if (step === "last") return rows.at(-1)?.cells.at(-1);
  if (step === "rowStart") return cells[0];
  if (step === "rowEnd") return cells.at(-1);
  if (step === "left") return cells[column - 1] ?? rows[nth - 1]?.cells.at(-1) ?? cell;
  if (step === "right") return cells[column + 1] ?? rows[nth + 1]?.cells[0] ?? cell;
  const target = typeof step === "object" ? pageFrom(rows, nth, step.pixels) : nextTo(nth, step);
  const there = rows[Math.min(rows.length - 1, Math.max(0, target))]?.cells ?? [];
  return there[Math.min(column, there.length - 1)] ?? cell;
}

function nextTo(nth: number, step: "up" | "down"): number {
  return step === "up" ? nth - 1 : nth + 1;
}

/** The row about so many pixels on, at least the next. */
function pageFrom(rows: readonly ResultRow[], nth: number, pixels: number): number {
  const direction = Math.sign(pixels);
  let passed = 0;
  let at = nth;
  do {
    at += direction;
    passed += rows[at]?.height ?? Infinity;
  } while (passed + (rows[at + direction]?.height ?? Infinity) <= Math.abs(pixels));
  return at;
}

export function rowIndexOf(rows: readonly ResultRow[], cell: string | undefined): number {
  return cell === undefined ? -1 : rows.findIndex(({ cells }) => cells.includes(cell));
}

/** The picture of a cell, with the title of its section. */
export function itemOf(
  rows: readonly ResultRow[],
  cell: string | undefined,
): ResultItem | undefined {
  const row = rows[rowIndexOf(rows, cell)];
  return row?.kind === "tiles" ? row.items.find(({ id }) => id === cell) : undefined;
}
