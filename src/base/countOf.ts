/** Numbers of things in English sentences. */

/** "1 picture", "2 pictures". @param noun of a plural with "s". */
export function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
