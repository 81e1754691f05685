/** What `alt check` is given of its process, which may be the whole program or the audit alone. */

import type { ProjectDocuments } from "../documents/projectDocuments";
import type { FoundMismatches } from "./foundMismatches";

export interface CheckContext {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
  readonly stdin: () => AsyncIterable<Uint8Array | string>;
  readonly signal: AbortSignal;
  readonly version: string;
  /** Where findings are kept between runs. @default nowhere */
  readonly cachePlace?: CachePlace;
  /** Compares the texts of documents with pictures. @default there is no model in this program */
  readonly compare?: (
    project: ProjectDocuments,
    paths: readonly string[],
  ) => Promise<FoundMismatches>;
}

export interface CachePlace {
  /** The program's folder among the user's caches. @throws AppError `option.invalid` where there is none. */
  readonly root: () => string;
  /** The file that is run: another one may judge otherwise. */
  readonly programFile: string;
}
