/** How two files can be one picture; the kinds are never mixed. */

/** The surest first. */
export const DUPLICATE_KINDS = ["same bytes", "same picture", "looks alike"] as const;
export type DuplicateKind = (typeof DUPLICATE_KINDS)[number];
