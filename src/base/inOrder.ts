/** Work on many items, several at once, with results in the order of the items. */

/** Results that wait for an earlier one, for each place: one that a server refuses is asked again a second later. */
const HELD_PER_PLACE = 8;

interface Begun<R> {
  readonly result: Promise<R>;
  isSettled: boolean;
}

/**
 * Gives the result for each item in turn. Items are taken only as places come free, and as long as not too
 * many results wait for an earlier one.
 * @param atOnce most items that are worked on; asked again for each, because it may change.
 * @throws what the work throws, at the item's turn; work that has begun is then left to itself.
 */
export async function* inOrder<T, R>(
  items: Iterable<T>,
  work: (item: T, index: number) => Promise<R>,
  atOnce: () => number = () => 1,
): AsyncGenerator<R> {
  const waiting: Begun<R>[] = [];
  const source = items[Symbol.iterator]();
  let [index, nRunning, isDone] = [0, 0, false];
  let wake: () => void = () => undefined;
  const begin = (item: T): void => {
    const begun: Begun<R> = { result: work(item, index++), isSettled: false };
    nRunning++;
    const settle = (): void => {
      begun.isSettled = true;
      nRunning--;
      wake();
    };
    // Whoever waits for it hears of a failure later.
    begun.result.then(settle, settle);
    waiting.push(begun);
  };
  for (;;) {
    for (let first = waiting[0]; first?.isSettled === true; first = waiting[0]) {
      waiting.shift();
      yield await first.result;
    }
    while (!isDone && hasRoom(atOnce(), { nRunning, nWaiting: waiting.length })) {
      const next = source.next();
      isDone = next.done === true;
      if (next.done !== true) begin(next.value);
    }
    if (waiting.length === 0) return;
    if (waiting[0]?.isSettled === false) await new Promise<void>((resolve) => (wake = resolve));
  }
}

/** With one place there is nothing that could overtake. */
function hasRoom(
  atOnce: number,
  { nRunning, nWaiting }: { readonly nRunning: number; readonly nWaiting: number },
): boolean {
  const places = Math.max(1, atOnce);
  return nRunning < places && nWaiting < (places === 1 ? 1 : HELD_PER_PLACE * places);
}
