/** What every form of a report is made of. */

import type { ReportedFinding } from "../reportedFinding";

export interface AuditRun {
  readonly findings: readonly ReportedFinding[];
  readonly nDocuments: number;
  readonly nPictures: number;
  /** Documents that could not be read, and why. */
  readonly failures: readonly { readonly file: string | undefined; readonly message: string }[];
  readonly version: string;
  /** The text of a document, for columns in bytes; undefined where nobody has it any more. */
  readonly textOf: (file: string) => string | undefined;
}

/** Such as "2 pictures" or "1 picture". */
export function countOf(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}

/** What belongs to each key, both in the order in which they come. */
export function groupBy<T, K>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
