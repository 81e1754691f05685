/** What every form of a report is made of. */

import type { ReportedFinding } from "../reportedFinding";
import type { Level } from "../rule";

export interface AuditRun {
  /** From this level on the command fails. */
  readonly failOn: Level;
  readonly findings: readonly ReportedFinding[];
  readonly nDocuments: number;
  readonly nPictures: number;
  /** Documents that could not be read, and why. */
  readonly failures: readonly { readonly file: string | undefined; readonly message: string }[];
  readonly version: string;
  /** The text of a document, for columns in bytes; undefined where nobody has it any more. */
  readonly textOf: (file: string) => string | undefined;
}
