/** Tells that the CPU has taken over from a device that failed, and what helps. */

import * as vscode from "vscode";
import { DEVICE_NAMES } from "../../host/service/deviceNames";
import type { CpuFallback } from "../../host/service/devicePolicy";
import type { NoticeAction } from "../../host/notices/noticeTable";
import type { Notices } from "../shell/services";

const ACTIONS = ["openDeviceSetting", "showLog"] as const satisfies readonly NoticeAction[];

/** Shows the message; settles when the user has closed it. */
export async function showCpuFallback(
  device: CpuFallback,
  notices: Pick<Notices, "run">,
): Promise<void> {
  const labels: Readonly<Record<(typeof ACTIONS)[number], string>> = {
    openDeviceSetting: vscode.l10n.t("Choose Device"),
    showLog: vscode.l10n.t("Show Log"),
  };
  const buttons = ACTIONS.map((id) => labels[id]);
  const chosen = await vscode.window.showWarningMessage(textOf(device), ...buttons);
  const action = ACTIONS.find((id) => labels[id] === chosen);
  if (action !== undefined) await notices.run(action);
}

function textOf({ failed, why }: CpuFallback): string {
  const name = failed === undefined ? vscode.l10n.t("The graphics card") : DEVICE_NAMES[failed];
  return why === "failed"
    ? vscode.l10n.t(
        "{0} failed twice while it computed, so Sightline answers on the CPU until you choose a device again or reload the window.",
        name,
      )
    : vscode.l10n.t(
        "{0} cannot hold this model or run a part of it, so Sightline answers on the CPU until you choose a device again or reload the window.",
        name,
      );
}
