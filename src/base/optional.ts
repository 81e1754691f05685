/** Optional properties, which the types of this project leave out rather than set to undefined. */

/** The properties that have a value. */
export function optional<T extends object>(
  given: T,
): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(given).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
