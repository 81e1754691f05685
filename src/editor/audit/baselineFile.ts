/** Adds findings to a project's baseline. */

import { randomUUID } from "node:crypto";
import * as vscode from "vscode";
import {
  type Baseline,
  baselineText,
  entriesOf,
  type KnownBy,
  type RightText,
} from "../../audit/baseline";
import { AppError } from "../../base/errors";
import { requireImage } from "../documents/altRequired";
import { showStatus } from "../documents/altDescribing";
import { fileName } from "../documents/altDocument";
import type { Services } from "../shell/services";
import { knownFinding } from "./auditFixes";
import { projectConfigs } from "./projectConfigs";

/**
 * Takes the finding of a picture for known, so that it is told no more.
 * @param args what the lightbulb gives; without any the picture at the cursor.
 * @throws AppError as `requireImage`, `addToBaselineOf`.
 */
export async function addToBaseline(services: Services, args: readonly unknown[]): Promise<void> {
  const image = await requireImage(services, args);
  const known = await knownFinding(services, image);
  await addToBaselineOf(services, image.document.uri, [known]);
}

/** @throws AppError `option.invalid` for a baseline with a mistake in it, `document.unwritable`. */
export async function addToBaselineOf(
  services: Services,
  uri: vscode.Uri,
  findings: readonly KnownBy[],
): Promise<void> {
  const baseline = await extend(services, uri, { findings: entriesOf(findings), right: [] });
  showStatus(vscode.l10n.t("{0} knows this finding now.", fileName(baseline)));
}

/** @throws AppError as `addToBaselineOf`. */
export async function addRightText(
  services: Services,
  uri: vscode.Uri,
  right: RightText,
): Promise<void> {
  const baseline = await extend(services, uri, { findings: [], right: [right] });
  showStatus(vscode.l10n.t("{0} knows that this text is right.", fileName(baseline)));
}

/** @returns the file. @throws AppError as `addToBaselineOf`. */
async function extend(services: Services, uri: vscode.Uri, more: Baseline): Promise<vscode.Uri> {
  const configs = projectConfigs(services);
  // Somebody else may have written it since it was read.
  configs.forget();
  const baseline = await configs.baselineFor(uri);
  if (baseline === undefined) {
    throw new AppError("document.missing", vscode.l10n.t("No folder is open. Open one first."));
  }
  const findings = [...baseline.findings, ...more.findings];
  const right = [...baseline.right, ...more.right];
  await writeWhole(baseline.uri, baselineText({ findings, right }));
  configs.forget();
  return baseline.uri;
}

async function writeWhole(uri: vscode.Uri, text: string): Promise<void> {
  const { fs } = vscode.workspace;
  const temporary = vscode.Uri.joinPath(uri, "..", `.${fileName(uri)}.${randomUUID()}.tmp`);
  try {
    await fs.writeFile(temporary, new TextEncoder().encode(text));
    await fs.rename(temporary, uri, { overwrite: true });
  } catch (cause) {
    await fs.delete(temporary).then(undefined, () => undefined);
    const words = vscode.l10n.t("{0} cannot be written. It may be read-only.", fileName(uri));
    throw new AppError("document.unwritable", words, { cause });
  }
}
