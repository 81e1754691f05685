/** Reads several picture files; those that cannot be read are told apart from those that can. */

import * as vscode from "vscode";
import { AppError } from "../base/errors";
import { isPictureName } from "../host/pastePlan";
import type { Picture } from "../host/picture";
import { MAX_TRAY_PICTURES } from "../host/pictureTray";
import { fileName } from "./altDocument";
import type { Services } from "./services";

export interface ReadResult {
  /** In the order of their addresses. */
  readonly pictures: readonly Picture[];
  readonly failures: readonly AppError[];
}

/** Reads as many as the chat can hold. Never rejects. */
export async function readPictures(
  { pictures: reader }: Pick<Services, "pictures">,
  uris: readonly vscode.Uri[],
): Promise<ReadResult> {
  const pictures: Picture[] = [];
  const failures: AppError[] = [];
  if (uris.length > MAX_TRAY_PICTURES) failures.push(tooMany());
  for (const uri of uris.slice(0, MAX_TRAY_PICTURES)) {
    try {
      if (!isPictureName(uri.path)) throw notAPicture(uri);
      pictures.push(await reader.read(uri));
    } catch (thrown) {
      failures.push(AppError.from(thrown));
    }
  }
  return { pictures, failures };
}

/** What is said of a file that is no picture. */
export function notAPicture(uri: vscode.Uri): AppError {
  const name = fileName(uri) || uri.toString();
  return new AppError(
    "image.unreadable",
    vscode.l10n.t("{0} is not a picture that can be read. Choose a picture file.", name),
    { detail: { file: name } },
  );
}

function tooMany(): AppError {
  return new AppError(
    "image.unreadable",
    vscode.l10n.t("Only the first {0} pictures were added.", MAX_TRAY_PICTURES),
  );
}
