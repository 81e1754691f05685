/** What is wrong in the documents of the workspace, as far as they were looked at. Knows no view. */

import * as vscode from "vscode";
import type { Level, RuleId } from "../../audit/rule";

/** A finding in a document that need not be open. */
export interface PlacedFinding {
  readonly uri: vscode.Uri;
  readonly rule: RuleId;
  readonly level: Level;
  readonly message: string;
  /** The picture's address as the document has it. */
  readonly target: string;
  readonly range: vscode.Range;
}

/** What was found in a document. */
export interface DocumentFindings {
  readonly uri: vscode.Uri;
  readonly nPictures: number;
  readonly findings: readonly PlacedFinding[];
  /** How many others the baseline knows. */
  readonly nKnown: number;
  /** Why it was not looked at. */
  readonly failure?: string;
}

export interface FindingSums {
  readonly nDocuments: number;
  readonly nPictures: number;
  readonly nFindings: number;
  readonly nKnown: number;
  readonly nFailures: number;
}

export class WorkspaceFindings {
  readonly #documents = new Map<string, DocumentFindings>();
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.#changed.event;
  /** Documents that were looked at are looked at again when they change. */
  isChecked = false;
  /** The last look was ended early, or there were too many documents. */
  isPartial = false;

  begin(): void {
    this.#documents.clear();
    this.isChecked = true;
    this.isPartial = false;
    this.#changed.fire();
  }

  put(documents: readonly DocumentFindings[]): void {
    for (const document of documents) this.#documents.set(document.uri.toString(), document);
    this.#changed.fire();
  }

  forget(uri: vscode.Uri): void {
    if (this.#documents.delete(uri.toString())) this.#changed.fire();
  }

  has(uri: vscode.Uri): boolean {
    return this.#documents.has(uri.toString());
  }

  /** In the order of their documents' paths and of the text. */
  all(): readonly PlacedFinding[] {
    const documents = [...this.#documents.values()].sort((a, b) =>
      a.uri.path < b.uri.path ? -1 : 1,
    );
    return documents.flatMap(({ findings }) => findings);
  }

  failures(): readonly string[] {
    return [...this.#documents.values()].flatMap(({ failure }) => failure ?? []);
  }

  sums(): FindingSums {
    const all = [...this.#documents.values()];
    const sum = (count: (document: DocumentFindings) => number): number =>
      all.reduce((before, document) => before + count(document), 0);
    return {
      nDocuments: all.length,
      nPictures: sum(({ nPictures }) => nPictures),
      nFindings: sum(({ findings }) => findings.length),
      nKnown: sum(({ nKnown }) => nKnown),
      nFailures: sum(({ failure }) => (failure === undefined ? 0 : 1)),
    };
  }

  dispose(): void {
    this.#changed.dispose();
  }
}

/** One for all who ask with the same settings. */
const known = new WeakMap<object, WorkspaceFindings>();

export function workspaceFindings({ settings }: { readonly settings: object }): WorkspaceFindings {
  const findings = known.get(settings) ?? new WorkspaceFindings();
  known.set(settings, findings);
  return findings;
}
