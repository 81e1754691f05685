/** From documents to the pictures of a review: those that the audit finds something wrong with. */

import * as vscode from "vscode";
import { AppError } from "../../base/errors";
import { canMarkDecorative } from "../../alt/edit/editAlt";
import { mayHaveImages } from "../../alt/formats/findContext";
import { languageOfDocument } from "../../alt/languages";
import { LinePositions } from "../../alt/linePositions";
import type { TextSpan } from "../../alt/imageReference";
import type { Finding } from "../../audit/rule";
import { ruleOf } from "../../audit/ruleTable";
import { isOffered, marksOf, type FoundImages, type ImageMark } from "../../host/documents/altPlan";
import { itemId, type ReviewItem } from "../../host/review/reviewQueue";
import type { Gathered, ReviewScope } from "../../host/review/reviewSession";
import type { ReviewItemView } from "../../protocol/views/reviewMessages";
import { auditFound } from "../audit/documentAudits";
import { fileName } from "../documents/altDocument";
import { placeKey, placeOfTarget, type PictureLocation } from "../documents/altPicture";
import { allDocuments, openAt, textOf } from "../documents/documentTexts";
import { ListedLookup } from "../pictures/fileLookup";
import type { Services } from "../shell/services";
import { pictureName } from "../review/altStrings";
import { componentsFor, finderFor } from "./reviewFinder";
import { languageAround, type PageLanguage } from "../review/writingNotes";

/** Documents that are read at the same time. */
const N_READ_AHEAD = 16;
/** Of the document's text on each side of a picture, in lines and in UTF-16 units. */
const SOURCE_LINES = 3;
const SOURCE_UNITS = 400;

/** What is known of a picture besides what the page shows. */
export interface ItemPlace {
  /** Where its bytes are, or why that is not known. */
  readonly place: PictureLocation | AppError;
  /** Of the page around it. */
  readonly language: PageLanguage;
  /** Names of tags that show a picture in its document. */
  readonly components: readonly string[];
}

/** Gathers reviews, and remembers where their pictures are. */
export class ReviewGatherer {
  readonly #services: Services;
  readonly #places = new Map<string, ItemPlace>();
  /** Addresses that somebody agreed to fetch in this review. */
  readonly agreed = new Set<string>();

  constructor(services: Services) {
    this.#services = services;
  }

  placeOf(id: string): ItemPlace | undefined {
    return this.#places.get(id);
  }

  /** Of all pages that were gathered. */
  get languages(): readonly PageLanguage[] {
    return [...new Set([...this.#places.values()].map(({ language }) => language))];
  }

  /** @throws AppError `option.invalid` for a configuration with a mistake in it. */
  async gather({ uris, rules }: ReviewScope, signal: AbortSignal): Promise<Gathered> {
    const chosen = uris.map((uri) => vscode.Uri.parse(uri, true));
    const { documents } = await allDocuments(chosen, signal);
    const lookup = new ListedLookup();
    const items: ReviewItem[] = [];
    const unread: string[] = [];
    for (let start = 0; start < documents.length && !signal.aborted; start += N_READ_AHEAD) {
      const batch = documents.slice(start, start + N_READ_AHEAD);
      const texts = await Promise.all(batch.map((uri) => textOf(this.#services, uri)));
      for (const [index, uri] of batch.entries()) {
        try {
          const text = texts[index] ?? "";
          if (text instanceof AppError) throw text;
          items.push(...(await this.#itemsOf({ uri, text, rules, lookup })));
        } catch (thrown) {
          const error = AppError.from(thrown);
          if (error.code === "option.invalid") throw error;
          // A document that is gone has nothing to review.
          const name = vscode.workspace.asRelativePath(uri);
          if (await isThere(uri)) unread.push(`${name}: ${error.message}`);
        }
      }
    }
    return { items, nDocuments: documents.length, unread };
  }

  async #itemsOf({ uri, text, rules, lookup }: GatheredText): Promise<ReviewItem[]> {
    const language = languageOfDocument(openAt(uri)?.languageId ?? "", uri.path);
    const document = { uri, getText: () => text };
    if (language === undefined || text === "") return [];
    const components = await componentsFor(this.#services, document);
    if (!mayHaveImages(text, components)) return [];
    const find = await finderFor(this.#services, { document, language, lookup });
    const found: FoundImages = { text, references: find(text) };
    const { findings } = await auditFound(this.#services, { document, found, lookup });
    const marks = marksOf(found);
    const lines = new LinePositions(findings.length > 0 ? text : "");
    return findings
      .filter(({ rule }) => rules === undefined || rules.includes(rule))
      .flatMap((finding) => {
        const { reference } = finding.picture;
        const mark = marks[found.references.indexOf(reference)];
        if (mark === undefined) return [];
        const { line } = lines.rangeOf(reference.span).start;
        return this.#itemOf({ document, found, finding, mark, line, components });
      });
  }

  #itemOf({ document, found, finding, mark, line, components }: FoundItem): ReviewItem {
    const { uri } = document;
    const { reference, resolved } = finding.picture;
    const id = itemId(uri.toString(), mark);
    let place: ItemPlace["place"];
    try {
      place = placeOfTarget(resolved, { document, reference });
    } catch (thrown) {
      place = AppError.from(thrown);
    }
    const language = languageAround({ document, found, reference });
    this.#places.set(id, { place, language, components });
    return {
      id,
      uri: uri.toString(),
      mark,
      target: reference.target.value,
      view: viewOf(finding, { uri, line, text: found.text }),
      pictureKey: place instanceof AppError ? undefined : placeKey(place),
    };
  }
}

interface GatheredText {
  readonly uri: vscode.Uri;
  readonly text: string;
  readonly rules: readonly string[] | undefined;
  readonly lookup: ListedLookup;
}

interface FoundItem {
  readonly document: { readonly uri: vscode.Uri; readonly getText: () => string };
  readonly found: FoundImages;
  readonly finding: Finding;
  readonly mark: ImageMark;
  readonly line: number;
  readonly components: readonly string[];
}

interface ItemSurroundings {
  readonly uri: vscode.Uri;
  /** From zero. */
  readonly line: number;
  readonly text: FoundImages["text"];
}

function viewOf(
  { rule, message, picture: { reference } }: Finding,
  { uri, line, text }: ItemSurroundings,
): ReviewItem["view"] {
  const { alt, around = {}, embedded } = reference;
  const { names, caption, beside } = around;
  return {
    file: vscode.workspace.asRelativePath(uri),
    line: line + 1,
    name: pictureName(reference),
    ...(alt === null || alt.trim() === "" ? {} : { now: alt }),
    rule,
    ruleTitle: ruleOf(rule).title,
    message,
    ...(names === undefined ? {} : { names }),
    ...(caption === undefined || caption === "" ? {} : { caption }),
    ...(beside === undefined || beside === "" ? {} : { beside }),
    source:
      embedded === undefined
        ? sourceAround(text, reference.span)
        : sourceAround(embedded.text, embedded.reference.span),
    can: {
      text: isOffered(reference),
      decorative: canMarkDecorative(reference),
      suppress: embedded === undefined,
    },
  };
}

/** The lines around a picture as they are written, without empty ones at the edges. */
export function sourceAround(text: string, { start, end }: TextSpan): ReviewItemView["source"] {
  const before = text.slice(Math.max(0, start - SOURCE_UNITS), start).replace(/\r\n?/g, "\n");
  const after = text.slice(end, end + SOURCE_UNITS).replace(/\r\n?/g, "\n");
  return {
    before: before
      .split("\n")
      .slice(-SOURCE_LINES)
      .join("\n")
      .replace(/^\s*\n/, ""),
    picture: text.slice(start, end),
    after: after.split("\n").slice(0, SOURCE_LINES).join("\n").trimEnd(),
  };
}

async function isThere(uri: vscode.Uri): Promise<boolean> {
  if (openAt(uri) !== undefined) return true;
  return vscode.workspace.fs.stat(uri).then(
    () => true,
    () => false,
  );
}

/** What to call a review of these documents and folders. */
export function scopeText({ uris }: ReviewScope): string {
  const [first, ...others] = uris.map((uri) => vscode.Uri.parse(uri, true));
  if (first === undefined) return "";
  const isWhole = vscode.workspace.workspaceFolders?.some(
    (folder) => folder.uri.toString() === first.toString(),
  );
  const name = isWhole === true ? fileName(first) : vscode.workspace.asRelativePath(first);
  return others.length === 0 ? name : vscode.l10n.t("{0} and {1} more", name, others.length);
}
