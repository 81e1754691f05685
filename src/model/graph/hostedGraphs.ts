/** Which graphs a server may run for this machine, and what they are called there. */

import { PART, type PartName } from "./graphContract";

/** Those that keep nothing between two runs. */
const HOSTED: readonly PartName[] = [
  PART.visionEncoder,
  PART.imageProjection,
  PART.imageReader,
  PART.qformer,
  PART.qformerText,
  PART.qformerItm,
  PART.textItc,
  PART.textItm,
];

export function isHosted(part: PartName): boolean {
  return HOSTED.includes(part);
}

/** Enough to tell models apart. */
const IDENTITY_DIGITS = 12;

/**
 * A graph's name on a server. It names the model's weights, so that those of another model are not taken for them.
 * @param identity of the model folder.
 */
export function hostedName(part: PartName, identity: string): string {
  return `${part}-${identity.slice(0, IDENTITY_DIGITS)}`;
}
