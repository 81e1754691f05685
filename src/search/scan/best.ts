/** The largest of many scores, found without sorting all of them. */

/**
 * Places of the largest scores, the largest first; of equal ones the earlier. NaN is never among them.
 * @param isWanted which places count. @default all
 */
export function bestOf(
  scores: Float32Array,
  count: number,
  isWanted: (place: number) => boolean = () => true,
): readonly number[] {
  // A heap whose first place has the smallest of those that are kept.
  const heap: number[] = [];
  const isWorse = (a: number, b: number): boolean =>
    scores[a]! < scores[b]! || (scores[a] === scores[b] && a > b);
  for (let place = 0; place < scores.length; place++) {
    if (Number.isNaN(scores[place]!) || !isWanted(place)) continue;
    if (heap.length < count) {
      heap.push(place);
      rise(heap, isWorse);
    } else if (heap.length > 0 && isWorse(heap[0]!, place)) {
      heap[0] = place;
      sink(heap, isWorse);
    }
  }
  return heap.sort((a, b) => (isWorse(a, b) ? 1 : -1));
}

type Compare = (a: number, b: number) => boolean;

function rise(heap: number[], isWorse: Compare): void {
  for (let at = heap.length - 1; at > 0;) {
    const above = (at - 1) >> 1;
    if (!isWorse(heap[at]!, heap[above]!)) return;
    [heap[at], heap[above]] = [heap[above]!, heap[at]!];
    at = above;
  }
}

function sink(heap: number[], isWorse: Compare): void {
  for (let at = 0; ;) {
    const [left, right] = [2 * at + 1, 2 * at + 2];
    let worst = at;
    if (left < heap.length && isWorse(heap[left]!, heap[worst]!)) worst = left;
    if (right < heap.length && isWorse(heap[right]!, heap[worst]!)) worst = right;
    if (worst === at) return;
    [heap[at], heap[worst]] = [heap[worst]!, heap[at]!];
    at = worst;
  }
}
