/** Which texts of the workspace can be compared with pictures, and what a model said of them. Asks nobody. */

import { randomUUID } from "node:crypto";
import * as vscode from "vscode";
import { isRight, rightText } from "../../audit/baseline";
import type { ComparableText, ToldText } from "../../audit/comparable";
import { projectConfigs } from "../audit/projectConfigs";

/** A text of a document. */
export type TextInDocument = ComparableText & { readonly uri: vscode.Uri };

/** What is told of one. */
export type ToldInDocument = ToldText & {
  readonly uri: vscode.Uri;
  /** Of the content of its own picture. */
  readonly digest: string;
};

/** The texts of a document as the process that compares gets them. */
export interface SentTexts {
  readonly document: string;
  readonly texts: readonly ComparableText[];
}

export class ComparedTexts {
  readonly #texts = new Map<string, readonly ComparableText[]>();
  /** Documents of which the process that compares has other texts. */
  readonly #fresh = new Set<string>();
  readonly #told = new Map<string, readonly ToldInDocument[]>();
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.#changed.event;
  /** Documents are compared again when they change. */
  isCompared = false;
  /** Changes whenever something else is told. */
  generation = 0;

  /** Another one for each look at a workspace. */
  id: string = randomUUID();

  get nDocuments(): number {
    return this.#texts.size;
  }

  /** In the order in which documents were looked at. */
  all(): readonly SentTexts[] {
    return [...this.#texts].map(([document, texts]) => ({ document, texts }));
  }

  /** Those that were not sent yet. */
  fresh(): readonly SentTexts[] {
    return this.all().filter(({ document }) => this.#fresh.has(document));
  }

  /** They are where they are compared, unless they changed since. */
  sent(all: readonly SentTexts[]): void {
    for (const { document, texts } of all) {
      if (this.#texts.get(document) === texts) this.#fresh.delete(document);
    }
  }

  textAt(document: string, nth: number): TextInDocument | undefined {
    const text = this.#texts.get(document)?.[nth];
    return text === undefined ? undefined : { ...text, uri: vscode.Uri.parse(document) };
  }

  putTexts(uri: vscode.Uri, texts: readonly ComparableText[]): void {
    const document = uri.toString();
    if (JSON.stringify(texts) === JSON.stringify(this.#texts.get(document))) return;
    this.#texts.set(document, texts);
    this.#fresh.add(document);
  }

  forget(): void {
    this.#texts.clear();
    this.#fresh.clear();
    this.id = randomUUID();
    this.tell([]);
    this.isCompared = false;
  }

  /** @returns documents of which something else is told than before. */
  tell(all: readonly ToldInDocument[]): readonly vscode.Uri[] {
    const now = new Map<string, ToldInDocument[]>();
    for (const told of all) {
      const key = told.uri.toString();
      now.set(key, [...(now.get(key) ?? []), told]);
    }
    const keys = new Set([...now.keys(), ...this.#told.keys()]);
    const textOf = (told: readonly ToldInDocument[] = []): string => JSON.stringify(told);
    const changed = [...keys].filter((key) => textOf(now.get(key)) !== textOf(this.#told.get(key)));
    this.#told.clear();
    for (const [key, told] of now) this.#told.set(key, told);
    if (changed.length > 0) {
      this.generation++;
      this.#changed.fire();
    }
    return changed.map((key) => vscode.Uri.parse(key));
  }

  toldOf(uri: vscode.Uri): readonly ToldInDocument[] {
    return this.#told.get(uri.toString()) ?? [];
  }
}

/** One for all who ask with the same settings. */
const known = new WeakMap<object, ComparedTexts>();

export function comparedTexts({ settings }: { readonly settings: object }): ComparedTexts {
  const texts = known.get(settings) ?? new ComparedTexts();
  known.set(settings, texts);
  return texts;
}

/**
 * What is told of a document, but for what somebody called right.
 * @throws AppError `option.invalid` for a baseline with a mistake in it.
 */
export async function freshlyTold(
  services: { readonly settings: object },
  uri: vscode.Uri,
): Promise<readonly ToldInDocument[]> {
  const told = comparedTexts(services).toldOf(uri);
  if (told.length === 0) return told;
  const baseline = await projectConfigs(services).baselineFor(uri);
  if (baseline === undefined) return told;
  return told.filter(({ digest, alt }) => !isRight(baseline, rightText(digest, alt)));
}
