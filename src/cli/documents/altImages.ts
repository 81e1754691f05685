/** The pictures of a document on the disk: where they lie and what is wrong with their text. */

import path from "node:path";
import { ALT_PROBLEMS, altProblem } from "../../alt/wording/altText";
import { canHaveImages } from "../../alt/formats/canHaveImages";
import { DEFAULT_COMPONENTS } from "../../alt/formats/findContext";
import type { ImageReference } from "../../alt/imageReference";
import { LinePositions, type LineRange } from "../../alt/linePositions";
import type { ResolveContext, ResolvedTarget } from "../../alt/resolve/resolveTarget";
import type { DocumentText } from "./altDocuments";
import type { DiskFiles } from "../../disk/diskFiles";

export interface AltSettings {
  /** Names of components that show a picture, beside the usual ones. */
  readonly components: readonly string[];
  /** Folders that a site serves as its root, before the usual ones. */
  readonly siteRoots: readonly string[];
  /** What is asked of the disk is kept for one run. */
  readonly files: DiskFiles;
}

/** Nothing is `unresolved` that is computed, remote, or within the document. */
export const LIST_PROBLEMS = [...ALT_PROBLEMS, "unresolved"] as const;

export type ListProblem = (typeof LIST_PROBLEMS)[number];

/** One picture as `alt list --json` prints it. Lines are zero-based, columns UTF-16 units. */
export interface AltRow {
  readonly file: string;
  /** `![…](…)`, or the opening tag. */
  readonly range: LineRange;
  /** The text as written; null when there is none or an expression decides it. */
  readonly altRange: LineRange | null;
  readonly syntax: ImageReference["syntax"];
  readonly target: string;
  /** The picture's file; relative when the document's path is. */
  readonly resolved: string | null;
  readonly alt: string | null;
  /** Said to carry no meaning, by an empty text, a role, or what hides it. */
  readonly decorative: boolean;
  /** Only where the picture is all that a link shows, so its text should say where the link leads. */
  readonly link?: true;
  readonly problem: ListProblem | null;
}

/** A picture, and everything that is known of it. */
export interface DocumentImage {
  readonly reference: ImageReference;
  readonly resolved: ResolvedTarget;
  readonly row: AltRow;
}

/** @throws AppError as `findImages`. */
export async function imagesOf(
  given: DocumentText,
  settings: AltSettings,
): Promise<DocumentImage[]> {
  const { file: name, text, language } = given;
  const components = [...DEFAULT_COMPONENTS, ...settings.components];
  if (!canHaveImages(text, language, components)) return [];
  const context = await contextOf(given, settings);
  // A run that finds everything among what was kept parses nothing.
  const { picturesOf } = await import("../../audit/documentPictures");
  const pictures = await picturesOf({ text, language, name, components }, context);
  const lines = new LinePositions(pictures.length === 0 ? "" : text);
  return pictures.map((picture) => ({
    ...picture,
    row: rowOf({ document: given, lines, ...picture }),
  }));
}

/** Line and column as people count them, from one. */
export function placeOf({ file, range: { start } }: AltRow): string {
  return `${file}:${start.line + 1}:${start.character + 1}`;
}

/** A data: URI would fill the screen. */
const LONGEST_CELL = 60;

export function shortened(text: string): string {
  const characters = Array.from(text.slice(0, 2 * LONGEST_CELL));
  return characters.length > LONGEST_CELL
    ? `${characters.slice(0, LONGEST_CELL - 1).join("")}…`
    : text;
}

interface RowParts {
  readonly document: DocumentText;
  readonly lines: LinePositions;
  readonly reference: ImageReference;
  readonly resolved: ResolvedTarget;
}

function rowOf({ document, lines, reference, resolved }: RowParts): AltRow {
  const { span, altSpan, syntax, target, alt, isDecorative, isLink } = reference;
  return {
    file: document.file,
    range: lines.rangeOf(span),
    altRange: altSpan === null ? null : lines.rangeOf(altSpan),
    syntax,
    target: target.value,
    resolved: resolved.kind === "file" ? asGiven(resolved.path, document.file) : null,
    alt,
    decorative: isDecorative,
    ...(isLink ? { link: true } : {}),
    problem: altProblem(reference) ?? (resolved.kind === "unresolved" ? "unresolved" : null),
  };
}

/** Paths come back in the way that the document's was given. */
function asGiven(file: string, documentFile: string): string {
  const absolute = path.normalize(file);
  return path.isAbsolute(documentFile) ? absolute : path.relative(process.cwd(), absolute);
}

/** Where the addresses of a document are looked up. */
export async function contextOf(
  document: DocumentText,
  settings: AltSettings,
): Promise<ResolveContext> {
  const documentPath = path.resolve(document.file);
  const project = await settings.files.projectOf(path.dirname(documentPath));
  const roots = [path.resolve(document.root), process.cwd(), project];
  return {
    documentPath,
    documentText: document.text,
    workspaceRoots: [...new Set(roots.filter((root) => root !== undefined))],
    siteRoots: settings.siteRoots,
    files: settings.files,
  };
}
