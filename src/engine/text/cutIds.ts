/** Texts that are longer than a model reads. */

/** At most so many ids; the end of a text stays its end. */
export function cutIds(ids: readonly number[], most: number): readonly number[] {
  return ids.length <= most ? ids : [...ids.slice(0, most - 1), ...ids.slice(-1)];
}
