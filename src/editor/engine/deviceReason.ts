/** Why the model runs where it runs, in the editor's languages. */

import * as vscode from "vscode";
import { formatNumber } from "../../base/bytes";
import { displayLocale } from "../shell/numbers";
import { DEVICE_NAMES } from "../../host/service/deviceNames";
import type { EngineStatus } from "../../host/service/engine";
import type { DeviceReason } from "../../model/ask/device";

/** One sentence, or undefined while nothing is loaded. */
export function deviceReasonOf({
  deviceReason,
  overruled,
  server,
}: Pick<EngineStatus, "deviceReason" | "overruled" | "server">): string | undefined {
  if (server !== undefined) {
    return vscode.l10n.t("{0} answers. Pictures that you ask about are sent there.", server);
  }
  if (overruled === "failed") {
    return vscode.l10n.t(
      "The chosen device failed twice while it computed. Choose a device again or reload the window to try it again.",
    );
  }
  if (overruled === "unfit") {
    return vscode.l10n.t(
      "The graphics card cannot hold this model or run a part of it. Choose a device again or reload the window to try it again.",
    );
  }
  return deviceReason && sentenceFor(deviceReason);
}

/** The same sentences as in model/ask/device.ts, here for the translators. */
function sentenceFor({ code, device, gflops }: DeviceReason): string {
  const name = DEVICE_NAMES[device];
  const own = speedText(gflops?.device);
  const cpu = speedText(gflops?.cpu);
  switch (code) {
    case "asked":
      return vscode.l10n.t("{0} was asked for by name.", name);
    case "faster":
      return vscode.l10n.t(
        "{0} is used because it is faster here ({1} against the CPU's {2} GFLOPS).",
        name,
        own,
        cpu,
      );
    case "slower":
      return vscode.l10n.t(
        "The CPU is used because {0} is slower here ({1} against the CPU's {2} GFLOPS): it probably runs in software, without a graphics adapter.",
        name,
        own,
        cpu,
      );
    case "absent":
      return vscode.l10n.t(
        "The CPU is used because {0} found no usable graphics adapter or driver.",
        name,
      );
    case "failed":
      return vscode.l10n.t(
        "The CPU is used because {0} failed in a test run; a newer graphics driver may help.",
        name,
      );
    case "wrong":
      return vscode.l10n.t(
        "The CPU is used because {0} computed wrong results in a test run; a newer graphics driver may help.",
        name,
      );
  }
}

function speedText(gflops: number | undefined): string {
  return gflops === undefined ? "?" : formatNumber(gflops, { digits: 1, locale: displayLocale() });
}
