/** Puts the command line of the package on PATH, as the editor does with its own, and takes it away. */

import { existsSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import * as vscode from "vscode";
import type { LauncherOutcome, ProgramsPlace } from "../../host/machine/launcherFile";
import { unsupportedError } from "../engine/unsupportedPlatform";
import type { FeatureWith } from "../shell/lazyFeature";
import type { CommandLineCommandId } from "../shell/commandIds";
import type { Services } from "../shell/services";

/** The two commands; nothing is looked at before one runs. */
export function createCommandLine({
  context,
  settings,
}: Pick<Services, "context" | "settings">): FeatureWith<CommandLineCommandId> {
  const place: ProgramsPlace = {
    platform: process.platform,
    homeDir: homedir(),
    env: process.env,
  };
  return {
    commands: {
      "sightline.installCommandLine": async () => {
        const { extensionPath: extensionFolder } = context;
        if (!existsSync(path.join(extensionFolder, "dist", "cli.js"))) {
          throw unsupportedError(`${process.platform}-${process.arch}`);
        }
        const { installLauncher } = await import("../../host/machine/launcherFile");
        const { storageFolder } = settings;
        const { platform, execPath: program } = process;
        const facts = { platform, program, extensionFolder, storageFolder };
        await reportOutcome(await installLauncher(facts, place));
      },
      "sightline.uninstallCommandLine": async () => {
        const { removeLauncher } = await import("../../host/machine/launcherFile");
        await reportOutcome(await removeLauncher(place));
      },
    },
    dispose: () => undefined,
  };
}

async function reportOutcome(outcome: LauncherOutcome): Promise<void> {
  switch (outcome.kind) {
    case "installed":
      await reportInstalled(outcome);
      return;
    case "removed":
      void vscode.window.showInformationMessage(
        vscode.l10n.t("The command sightline is gone: {0} is deleted.", outcome.file),
      );
      return;
    case "foreign":
      void vscode.window.showWarningMessage(
        vscode.l10n.t(
          "{0} is not a file of Sightline, so it is left alone. Move it away and try again.",
          outcome.file,
        ),
      );
      return;
    case "absent":
      void vscode.window.showInformationMessage(
        vscode.l10n.t("The command sightline is not installed."),
      );
      return;
    case "failed":
      void vscode.window.showErrorMessage(
        vscode.l10n.t("{0} cannot be written or deleted: {1}", outcome.file, outcome.why),
      );
  }
}

async function reportInstalled({
  file,
  isOnPath,
}: Extract<LauncherOutcome, { kind: "installed" }>): Promise<void> {
  if (isOnPath) {
    const text = vscode.l10n.t(
      "The command sightline is installed in {0}. Open a new terminal and type: sightline --help",
      path.dirname(file),
    );
    void vscode.window.showInformationMessage(text);
    return;
  }
  const copy = vscode.l10n.t("Copy Folder");
  const text = vscode.l10n.t(
    "The command sightline is installed in {0}. This folder is not in PATH: add it there, then open a new terminal and type: sightline --help",
    path.dirname(file),
  );
  const chosen = await vscode.window.showWarningMessage(text, copy);
  if (chosen === copy) await vscode.env.clipboard.writeText(path.dirname(file));
}
