/** What `alt check` is given of its process, which may be the whole program or the audit alone. */

import type { HeededImage, ProjectDocuments } from "../documents/projectDocuments";
import type { SaidByModel } from "./saidByModel";

export interface CheckContext {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
  readonly stdin: () => AsyncIterable<Uint8Array | string>;
  readonly signal: AbortSignal;
  readonly version: string;
  /** Where findings are kept between runs. @default nowhere */
  readonly cachePlace?: CachePlace;
  /** Compares pictures that were found with their texts. @default there is no model in this program */
  readonly compare?: (
    project: ProjectDocuments,
    paths: readonly string[],
    images: readonly HeededImage[],
  ) => Promise<SaidByModel>;
}

export interface CachePlace {
  /** The program's folder among the user's caches. @throws AppError `option.invalid` where there is none. */
  readonly root: () => string;
  /** The file that is run: another one may judge otherwise. */
  readonly programFile: string;
}
