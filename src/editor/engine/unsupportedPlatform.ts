/** The failure of an installation that has no runtime for the platform. */

import * as vscode from "vscode";
import { AppError } from "../../base/errors";
import { remedy } from "../../host/notices/noticeTable";

/** What the package for other platforms says instead of answering. */
export function unsupportedError(platform: string): AppError {
  const text = vscode.l10n.t(
    "This version of Sightline has no engine for {0}. Install the version for your platform; there is one for Linux and Windows (x64 and arm64) and for macOS on Apple silicon.",
    platform,
  );
  return new AppError("device.unavailable", text, { detail: { platform, ...remedy("package") } });
}
