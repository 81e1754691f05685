/** What is said of pictures that are no files, in the user's language. */

import * as vscode from "vscode";
import { readDataUri } from "../../alt/write/dataUri";
import { AppError } from "../../base/errors";
import { remedy } from "../../host/notices/noticeTable";
import type { Picture } from "../../host/pictures/picture";
import type { FetchTexts } from "../../host/pictures/pictureTexts";
import { sizeText } from "../shell/numbers";

export function fetchTexts(): FetchTexts {
  const network = vscode.l10n.t("Check the address and the network.");
  return {
    failed: (url, reason) => vscode.l10n.t("{0} could not be fetched. {1}", url, reason),
    refused: (status) => vscode.l10n.t("The server answered {0}. Check the address.", status),
    silent: `${vscode.l10n.t("The server does not answer.")} ${network}`,
    unreachable: `${vscode.l10n.t("The server cannot be reached.")} ${network}`,
    leadsAway: vscode.l10n.t("The server leads elsewhere. Use the picture's final address."),
    notAPicture: (url, type) =>
      vscode.l10n.t("{0} is no picture but {1}. Check the address.", url, type),
    tooLarge: (name, limitBytes) =>
      vscode.l10n.t("{0} is larger than {1}. Use a smaller copy.", name, sizeText(limitBytes)),
    empty: (name) => vscode.l10n.t("{0} is empty on its server.", name),
  };
}

/** The picture in a data: URI. @throws AppError `image.unreadable`, `image.tooLarge`. */
export function pictureOfDataUri(uri: string): Picture {
  const name = vscode.l10n.t("The picture in the document");
  const detail = remedy("document");
  const bytes = readDataUri(uri);
  if (bytes === "tooLarge") {
    const text = vscode.l10n.t("{0} is too large. Use a smaller copy.", name);
    throw new AppError("image.tooLarge", text, { detail });
  }
  if (bytes === "damaged") {
    const text = vscode.l10n.t("{0} is damaged. Put the picture in again.", name);
    throw new AppError("image.unreadable", text, { detail });
  }
  return { name, bytes };
}
