/** Which texts of the workspace can be compared with pictures, and what a model said of them. Asks nobody. */

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

export class ComparedTexts {
  readonly #texts = new Map<string, readonly TextInDocument[]>();
  readonly #told = new Map<string, readonly ToldInDocument[]>();
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.#changed.event;
  /** Documents are compared again when they change. */
  isCompared = false;
  /** Changes whenever something else is told. */
  generation = 0;

  /** In the order in which documents were looked at. */
  texts(): readonly TextInDocument[] {
    return [...this.#texts.values()].flat();
  }

  putTexts(uri: vscode.Uri, texts: readonly ComparableText[]): void {
    this.#texts.set(
      uri.toString(),
      texts.map((text) => ({ ...text, uri })),
    );
  }

  forget(): void {
    this.#texts.clear();
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
