/** Reads pictures through the editor's file systems, so that remote and virtual ones work as well. */

import * as vscode from "vscode";
import { AppError, type ErrorCode } from "../../base/errors";
import type { Picture } from "../../host/pictures/picture";
import { MAX_PICTURE_BYTES } from "../../model/ask/pictureSize";
import type { KeptPictures } from "../../host/pictures/keptPictures";
import type { Clock } from "../../base/clock";
import { systemClock } from "../../host/process/clock";
import { lazy } from "../shell/lazyFeature";
import { sizeText } from "../shell/numbers";
import type { PictureReader } from "../shell/services";

/** Schemes that name no file which could be read again. */
const NOT_FILES: readonly string[] = ["data", "untitled", "http", "https"];

/** The reader for all features. */
export class EditorPictureReader implements PictureReader {
  readonly #kept: () => Promise<KeptPictures>;

  constructor({ clock }: { readonly clock: Clock } = { clock: systemClock }) {
    this.#kept = lazy(async () => {
      const { KeptPictures: Kept } = await import("../../host/pictures/keptPictures");
      return new Kept({ clock, wallTime: () => Date.now() });
    });
  }

  /**
   * Looks at the size first, so that a huge file is never read, and reads a file that is as it was only once.
   * @throws AppError `image.missing`, `image.tooLarge`, `image.unreadable`.
   */
  async read(uri: vscode.Uri): Promise<Picture> {
    const name = pictureName(uri);
    if (NOT_FILES.includes(uri.scheme)) {
      const text = vscode.l10n.t("{0} is not a file. Save the picture and choose the file.", name);
      throw new AppError("image.unreadable", text, { detail: { scheme: uri.scheme } });
    }
    try {
      const stamp = await vscode.workspace.fs.stat(uri);
      const { type, size } = stamp;
      if ((type & vscode.FileType.Directory) !== 0) throw refuse(name, "folder");
      // Some virtual file systems know no size before they have read the file.
      if (size > MAX_PICTURE_BYTES) throw refuse(name, "size");
      const kept = await this.#kept();
      return await kept.read(uri.toString(), stamp, async () => {
        const bytes = await vscode.workspace.fs.readFile(uri);
        if (bytes.length > MAX_PICTURE_BYTES) throw refuse(name, "size");
        if (bytes.length === 0) throw refuse(name, "empty");
        return { name, bytes, uri: uri.toString() };
      });
    } catch (thrown) {
      throw explain(thrown, name);
    }
  }
}

/** What to call the picture: the file's name, never the whole address. */
function pictureName(uri: vscode.Uri): string {
  if (uri.scheme === "data") return vscode.l10n.t("The embedded picture");
  return uri.path.slice(uri.path.lastIndexOf("/") + 1) || uri.authority || uri.scheme;
}

function refuse(name: string, reason: "folder" | "size" | "empty"): AppError {
  const detail = { file: name };
  switch (reason) {
    case "folder": {
      const text = vscode.l10n.t("{0} is a folder. Choose the pictures in it.", name);
      return new AppError("image.unreadable", text, { detail });
    }
    case "size": {
      const limit = sizeText(MAX_PICTURE_BYTES);
      const text = vscode.l10n.t("{0} is larger than {1}. Choose a smaller copy.", name, limit);
      return new AppError("image.tooLarge", text, { detail });
    }
    case "empty": {
      const text = vscode.l10n.t("{0} is empty. Choose another picture.", name);
      return new AppError("image.unreadable", text, { detail });
    }
  }
}

/** What a file system threw, in words. */
function explain(thrown: unknown, name: string): AppError {
  if (thrown instanceof AppError) return thrown;
  const fail = (code: ErrorCode, text: string): AppError =>
    new AppError(code, text, { cause: thrown, detail: { file: name } });
  const code = thrown instanceof vscode.FileSystemError ? thrown.code : undefined;
  if (code === "FileNotFound") {
    return fail(
      "image.missing",
      vscode.l10n.t("{0} was not found. It may have been moved or deleted; choose it again.", name),
    );
  }
  if (code === "NoPermissions") {
    return fail(
      "image.unreadable",
      vscode.l10n.t("{0} cannot be read for want of permission. Choose another picture.", name),
    );
  }
  return fail(
    "image.unreadable",
    vscode.l10n.t("{0} cannot be read. See whether the file still opens, and try again.", name),
  );
}
