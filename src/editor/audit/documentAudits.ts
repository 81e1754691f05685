/** The findings of open documents: one audit for each version, for whoever asks. */

import type * as vscode from "vscode";
import { DEFAULT_COMPONENTS } from "../../alt/formats/findContext";
import { auditDocument } from "../../audit/auditDocument";
import type { KnownBy } from "../../audit/baseline";
import { withMismatch } from "../../audit/comparable";
import { configFor, isIgnored, type DocumentConfig } from "../../audit/config/configChain";
import type { AuditPicture, Finding } from "../../audit/rule";
import { auditPicture } from "../../audit/thinPictures";
import type { FoundImages } from "../../host/documents/altPlan";
import { baseUri, contextOf, type PlacedDocument } from "../documents/altContext";
import { findQuietly } from "../documents/altDocument";
import { type FileLookup, ListedLookup } from "../pictures/fileLookup";
import type { Services } from "../shell/services";
import { comparedTexts, freshlyTold } from "../comparing/comparedTexts";
import { nameInFolder, withoutKnown } from "./knownFindings";
import { pathOf, projectConfigs } from "./projectConfigs";

type AuditServices = Pick<Services, "settings" | "log">;

/** What is wrong in a document, and how it was looked at. */
export interface AuditedDocument {
  readonly found: FoundImages;
  /** New ones, in the order of the text. */
  readonly findings: readonly Finding[];
  /** How many others the baseline knows. */
  readonly nKnown: number;
  /** Names of all components that show a picture. */
  readonly components: readonly string[];
}

const NOTHING: AuditedDocument = {
  ...{ found: { text: "", references: [] }, findings: [], nKnown: 0, components: [] },
};

interface Kept {
  readonly key: string;
  readonly audited: Promise<AuditedDocument>;
}

/** The last audit of each open document; it goes when the document does. */
const audits = new WeakMap<vscode.TextDocument, Kept>();

/**
 * What is wrong in a document; nothing where it has no picture, is too long to be read while somebody types,
 * or where the project leaves it out.
 * @throws AppError `option.invalid` for a configuration or a baseline with a mistake in it.
 */
export function auditOf(
  services: AuditServices,
  document: vscode.TextDocument,
): Promise<AuditedDocument> {
  const configs = projectConfigs(services);
  const { generation } = comparedTexts(services);
  const key = `${document.version} ${configs.generation} ${generation}`;
  const known = audits.get(document);
  if (known?.key === key) return known.audited;
  const audited = audit(services, document);
  audits.set(document, { key, audited });
  return audited;
}

/** The next audit of a document looks at the disk again. */
export function forgetAudit(document: vscode.TextDocument): void {
  audits.delete(document);
}

async function audit(
  services: AuditServices,
  document: vscode.TextDocument,
): Promise<AuditedDocument> {
  const found = await findQuietly(services, document);
  if (found === undefined) return NOTHING;
  return auditFound(services, { document, found, lookup: new ListedLookup() });
}

/** A document, open or not, and what was found in it. */
export interface FoundDocument {
  readonly document: PlacedDocument;
  readonly found: FoundImages;
  /** Shared by documents that are looked through together. */
  readonly lookup: FileLookup;
}

/**
 * What is wrong with pictures that were found already.
 * @throws AppError `option.invalid` for a configuration or a baseline with a mistake in it.
 */
export async function auditFound(
  services: Pick<Services, "settings">,
  given: FoundDocument,
): Promise<AuditedDocument> {
  const { document, found } = given;
  const { uri } = document;
  if (found.references.length === 0) return NOTHING;
  const configs = projectConfigs(services);
  const file = pathOf(baseUri(uri));
  const placed = await configs.of(uri);
  if (isIgnored(placed, file)) return NOTHING;
  const config = configFor(placed, file);
  const told = await freshlyTold(services, uri);
  const pictures = (await resolved(services, given, config)).map((picture) =>
    withMismatch(picture, told),
  );
  const components = [
    ...DEFAULT_COMPONENTS,
    ...services.settings.altComponents(uri),
    ...config.components,
  ];
  const { findings } = auditDocument(found.text, pictures, { ...config.audit, components });
  const all = findings.map((finding) => ({ ...knownBy(finding, uri), finding }));
  const fresh = (await withoutKnown(all, uri, configs)).map(({ finding }) => finding);
  return { found, findings: fresh, nKnown: findings.length - fresh.length, components };
}

async function resolved(
  services: Pick<Services, "settings">,
  { document, found, lookup }: FoundDocument,
  config: DocumentConfig,
): Promise<AuditPicture[]> {
  const context = contextOf(services, document, lookup);
  const siteRoots = [...(context.siteRoots ?? []), ...config.siteRoots];
  const pictures: AuditPicture[] = [];
  for (const reference of found.references) {
    pictures.push(await auditPicture(reference, { ...context, siteRoots }));
  }
  return pictures;
}

/** As a baseline knows a finding. */
export function knownBy({ rule, picture }: Finding, uri: vscode.Uri): KnownBy {
  const { target, alt } = picture.reference;
  return { rule, file: nameInFolder(uri), target: target.value, alt };
}
