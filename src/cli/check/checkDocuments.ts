/** From paths to findings: reads documents one after the other, so that memory stays flat. */

import path from "node:path";
import { auditDocument } from "../../audit/auditDocument";
import type { AuditSettings } from "../../audit/auditDocument";
import type { Finding } from "../../audit/rule";
import { identityOf, reported, type ReportedFinding } from "../../audit/reportedFinding";
import { LinePositions } from "../../alt/linePositions";
import { toSlashes } from "../../alt/resolve/slashPath";
import { DEFAULT_COMPONENTS } from "../../alt/formats/findContext";
import type { DocumentText } from "../documents/altDocuments";
import { imagesOf, type AltSettings } from "../documents/altImages";

export interface CheckedDocument {
  readonly document: DocumentText;
  readonly nPictures: number;
  readonly findings: readonly ReportedFinding[];
  readonly nSuppressed: number;
  /** Lines, from one, of comments that take nothing back. */
  readonly unusedLines: readonly number[];
}

/** @throws AppError as `findImages`. */
export async function checkDocument(
  document: DocumentText,
  settings: AltSettings,
  audit: AuditSettings,
): Promise<CheckedDocument> {
  const images = await imagesOf(document, settings);
  const components = [...DEFAULT_COMPONENTS, ...settings.components];
  const done = auditDocument(document.text, images, { ...audit, components });
  const lines = new LinePositions(done.findings.length > 0 ? document.text : "");
  const resolved = new Map(images.map(({ reference, row }) => [reference, row.resolved]));
  const counts = new Map<string, number>();
  const report = (finding: Finding): ReportedFinding => {
    const identity = identityOf(finding);
    const ordinal = counts.get(identity) ?? 0;
    counts.set(identity, ordinal + 1);
    const file = fileName(document.file);
    const place = { file, lines, resolved: resolved.get(finding.picture.reference) ?? null };
    return reported(finding, place, ordinal);
  };
  return {
    document,
    nPictures: images.length,
    findings: done.findings.map(report),
    nSuppressed: done.suppressed.length,
    unusedLines: done.unusedLines.map((line) => line + 1),
  };
}

/** Relative paths are the same on every machine; one outside of the folder stays as it was given. */
export function fileName(file: string): string {
  if (!path.isAbsolute(file)) return toSlashes(path.normalize(file));
  const relative = path.relative(process.cwd(), file);
  return toSlashes(relative.startsWith("..") || path.isAbsolute(relative) ? file : relative);
}
