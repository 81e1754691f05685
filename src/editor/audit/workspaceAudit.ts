/** Looks through the documents of the workspace, in a process of its own, some at a time. */

import { randomUUID } from "node:crypto";
import * as vscode from "vscode";
import { LEVELS, RULE_IDS } from "../../audit/rule";
import { isCancelled } from "../../base/errors";
import type { CheckedDocumentReply } from "../../protocol/auditSchemas";
import type { Params } from "../../protocol/methods";
import { comparedTexts, freshlyTold } from "../comparing/comparedTexts";
import { withDelayedProgress } from "../shell/delayedProgress";
import type { Services } from "../shell/services";
import { batchOf, documentFolders, eachBatch, type DocumentBatch } from "./documentBatches";
import { findingText, saidBy } from "./findingWords";
import { nameInFolder, withoutKnown } from "./knownFindings";
import { projectConfigs } from "./projectConfigs";
import { workspaceFindings, type DocumentFindings } from "./workspaceFindings";

/**
 * Looks through all folders of the workspace; what was found before a cancel stays.
 * @throws AppError `document.missing` without a folder on this machine, `option.invalid` for a baseline
 * with a mistake in it, `engine.exited`.
 */
export async function checkWorkspace(services: Services): Promise<void> {
  documentFolders();
  const findings = workspaceFindings(services);
  projectConfigs(services).forget();
  findings.begin();
  const title = vscode.l10n.t("Checking alt texts");
  try {
    await withDelayedProgress(title, async (run) => {
      const { isPartial } = await eachBatch(services, run, (batch) =>
        checkDocuments(services, batch, run.signal),
      );
      findings.isPartial = isPartial;
    });
  } catch (thrown) {
    findings.isPartial = true;
    if (!isCancelled(thrown)) throw thrown;
  } finally {
    // The sentence above the findings says what was looked at, and how it ended.
    findings.put([]);
  }
}

/** Looks at documents again that were looked at before. @throws as `checkWorkspace`. */
export async function checkAgain(services: Services, uris: readonly vscode.Uri[]): Promise<void> {
  const { signal } = new AbortController();
  for (const uri of uris) {
    const folder = vscode.workspace.getWorkspaceFolder(uri);
    if (folder === undefined) continue;
    const batch = batchOf(services, [uri], { folder: folder.uri, run: randomUUID() });
    await checkDocuments(services, batch, signal);
  }
}

async function checkDocuments(
  services: Services,
  { uris, request }: DocumentBatch,
  signal: AbortSignal,
): Promise<void> {
  const { engine, log } = services;
  const compared = comparedTexts(services);
  const told = await Promise.all(uris.map((uri) => toldOf(services, uri)));
  const documents = request.documents.map((document, nth) => ({ ...document, ...told[nth] }));
  const asked = { ...request, documents, wantsTexts: compared.isCompared };
  const replies = await engine.call("auditDocuments", asked, { signal });
  const found: DocumentFindings[] = [];
  for (const [index, reply] of replies.documents.entries()) {
    const uri = uris[index];
    if (uri === undefined) continue;
    if (reply.texts !== undefined) compared.putTexts(uri, reply.texts);
    if (reply.failure !== undefined) log.warn(`Not checked: ${reply.failure}`);
    found.push(await placed(services, uri, reply));
  }
  workspaceFindings(services).put(found);
}

async function toldOf(
  services: Services,
  uri: vscode.Uri,
): Promise<Pick<Params<"auditDocuments">["documents"][number], "told">> {
  const told = await freshlyTold(services, uri);
  if (told.length === 0) return {};
  return {
    told: told.map(({ alt, picture, kind, fits, partner }) => ({
      ...{ alt, picture, kind, fits },
      ...(partner === undefined ? {} : { partner }),
    })),
  };
}

async function placed(
  services: Services,
  uri: vscode.Uri,
  { nPictures, findings, failure }: CheckedDocumentReply,
): Promise<DocumentFindings> {
  const file = nameInFolder(uri);
  const told = findings.flatMap((finding) => {
    const { start, end } = finding.range;
    const rule = RULE_IDS.find((id) => id === finding.rule);
    const level = LEVELS.find((each) => each === finding.level);
    if (rule === undefined || level === undefined) return [];
    const range = new vscode.Range(start.line, start.character, end.line, end.character);
    const message = findingText(saidBy(finding.says));
    return { ...finding, rule, level, message, uri, file, range, alt: finding.alt ?? null };
  });
  const fresh = await withoutKnown(told, uri, projectConfigs(services));
  return {
    ...{ uri, nPictures, findings: fresh, nKnown: told.length - fresh.length },
    ...(failure === undefined ? {} : { failure }),
  };
}
