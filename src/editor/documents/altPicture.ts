/** From a picture's reference in a document to its bytes, through the editor's file systems. */

import * as vscode from "vscode";
import { AppError } from "../../base/errors";
import type { ImageReference } from "../../alt/imageReference";
import type { ResolvedTarget } from "../../alt/resolve/resolveTarget";
import { fetchPicture, remoteUrl } from "../../host/pictures/fetchPicture";
import { remedy } from "../../host/notices/noticeTable";
import type { Picture } from "../../host/pictures/picture";
import type { DocumentImage } from "./altDocument";
import { SingleLookup, type FileLookup } from "../pictures/fileLookup";
import { fetchTexts, pictureOfDataUri } from "../pictures/pictureStrings";
import { askToFetch } from "../pictures/remotePictures";
import { baseUri, contextOf, uriPath, type PlacedDocument } from "./altContext";
import type { Services } from "../shell/services";

/** Where a picture's bytes are. */
export type PictureLocation =
  | { readonly kind: "file"; readonly uri: vscode.Uri }
  | { readonly kind: "data"; readonly uri: string }
  | { readonly kind: "remote"; readonly url: URL };

/** The picture itself before a row of a list; the editor draws only files that are near. */
export function pictureIcon(place: PictureLocation): { readonly iconPath?: vscode.Uri } {
  return place.kind === "file" && place.uri.scheme === "file" ? { iconPath: place.uri } : {};
}

/**
 * Work on the bytes of a picture that a document names.
 * @throws AppError as the work, with `errorAbout` it.
 */
export async function aboutPlace<T>(place: PictureLocation, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    throw errorAbout(place, AppError.from(thrown));
  }
}

/** An error about the picture names its file, so that it can be opened; another one stays as it is. */
export function errorAbout(place: PictureLocation, error: AppError): AppError {
  if (place.kind !== "file" || !error.code.startsWith("image.")) return error;
  // There is nothing to open where no file is.
  const what = error.code === "image.missing" ? remedy("document") : remedy("pictureFile");
  const detail = { ...error.detail, ...what, uri: place.uri.toString() };
  return new AppError(error.code, error.message, { cause: error, detail });
}

/** Tells pictures apart. */
export function placeKey(place: PictureLocation): string {
  return place.kind === "remote" ? place.url.href : place.uri.toString();
}

/** A picture's reference and where its document is. */
export interface PlacedReference {
  readonly document: PlacedDocument;
  readonly reference: ImageReference;
}

/**
 * The picture that a reference means; asks before anything is fetched.
 * @throws AppError as `placeOf`, `allowPlace` and `readPlace`.
 */
export async function pictureOf(
  services: Services,
  image: DocumentImage,
  signal: AbortSignal,
): Promise<Picture> {
  const place = await placeOf(services, image);
  await allowPlace(services, image, place);
  return readPlace(services, place, signal);
}

/**
 * Asks before something is fetched.
 * @throws AppError `request.cancelled` when the person does not want it, `image.missing` where nothing
 * is fetched at all.
 */
export async function allowPlace(
  services: Services,
  image: DocumentImage,
  place: PictureLocation,
): Promise<void> {
  if (place.kind !== "remote") return;
  refuseRemote(services, image, place.url);
  const mayFetch = await askToFetch(services.settings, [place.url]);
  if (mayFetch(place.url)) return;
  throw new AppError("request.cancelled", `${place.url.href} was not fetched.`);
}

/** @throws AppError `image.missing`, `image.tooLarge`, `image.unreadable`, `request.cancelled`. */
export async function readPlace(
  services: Services,
  place: PictureLocation,
  signal: AbortSignal,
): Promise<Picture> {
  switch (place.kind) {
    case "file":
      return services.pictures.read(place.uri);
    case "data":
      return pictureOfDataUri(place.uri);
    case "remote":
      return fetchPicture(place.url, { fetch: globalThis.fetch, signal, texts: fetchTexts() });
  }
}

/**
 * Where the bytes are that a reference means; reads configuration files and no picture.
 * @param lookup shared by pictures that are looked for together.
 * @throws AppError `image.missing` when the reference leads nowhere.
 */
export async function placeOf(
  services: Pick<Services, "settings">,
  image: PlacedReference,
  lookup: FileLookup = new SingleLookup(),
): Promise<PictureLocation> {
  const { document, reference } = image;
  const { resolveTarget } = await import("../../alt/resolve/resolveTarget");
  const resolved = await resolveTarget(reference, contextOf(services, document, lookup));
  return placeOfTarget(resolved, image);
}

/** As `placeOf`, for what was resolved already. @throws AppError `image.missing`. */
export function placeOfTarget(
  resolved: ResolvedTarget,
  { document, reference }: PlacedReference,
): PictureLocation {
  const base = baseUri(document.uri);
  const target = shortened(reference.target.value);
  switch (resolved.kind) {
    case "file":
      return { kind: "file", uri: base.with({ path: uriPath(resolved.path) }) };
    case "data":
      return resolved;
    case "remote": {
      const url = remoteUrl(resolved.url);
      if (url !== undefined) return { kind: "remote", url };
      throw new AppError("image.missing", vscode.l10n.t("{0} is no address.", target), {
        detail: remedy("document"),
      });
    }
    case "dynamic":
      throw new AppError(
        "image.missing",
        vscode.l10n.t(
          "Which picture is shown here is computed by the program, so there is none to look at.",
        ),
        { detail: remedy("document") },
      );
    case "unresolved":
      throw new AppError(
        "image.missing",
        isSitePath(target)
          ? vscode.l10n.t(
              "There is no file for {0}. Correct the path, or name its folder in the setting sightline.alt.siteRoots.",
              target,
            )
          : vscode.l10n.t("There is no file for {0}. Correct the path.", target),
        { detail: remedy(isSitePath(target) ? "siteRoots" : "document") },
      );
  }
}

/** The folders of a site concern only paths from its root. */
function isSitePath(target: string): boolean {
  return target.startsWith("/");
}

/** @throws AppError `image.missing` where nothing is fetched. */
export function refuseRemote(
  { settings }: Pick<Services, "settings">,
  { document }: Pick<PlacedReference, "document">,
  url: URL,
): void {
  if (!vscode.workspace.isTrusted) {
    throw new AppError(
      "image.missing",
      vscode.l10n.t(
        "The picture is on {0}, and nothing is fetched in a workspace that is not trusted.",
        url.host,
      ),
      { detail: remedy("trust") },
    );
  }
  if (settings.remoteImages(document.uri) === "never") {
    throw new AppError(
      "image.missing",
      vscode.l10n.t(
        "The picture is on {0}, and the setting sightline.alt.remoteImages says that nothing is fetched.",
        url.host,
      ),
      { detail: remedy("remoteImages") },
    );
  }
}

/** A data: URI or a generated address would fill the message. */
function shortened(target: string): string {
  return target.length > 80 ? `${target.slice(0, 77)}...` : target;
}
