/** Keeps what is marked in open documents up to date: a while after the last change, one file at a time. */

import * as vscode from "vscode";
import { languageOfDocument } from "../../alt/languages";
import { TOOL_FOLDERS } from "../../alt/resolve/toolFolders";
import { CONFIG_NAME } from "../../audit/config/auditConfig";
import { DEFAULT_BASELINE } from "../../audit/config/configChain";
import { AppError } from "../../base/errors";
import type { Services } from "../shell/services";
import { MAX_PASSIVE_UNITS } from "../../host/documents/altPlan";
import { squiggleSpan } from "../../audit/squiggle";
import { rangeOf } from "../documents/altDocument";
import { workspaceFindings } from "./workspaceFindings";
import { AUDIT_SOURCE, squigglesOf } from "./auditSquiggles";
import { auditOf, forgetAudit, type AuditedDocument } from "./documentAudits";
import { comparedTexts } from "../comparing/comparedTexts";
import { findingText } from "./findingWords";
import { projectConfigs } from "./projectConfigs";

/** Between the last letter of somebody who types and the look at the document, in ms. */
export const TYPING_MS = 400;

/** A document and what was found in it last. */
interface Followed {
  readonly document: vscode.TextDocument;
  timer?: NodeJS.Timeout | undefined;
  audited?: AuditedDocument;
  /** What is marked, to tell whether something is to be changed. */
  shown: string;
}

export class AuditFollower implements vscode.Disposable {
  readonly #services: Services;
  readonly #collection = vscode.languages.createDiagnosticCollection("sightline");
  readonly #followed = new Map<vscode.TextDocument, Followed>();
  readonly #parts: readonly Pick<vscode.Disposable, "dispose">[];
  readonly #told = new Set<string>();
  /** One look at a time: parsing is felt. */
  #work: Promise<void> = Promise.resolve();
  #isEnded = false;

  constructor(services: Services) {
    this.#services = services;
    const { workspace, languages } = vscode;
    const configs = workspace.createFileSystemWatcher(`**/{${CONFIG_NAME},${DEFAULT_BASELINE}}`);
    const renew = (): void => {
      projectConfigs(services).forget();
      this.#lookAtAll();
    };
    this.#parts = [
      ...[this.#collection, configs],
      comparedTexts(services).onDidChange(() => {
        this.#lookAtAll();
      }),
      ...[configs.onDidCreate(renew), configs.onDidChange(renew), configs.onDidDelete(renew)],
      workspace.onDidOpenTextDocument((document) => {
        this.#look(document, 0);
      }),
      workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (contentChanges.length > 0) this.#look(document, TYPING_MS);
      }),
      workspace.onDidSaveTextDocument((document) => {
        // Other files may have changed, too, such as a picture that was missing.
        forgetAudit(document);
        this.#look(document, 0);
      }),
      workspace.onDidCloseTextDocument((document) => {
        this.#leave(document);
      }),
      languages.onDidChangeDiagnostics(({ uris }) => {
        this.#giveWay(new Set(uris.map(String)));
      }),
      services.settings.onDidChange(renew),
    ];
    this.#lookAtAll();
  }

  dispose(): void {
    this.#isEnded = true;
    for (const { timer } of this.#followed.values()) clearTimeout(timer);
    for (const part of this.#parts) part.dispose();
  }

  #lookAtAll(): void {
    for (const document of vscode.workspace.textDocuments) this.#look(document, 0);
  }

  /** Costs nothing but a timer: the text is asked for when it ends. */
  #look(document: vscode.TextDocument, delayMs: number): void {
    if (!isFollowed(document)) return;
    const followed = this.#followed.get(document) ?? { document, shown: "" };
    this.#followed.set(document, followed);
    clearTimeout(followed.timer);
    followed.timer = setTimeout(() => {
      followed.timer = undefined;
      this.#work = this.#work.then(() => this.#audit(followed));
    }, delayMs);
  }

  #leave(document: vscode.TextDocument): void {
    clearTimeout(this.#followed.get(document)?.timer);
    this.#followed.delete(document);
    this.#collection.delete(document.uri);
  }

  async #audit(followed: Followed): Promise<void> {
    const { document } = followed;
    // Somebody typed on, closed the document or ended the program while others were looked at.
    if (this.#isEnded || isGone(document) || followed.timer !== undefined) return;
    if (!this.#services.settings.auditEnabled(document.uri)) {
      this.#leave(document);
      return;
    }
    const { version } = document;
    try {
      const audited = await auditOf(this.#services, document);
      if (document.version !== version || isGone(document)) return;
      followed.audited = audited;
      this.#show(followed);
      this.#tellWorkspace(document, audited);
    } catch (thrown) {
      this.#collection.delete(document.uri);
      followed.shown = "";
      this.#tellOnce(AppError.from(thrown).message);
    }
  }

  /** A workspace that was checked has the newest findings, also of what is not saved. */
  #tellWorkspace(
    document: vscode.TextDocument,
    { found, findings, nKnown }: AuditedDocument,
  ): void {
    const workspace = workspaceFindings(this.#services);
    const { uri } = document;
    // What was too long to look at here was looked at elsewhere.
    if (!workspace.has(uri) || document.getText().length > MAX_PASSIVE_UNITS) return;
    const placed = findings.map(({ rule, level, says, picture: { reference } }) => ({
      ...{ uri, rule, level, message: findingText(says), target: reference.target.value },
      range: rangeOf(document, squiggleSpan(found.text, reference)),
    }));
    workspace.put([{ uri, nPictures: found.references.length, findings: placed, nKnown }]);
  }

  /** Never several documents in one call: the editor drops what is too much in it without a word. */
  #show(followed: Followed): void {
    const { document, audited } = followed;
    if (audited === undefined || this.#isEnded) return;
    const squiggles = squigglesOf(document, audited);
    const shown = JSON.stringify(squiggles);
    if (shown === followed.shown) return;
    followed.shown = shown;
    this.#collection.set(document.uri, squiggles);
  }

  /** Another tool said something new, perhaps of pictures that are marked. */
  #giveWay(addresses: ReadonlySet<string>): void {
    for (const followed of this.#followed.values()) {
      const { document, timer } = followed;
      if (timer === undefined && addresses.has(document.uri.toString())) this.#show(followed);
    }
  }

  /** A mistake in a project's configuration is said once, and not at every letter. */
  #tellOnce(message: string): void {
    if (this.#told.has(message)) return;
    this.#told.add(message);
    this.#services.log.warn(message);
    void vscode.window.showWarningMessage(`${AUDIT_SOURCE}: ${message}`);
  }
}

function isGone({ isClosed }: vscode.TextDocument): boolean {
  return isClosed;
}

/** Documents of people: what others only show, such as another version of a file, is left alone. */
function isFollowed({ uri, languageId }: vscode.TextDocument): boolean {
  if (languageOfDocument(languageId, uri.path) === undefined) return false;
  if (["untitled", "vscode-notebook-cell"].includes(uri.scheme)) return true;
  const folder = vscode.workspace.getWorkspaceFolder(uri);
  if (folder === undefined && uri.scheme !== "file") return false;
  const parts = vscode.workspace.asRelativePath(uri, false).split("/");
  return !parts.some((part) => TOOL_FOLDERS.includes(part));
}
