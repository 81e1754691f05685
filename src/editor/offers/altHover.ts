/** The picture and its alternative text, shown over its reference. */

import { abortable } from "../../base/abortable";
import * as vscode from "vscode";
import { altProblem } from "../../alt/wording/altText";
import { altOwner, isOffered } from "../../host/documents/altPlan";
import { fitInto, shownSize, type PictureSize } from "../../alt/resolve/shownSize";
import {
  fileName,
  findQuietly,
  imageAt,
  rangeOf,
  type DocumentImage,
} from "../documents/altDocument";
import { placeOf, type PictureLocation } from "../documents/altPicture";
import { AUDIT_SOURCE } from "../audit/auditSquiggles";
import { imageArgument } from "../documents/altTarget";
import { problemText } from "../review/altStrings";
import { pictureOfDataUri } from "../pictures/pictureStrings";
import type { CommandId } from "../shell/commandIds";
import type { Services } from "../shell/services";

/** Of the thumbnail, in pixels. A hover is 250 high, and the words above the picture take half of it. */
const BOX: PictureSize = { width: 200, height: 110 };
/** A hover is looked at for a moment, so a thumbnail that takes longer is left out, in ms. */
const THUMBNAIL_MS = 2500;
/** Where somebody points. */
export interface Pointed {
  readonly document: vscode.TextDocument;
  readonly position: vscode.Position;
  readonly token: vscode.CancellationToken;
}

/** What is shown there; undefined where there is no picture. */
export async function hoverAt(
  services: Services,
  { document, position, token }: Pointed,
): Promise<vscode.Hover | undefined> {
  const found = await findQuietly(services, document);
  if (found === undefined || token.isCancellationRequested) return undefined;
  const image = imageAt(found, document, new vscode.Range(position, position));
  return image === undefined ? undefined : hoverOf(services, image, token);
}

async function hoverOf(
  services: Services,
  image: DocumentImage,
  token: vscode.CancellationToken,
): Promise<vscode.Hover | undefined> {
  const place = await placeOf(services, image).catch(() => undefined);
  const thumbnail = place === undefined ? undefined : await thumbnailOf(services, place, token);
  if (token.isCancellationRequested) return undefined;
  const links = linksFor(image, place);
  const text = new vscode.MarkdownString();
  text.isTrusted = { enabledCommands: links.map(({ command }) => command) };
  // A hover is low, so the words come before the picture.
  text.appendText(altText(image)).appendMarkdown("\n\n");
  if (image.reference.isLink && !image.reference.isHidden) {
    const note = vscode.l10n.t("This picture is a link: its text should say where the link leads");
    text.appendText(note).appendMarkdown("\n\n");
  }
  const problem = altProblem(image.reference);
  if (problem !== null && problem !== "missing" && !isMarked(image)) {
    text.appendText(problemText(problem)).appendMarkdown("\n\n");
  }
  if (links.length > 0) text.appendMarkdown(`${links.map(linkText).join(" | ")}\n\n`);
  if (thumbnail !== undefined) appendThumbnail(text, thumbnail);
  if (place === undefined) text.appendText(vscode.l10n.t("The picture was not found."));
  if (place?.kind === "remote") text.appendText(place.url.host);
  return new vscode.Hover(text, rangeOf(image.document, image.reference.span));
}

/** The editor shows what is marked there above the hover. */
function isMarked({ document, reference }: DocumentImage): boolean {
  const range = rangeOf(document, reference.span);
  return vscode.languages
    .getDiagnostics(document.uri)
    .some((each) => each.source === AUDIT_SOURCE && each.range.intersection(range) !== undefined);
}

function altText({ reference }: DocumentImage): string {
  switch (altOwner(reference)) {
    case "program":
      return vscode.l10n.t("The alt text is computed by the program");
    case "attribute":
      return vscode.l10n.t("Another attribute names this picture, such as aria-label");
    case "decorative":
      return vscode.l10n.t("Decorative: screen readers pass over this picture");
    case "nobody":
    case "person": {
      const alt = reference.alt ?? "";
      return alt === "" ? vscode.l10n.t("No alt text") : vscode.l10n.t("Alt text: {0}", alt);
    }
  }
}

interface Thumbnail {
  readonly address: string;
  /** Of the original. */
  readonly size: PictureSize;
}

/** The editor lays a hover out before it has the picture, so that both sides are told. */
function appendThumbnail(text: vscode.MarkdownString, { address, size }: Thumbnail): void {
  const { width, height } = fitInto(BOX, size);
  text.appendMarkdown(`![](${address}|width=${width},height=${height}) `);
  // Beside the picture, where it takes no height.
  text.appendText(vscode.l10n.t("{0} × {1} pixels", size.width, size.height));
}

/** Undefined for what is not fetched, and for what cannot be shown. */
async function thumbnailOf(
  services: Services,
  place: PictureLocation,
  token: vscode.CancellationToken,
): Promise<Thumbnail | undefined> {
  if (place.kind === "remote") return undefined;
  const controller = new AbortController();
  const timer = setTimeout(() => {
    controller.abort();
  }, THUMBNAIL_MS);
  const subscription = token.onCancellationRequested(() => {
    controller.abort();
  });
  try {
    return await abortable(readThumbnail(services, place, controller.signal), controller.signal);
  } catch {
    // A hover without its thumbnail still says what the text is.
    return undefined;
  } finally {
    clearTimeout(timer);
    subscription.dispose();
  }
}

/** The picture itself where the editor shows its format, otherwise a small copy that the engine makes. */
async function readThumbnail(
  { pictures, engine }: Services,
  place: Exclude<PictureLocation, { kind: "remote" }>,
  signal: AbortSignal,
): Promise<Thumbnail> {
  const picture =
    place.kind === "file" ? await pictures.read(place.uri) : pictureOfDataUri(place.uri);
  // The editor's pages read files of the machine's own file system and no others.
  if (place.kind === "file" && place.uri.scheme === "file") {
    const size = shownSize(picture.bytes);
    if (size !== undefined) return { address: place.uri.toString(), size };
  }
  const { image, width, height } = await engine.call(
    "thumbnail",
    { image: picture.bytes, imageName: picture.name, maxSide: BOX.width },
    { signal },
  );
  const data = Buffer.from(image).toString("base64");
  return { address: `data:image/webp;base64,${data}`, size: { width, height } };
}

interface Link {
  readonly title: string;
  readonly command: CommandId;
  readonly argument: unknown;
}

function linksFor(image: DocumentImage, place: PictureLocation | undefined): Link[] {
  const owner = altOwner(image.reference);
  const argument = imageArgument(image);
  const links: Link[] = [];
  if (isOffered(image.reference) && place !== undefined) {
    const title = vscode.l10n.t("Generate Alt Text");
    links.push({ title, command: "sightline.generateAltText", argument });
  }
  if (owner === "person" && isOffered(image.reference) && place !== undefined) {
    const title = vscode.l10n.t("Refine");
    links.push({ title, command: "sightline.refineAltText", argument });
  }
  if (place?.kind === "file") {
    const title = vscode.l10n.t("Ask About {0}", fileName(place.uri));
    links.push({ title, command: "sightline.askAboutImage", argument: place.uri });
  }
  return links;
}

function linkText({ title, command, argument }: Link): string {
  const label = title.replace(/[\\`*_{}[\]()#+\-.!|<>]/g, "\\$&");
  // Brackets stay as they are in a URI component, and would end the address in Markdown.
  const given = encodeURIComponent(JSON.stringify([argument]))
    .replaceAll("(", "%28")
    .replaceAll(")", "%29");
  return `[${label}](command:${command}?${given})`;
}
