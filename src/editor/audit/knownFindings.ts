/** Takes out of findings what the baseline of a workspace's folder knows. */

import * as vscode from "vscode";
import { otherFilesOf, withoutBaseline, type KnownBy } from "../../audit/baseline";
import { baseUri } from "../documents/altContext";
import type { ProjectConfigs } from "./projectConfigs";

/** As the command line names it in the workspace's folder. */
export function nameInFolder(uri: vscode.Uri): string {
  return vscode.workspace.asRelativePath(baseUri(uri), false);
}

/**
 * @param told those of one document.
 * @throws AppError `option.invalid` for a baseline with a mistake in it.
 */
export async function withoutKnown<T extends KnownBy>(
  told: readonly T[],
  uri: vscode.Uri,
  configs: ProjectConfigs,
): Promise<readonly T[]> {
  const baseline = told.length === 0 ? undefined : await configs.baselineFor(uri);
  const folder = vscode.workspace.getWorkspaceFolder(baseUri(uri));
  if (baseline === undefined || folder === undefined || baseline.findings.length === 0) return told;
  const there = new Set(told.map(({ file }) => file));
  for (const file of otherFilesOf(told, baseline.findings)) {
    if (await exists(vscode.Uri.joinPath(folder.uri, file))) there.add(file);
  }
  const { known } = withoutBaseline(told, baseline.findings, (file) => there.has(file));
  const left = new Set(known);
  return told.filter((finding) => !left.has(finding));
}

async function exists(uri: vscode.Uri): Promise<boolean> {
  return vscode.workspace.fs.stat(uri).then(
    () => true,
    () => false,
  );
}
