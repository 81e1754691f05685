/** What this machine has for models, as a read-only document that can be copied and read anew. */

import path from "node:path";
import * as vscode from "vscode";
import type { AppError } from "../../base/errors";
import { optional } from "../../base/optional";
import { environmentOf } from "../engine/childEnvironment";
import { unsupportedError } from "../engine/unsupportedPlatform";
import { withDelayedProgress } from "../shell/delayedProgress";
import { hubTokenState } from "../models/hubOptions";
import type { FeatureWith } from "../shell/lazyFeature";
import type { DiagnosticsCommandId } from "../shell/commandIds";
import { DIAGNOSTICS_SCHEME, type Services } from "../shell/services";

/** What a report tells of the way to the hub, where the settings decide and not the environment. */
function hubEnvironment(
  { endpoint, proxy }: Services["settings"]["hub"],
  token: "kept" | "none",
): Readonly<Record<string, string>> {
  return {
    ...optional({ HF_ENDPOINT: endpoint, HTTPS_PROXY: proxy }),
    // Whether there is one; the token itself stays where it is.
    SIGHTLINE_HUB_TOKEN: token,
  };
}

/** What the report's document is asked of; its address stays the same, so that there is one. */
export interface DiagnosticsFeature extends FeatureWith<DiagnosticsCommandId> {
  /** The last report, or a new one where there is none, such as after a reload. */
  readonly content: () => Promise<string>;
}

/**
 * The commands around the report; nothing is started before one runs.
 * @param onChanged tells the editor that the document has another text.
 */
export function createDiagnostics(
  services: Pick<Services, "context" | "settings">,
  onChanged: (document: vscode.Uri) => void,
): DiagnosticsFeature {
  let report: string | undefined;
  const show = async (): Promise<void> => {
    report = await readReport(services);
    const document = diagnosticsDocument();
    onChanged(document);
    await vscode.window.showTextDocument(document, { preview: false });
  };
  const content = async (): Promise<string> => (report ??= await readReport(services));
  return {
    commands: {
      "sightline.showDiagnostics": show,
      "sightline.refreshDiagnostics": show,
      "sightline.copyDiagnostics": async () => {
        await vscode.env.clipboard.writeText(await content());
        vscode.window.setStatusBarMessage(vscode.l10n.t("The diagnostics are copied."), SHOWN_MS);
      },
    },
    content,
    dispose: () => undefined,
  };
}

/** How long a short message stays in the status bar. */
const SHOWN_MS = 5000;

/** A document of ours: read-only, and closing it asks nothing. Its name is the tab's title. */
function diagnosticsDocument(): vscode.Uri {
  const name = vscode.l10n.t("Sightline Diagnostics");
  return vscode.Uri.from({ scheme: DIAGNOSTICS_SCHEME, path: name });
}

/** @throws AppError as `readDiagnostics`. */
async function readReport({
  context,
  settings,
}: Pick<Services, "context" | "settings">): Promise<string> {
  const { readDiagnostics } = await import("../../host/machine/machineReport");
  const childFile = path.join(context.extensionPath, "dist", "child.js");
  return await withDelayedProgress(
    vscode.l10n.t("Looking at this machine…"),
    async ({ signal }) => {
      const hub = hubEnvironment(settings.hub, await hubTokenState(context));
      const env = { ...environmentOf(settings), ...hub };
      const noEngine = (): AppError => unsupportedError(`${process.platform}-${process.arch}`);
      return await readDiagnostics({ childFile, env, signal, noEngine });
    },
  );
}
