/** What the pool and the program of its threads say to each other; both are of the same build. */

import type { WireError } from "../../base/errors";
import type { HashedFile } from "../weights/fileHash";
import type { Quantized, QuantizeJob } from "../weights/quantize";

/** The memory of `quantize.values` is shared or handed over; nobody else looks at it meanwhile. */
export type WorkerJob =
  | { readonly quantize: QuantizeJob }
  /** A path. */
  | { readonly hash: string };

/** Any number of `hashedBytes`, then one of the others. */
export type WorkerReply =
  | { readonly kind: "hashedBytes"; readonly bytes: number }
  | { readonly kind: "hashed"; readonly file: HashedFile }
  /** Its memory is handed over. */
  | { readonly kind: "quantized"; readonly quantized: Quantized }
  | { readonly kind: "failed"; readonly error: WireError };

export type WorkerResult = Exclude<WorkerReply, { readonly kind: "hashedBytes" | "failed" }>;
