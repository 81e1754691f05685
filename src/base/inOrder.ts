/** Work on many items, several at once, with results in the order of the items. */

/**
 * Gives the result for each item in turn. Items are taken only as places come free, so that as many results
 * are held as there are places.
 * @param atOnce most items that are worked on; asked again for each, because it may change.
 * @throws what the work throws, at the item's turn; work that has begun is then left to itself.
 */
export async function* inOrder<T, R>(
  items: Iterable<T>,
  work: (item: T, index: number) => Promise<R>,
  atOnce: () => number = () => 1,
): AsyncGenerator<R> {
  const waiting: Promise<R>[] = [];
  const source = items[Symbol.iterator]();
  let index = 0;
  let isDone = false;
  for (;;) {
    while (!isDone && waiting.length < Math.max(1, atOnce())) {
      const next = source.next();
      isDone = next.done === true;
      if (next.done === true) break;
      const result = work(next.value, index++);
      // Whoever waits for it hears of it later.
      result.catch(() => undefined);
      waiting.push(result);
    }
    const first = waiting.shift();
    if (first === undefined) return;
    yield await first;
  }
}
