/** Which text belongs to which picture if each belongs to one: the assignment of the largest sum. */

/**
 * The Hungarian algorithm with potentials, O(n³).
 * @param gain of row and column; square. @returns the column of each row.
 */
export function bestAssignment(gain: readonly (readonly number[])[]): readonly number[] {
  const n = gain.length;
  const cost = (row: number, column: number): number => -(gain[row]![column] ?? 0);
  // Rows and columns count from one; column 0 is where a new row begins.
  const rowPotential = new Float64Array(n + 1);
  const columnPotential = new Float64Array(n + 1);
  const rowOf = new Int32Array(n + 1);
  const before = new Int32Array(n + 1);
  for (let row = 1; row <= n; row++) {
    rowOf[0] = row;
    const least = new Float64Array(n + 1).fill(Infinity);
    const isDone = new Uint8Array(n + 1);
    let column = 0;
    do {
      isDone[column] = 1;
      const from = rowOf[column]!;
      let delta = Infinity;
      let next = 0;
      for (let to = 1; to <= n; to++) {
        if (isDone[to] === 1) continue;
        const reduced = cost(from - 1, to - 1) - rowPotential[from]! - columnPotential[to]!;
        if (reduced < least[to]!) {
          least[to] = reduced;
          before[to] = column;
        }
        if (least[to]! < delta) {
          delta = least[to]!;
          next = to;
        }
      }
      for (let to = 0; to <= n; to++) {
        if (isDone[to] === 1) {
          rowPotential[rowOf[to]!]! += delta;
          columnPotential[to]! -= delta;
        } else least[to]! -= delta;
      }
      column = next;
    } while (rowOf[column] !== 0);
    while (column !== 0) {
      const previous = before[column]!;
      rowOf[column] = rowOf[previous]!;
      column = previous;
    }
  }
  const columns = new Array<number>(n);
  for (let to = 1; to <= n; to++) columns[rowOf[to]! - 1] = to - 1;
  return columns;
}

/** Cycles of a permutation with at least so many members. */
export function cyclesOf(permutation: readonly number[], atLeast: number): readonly number[][] {
  const seen = new Set<number>();
  const cycles: number[][] = [];
  for (let start = 0; start < permutation.length; start++) {
    const cycle: number[] = [];
    for (let at = start; !seen.has(at); at = permutation[at]!) {
      seen.add(at);
      cycle.push(at);
    }
    if (cycle.length >= atLeast) cycles.push(cycle);
  }
  return cycles;
}
