/** Sorts items into groups: by a key, or by pairs that hang together. */

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

/** Sets that have nothing in common; each begins with one thing. */
export class DisjointSets<T> {
  readonly #parents = new Map<T, T>();

  /** @param items in the order in which sets and what is in them are given back. */
  constructor(items: Iterable<T> = []) {
    for (const item of items) this.#parents.set(item, item);
  }

  /** What stands for the set of an item; an item that is new is a set of its own. */
  rootOf(item: T): T {
    let root = item;
    for (let above = this.#parents.get(root); above !== undefined && above !== root;) {
      root = above;
      above = this.#parents.get(root);
    }
    if (!this.#parents.has(item)) this.#parents.set(item, item);
    // The way is short the next time.
    for (let at = item; at !== root;) {
      const next = this.#parents.get(at) ?? root;
      this.#parents.set(at, root);
      at = next;
    }
    return root;
  }

  /** Makes one set of two; what stands for the first stands for both. */
  join(first: T, second: T): void {
    this.#parents.set(this.rootOf(second), this.rootOf(first));
  }

  /** All sets, each thing once. */
  groups(): readonly (readonly T[])[] {
    return [...groupBy([...this.#parents.keys()], (item) => this.rootOf(item)).values()];
  }
}
