/** What the suite tells whoever started it, beside which tests passed. */

interface Report {
  /** Of each tool to the call that the documentation shows. */
  readonly answers: Record<string, unknown>;
}

/** Each file of the suite is bundled by itself, and all of them mean the same. */
const shared = globalThis as { sightlineReport?: Report };

export const report: Report = (shared.sightlineReport ??= { answers: {} });
