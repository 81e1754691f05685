/** Figures with their intervals, as a table for people. */

import { countOf } from "../../base/countOf";
import type { Scored } from "../../measure/eval/score/scored";
import { TASKS } from "../../measure/eval/tasks";
import { formatTable } from "../terminal/text";

export function scoredTable(scored: Scored): string {
  const { task, n, of, figures } = scored;
  const { title, item } = TASKS[task];
  const intervals = scored.intervals();
  const rows = figures.map(({ name, value }) => {
    const interval = intervals[name];
    const range = interval === undefined ? "" : interval.map((end) => end.toFixed(2)).join(" – ");
    return [name, value.toFixed(2), range];
  });
  const part = n === of ? "" : `, a part of ${of}`;
  return `${title}, ${countOf(n, item)}${part}\n${formatTable([["FIGURE", "OURS", "95 %"], ...rows], [1])}`;
}
