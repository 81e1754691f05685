/** How the engine is, in the chat's one short line. */

import * as vscode from "vscode";
import { optional } from "../../base/optional";
import { worldOf } from "../../model/folder/world";
import { DEVICE_NAMES } from "../../host/service/deviceNames";
import type { EngineStatus } from "../../host/service/engine";
import { modelTitle } from "../../host/models/modelTitle";
import { exampleQuestion } from "../../host/chat/suggestions";
import type { EngineView } from "../../protocol/views/chatMessages";
import { deviceReasonOf } from "./deviceReason";
import { modelLimits } from "../models/modelLimits";
import type { Notices } from "../shell/services";

/** The line for a status. */
export function engineView(status: EngineStatus, notices: Pick<Notices, "describe">): EngineView {
  const { kind, progress, error } = status;
  const detail = error === undefined ? deviceReasonOf(status) : notices.describe(error).text;
  const limits = modelLimits(status);
  const isMoving = kind === "loading" && progress !== undefined && progress.totalBytes > 0;
  return {
    kind,
    label: labelOf(status),
    ...optional({ detail, limits }),
    example: exampleQuestion(worldOf(status)),
    ...(isMoving ? { progress: Math.min(1, progress.doneBytes / progress.totalBytes) } : {}),
  };
}

function labelOf({ kind, model, device, precision, server }: EngineStatus): string {
  const name = modelTitle(model);
  // Whoever asks sees at any time that pictures leave the machine.
  const isElsewhere = server !== undefined && server !== name;
  const title = isElsewhere ? vscode.l10n.t("{0} on {1}", name, server) : name;
  switch (kind) {
    case "off":
      return vscode.l10n.t("{0} · not started", title);
    case "starting":
      return vscode.l10n.t("Starting…");
    case "loading":
      return vscode.l10n.t("Loading {0}…", title);
    case "ready":
    case "busy":
      return [title, precision, server === undefined && device ? DEVICE_NAMES[device] : undefined]
        .filter((word) => word !== undefined)
        .join(" · ");
    case "failed":
      return vscode.l10n.t("{0} · failed", title);
    case "unsupported":
      return vscode.l10n.t("Not available on this platform");
  }
}
