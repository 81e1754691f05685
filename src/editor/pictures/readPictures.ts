/** Reads several picture files; those that cannot be read are told apart from those that can. */

import * as vscode from "vscode";
import { abortable } from "../../base/abortable";
import { AppError, isCancelled } from "../../base/errors";
import { isPictureName } from "../../model/ask/pictureNames";
import type { Picture } from "../../host/pictures/picture";
import { MAX_TRAY_PICTURES } from "../../host/chat/pictureTray";
import { fileName } from "../documents/altDocument";
import { withDelayedProgress } from "../shell/delayedProgress";
import type { Services } from "../shell/services";

export interface ReadResult {
  /** In the order of their addresses. */
  readonly pictures: readonly Picture[];
  readonly failures: readonly AppError[];
}

/**
 * Reads as many as the chat can hold, and shows how far it is when that takes long.
 * @throws AppError `request.cancelled` when the person does not want to wait; nothing else.
 */
export async function readPictures(
  { pictures: reader }: Pick<Services, "pictures">,
  uris: readonly vscode.Uri[],
): Promise<ReadResult> {
  const pictures: Picture[] = [];
  const failures: AppError[] = [];
  if (uris.length > MAX_TRAY_PICTURES) failures.push(tooMany());
  const wanted = uris.slice(0, MAX_TRAY_PICTURES);
  await withDelayedProgress(vscode.l10n.t("Reading pictures"), async ({ signal, report }) => {
    for (const [index, uri] of wanted.entries()) {
      report(fileName(uri), index / wanted.length);
      try {
        if (!isPictureName(uri.path)) throw notAPicture(uri);
        // A file system of the editor cannot be told to stop.
        pictures.push(await abortable(reader.read(uri), signal));
      } catch (thrown) {
        if (isCancelled(thrown)) throw thrown;
        failures.push(AppError.from(thrown));
      }
    }
  });
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
    vscode.l10n.t(
      "Only the first {0} pictures were added. For more, use 'sightline caption'.",
      MAX_TRAY_PICTURES,
    ),
  );
}
