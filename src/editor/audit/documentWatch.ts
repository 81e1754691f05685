/** Looks again at documents of a workspace that was checked, when they change. */

import * as vscode from "vscode";
import { DOCUMENT_EXTENSIONS } from "../../alt/languages";
import { filesGlob } from "../pictures/filesGlob";
import type { Services } from "../shell/services";
import { comparedTexts } from "../comparing/comparedTexts";
import { tellAgain } from "../comparing/textComparison";
import { checkAgain } from "./workspaceAudit";
import { workspaceFindings } from "./workspaceFindings";

/** Programs write many files at once, in ms. */
const DELAY_MS = 500;

export class DocumentWatch implements vscode.Disposable {
  readonly #services: Services;
  readonly #parts: readonly Pick<vscode.Disposable, "dispose">[];
  readonly #waiting = new Map<string, vscode.Uri>();
  #timer: NodeJS.Timeout | undefined;
  #work: Promise<unknown> = Promise.resolve();

  constructor(services: Services) {
    this.#services = services;
    const findings = workspaceFindings(services);
    const watcher = vscode.workspace.createFileSystemWatcher(filesGlob(DOCUMENT_EXTENSIONS));
    const changed = (uri: vscode.Uri): void => {
      if (findings.has(uri)) this.#add(uri);
    };
    this.#parts = [
      watcher,
      watcher.onDidChange(changed),
      watcher.onDidCreate(changed),
      watcher.onDidDelete((uri) => {
        findings.forget(uri);
        comparedTexts(services).putTexts(uri, []);
      }),
    ];
  }

  dispose(): void {
    clearTimeout(this.#timer);
    for (const part of this.#parts) part.dispose();
  }

  async #check(uris: readonly vscode.Uri[]): Promise<void> {
    await checkAgain(this.#services, uris);
    if (!comparedTexts(this.#services).isCompared) return;
    await tellAgain(this.#services, new AbortController().signal);
  }

  #add(uri: vscode.Uri): void {
    this.#waiting.set(uri.toString(), uri);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const uris = [...this.#waiting.values()];
      this.#waiting.clear();
      this.#work = this.#work.then(() => this.#services.notices.guard(() => this.#check(uris)));
    }, DELAY_MS);
  }
}
