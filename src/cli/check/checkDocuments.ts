/** From a document to its findings, or to those that were found before. */

import { createHash } from "node:crypto";
import path from "node:path";
import { canHaveImages } from "../../alt/formats/canHaveImages";
import { DEFAULT_COMPONENTS } from "../../alt/formats/findContext";
import { LinePositions } from "../../alt/linePositions";
import {
  type ResolveContext,
  type ResolvedTarget,
  resolveTarget,
} from "../../alt/resolve/resolveTarget";
import { toSlashes } from "../../alt/resolve/slashPath";
import { siteLanguageOf } from "../../alt/site/place";
import type { Baseline } from "../../audit/baseline";
import type { DocumentConfig } from "../../audit/config/configChain";
import { identityOf, reported, type ReportedFinding } from "../../audit/reportedFinding";
import type { AuditPicture, Finding } from "../../audit/rule";
import { Suppressions } from "../../audit/suppressions";
import type { DocumentText } from "../documents/altDocuments";
import { contextOf, type DocumentImage, imagesOf } from "../documents/altImages";
import type { ProjectDocument } from "../documents/projectDocuments";
import type { CheckCache, FoundInDocument, KeptCheck, KnownAddress } from "./checkCache";
import { pictureKey, type SaidByModel } from "./saidByModel";
import { type TextAges, withAges } from "./textAges";

export interface CheckedDocument extends FoundInDocument {
  readonly document: DocumentText;
}

export interface CheckedBy {
  /** What was found before, if that counts. */
  readonly cache: CheckCache | undefined;
  /** @default nobody asked a model */
  readonly said?: SaidByModel;
  /** @default nobody asked for the history */
  readonly ages?: TextAges;
  /** Texts that somebody called right. */
  readonly baseline?: Baseline;
  /** The document's pictures, where they were found before. */
  readonly images?: readonly DocumentImage[];
}

/** @throws AppError as `findImages`. */
export async function checkDocument(
  given: ProjectDocument,
  { cache, said, ages, baseline, images: known }: CheckedBy,
): Promise<CheckedDocument> {
  const { document, settings } = given;
  const components = [...DEFAULT_COMPONENTS, ...settings.components];
  // What shows no picture is not parsed, so that there is nothing to come back to.
  if (!canHaveImages(document.text, document.language, components)) {
    return { document, ...nothingIn(document) };
  }
  if (cache === undefined) {
    const ofModel = said?.get(document.file);
    const images = (known ?? (await imagesOf(document, settings))).map((image) => ({
      ...image,
      ...ofModel?.get(pictureKey(image.row)),
    }));
    const aged = ages === undefined ? images : await withAges(images, ages, baseline);
    return { document, ...(await auditImages(given, aged)) };
  }
  const context = await contextOf(document, settings);
  const key = await keyOf(given, context);
  const kept = await cache.get(document.file, key);
  if (kept !== undefined && (await isAsItWas(kept, given, context))) {
    // What is kept knows nothing of ages.
    if (ages === undefined || !kept.addresses.some(([, answer]) => isOfChanged(answer, ages))) {
      return { document, ...kept.found };
    }
  }
  const images = await imagesOf(document, settings);
  const found = await auditImages(given, images);
  await cache.put(document.file, { key, addresses: await addressesOf(images, given), found });
  if (ages === undefined) return { document, ...found };
  return { document, ...(await auditImages(given, await withAges(images, ages, baseline))) };
}

function nothingIn({ text }: DocumentText): FoundInDocument {
  const comments = new Suppressions(text, { honorsOthers: false });
  return { nPictures: 0, findings: [], unusedLines: fromOne(comments.unusedLines()) };
}

function fromOne(lines: readonly number[]): number[] {
  return lines.map((line) => line + 1);
}

/** Parsers come with it, so that it is loaded where something is to be judged at all. */
async function auditImages(
  { document, settings, config }: ProjectDocument,
  images: readonly (DocumentImage & AuditPicture)[],
): Promise<FoundInDocument> {
  const { auditDocument } = await import("../../audit/auditDocument");
  const components = [...DEFAULT_COMPONENTS, ...settings.components];
  const done = auditDocument(document.text, images, { ...config.audit, components });
  const lines = new LinePositions(done.findings.length > 0 ? document.text : "");
  const resolved = new Map(images.map(({ reference, row }) => [reference, row.resolved]));
  const counts = new Map<string, number>();
  const file = fileName(document.file);
  const report = (finding: Finding): ReportedFinding => {
    const identity = identityOf(finding);
    const ordinal = counts.get(identity) ?? 0;
    counts.set(identity, ordinal + 1);
    const place = { file, lines, resolved: resolved.get(finding.picture.reference) ?? null };
    return reported(finding, place, ordinal);
  };
  return {
    nPictures: images.length,
    findings: done.findings.map(report),
    unusedLines: fromOne(done.unusedLines),
  };
}

/** A hash of everything that decides what is found, but for where addresses lead. */
async function keyOf(
  { document, config }: ProjectDocument,
  context: ResolveContext,
): Promise<string> {
  const { file, language, text } = document;
  const siteLanguage = await siteLanguageOf(language, context);
  const given = [file, language, siteLanguage, ...wantedOf(config)];
  return createHash("sha256").update(JSON.stringify(given)).update(text).digest("hex");
}

function wantedOf({ components, audit }: DocumentConfig): readonly unknown[] {
  const { maxLength, title, allowed, placeholders } = audit.options;
  const words = [[...allowed], [...placeholders]];
  return [components, [...audit.levels], audit.honorsOthers, maxLength, title, words];
}

async function addressesOf(
  images: readonly DocumentImage[],
  document: ProjectDocument,
): Promise<readonly KnownAddress[]> {
  const known = new Map<string, KnownAddress>();
  for (const { reference, resolved } of images) {
    const { target } = reference;
    // A picture within the document is as long as a file, and nowhere else.
    if (resolved.kind === "data") continue;
    known.set(JSON.stringify(target), [target, await answerOf(resolved, document)]);
  }
  return [...known.values()];
}

async function isAsItWas(
  { addresses }: KeptCheck,
  document: ProjectDocument,
  context: ResolveContext,
): Promise<boolean> {
  for (const [target, answer] of addresses) {
    const resolved = await resolveTarget({ target }, context);
    if ((await answerOf(resolved, document)) !== answer) return false;
  }
  return true;
}

/** Behind the path of a file, what is known of a small one, whose size in pixels counts. */
async function answerOf(
  resolved: ResolvedTarget,
  { settings: { files } }: ProjectDocument,
): Promise<string> {
  switch (resolved.kind) {
    case "file":
      return `file ${resolved.path}\n${await files.versionOfSmall(resolved.path)}`;
    case "remote":
      return `remote ${resolved.url}`;
    case "data":
      return `data ${resolved.uri}`;
    case "dynamic":
    case "unresolved":
      return resolved.kind;
  }
}

function isOfChanged(answer: string, ages: TextAges): boolean {
  const [, file] = /^file (.*)\n/.exec(answer) ?? [];
  return file !== undefined && ages.isChanged(path.resolve(file));
}

/** Relative paths are the same on every machine; one outside of the folder stays as it was given. */
export function fileName(file: string): string {
  if (!path.isAbsolute(file)) return toSlashes(path.normalize(file));
  const relative = path.relative(process.cwd(), file);
  return toSlashes(relative.startsWith("..") || path.isAbsolute(relative) ? file : relative);
}
