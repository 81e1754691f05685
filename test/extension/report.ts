/** What the suite tells whoever started it, beside which tests passed. */

export const report: { readonly answers: Record<string, unknown> } = {
  /** Of each tool to the call that the documentation shows. */
  answers: {},
};
