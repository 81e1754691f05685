/** What is asked and said of a picture, as the ids that the engine would read and write. */

import { buildPrompt } from "../../engine/text/prompt";
import { learntFrom, type LearntText } from "../../train/graphs/stage2Feeds";
import type { Tokenizer } from "../../engine/text/tokenizer";
import type { Question } from "../texts/texts";

type Turn = Pick<Question, "text" | "answer">;

export class LearntWords {
  readonly #tokenizer: Tokenizer;
  readonly #endId: number;

  /** @param endId Of the token that ends what is said. */
  constructor(tokenizer: Tokenizer, endId: number) {
    this.#tokenizer = tokenizer;
    this.#endId = endId;
  }

  caption(words: string): LearntText {
    const given = this.#tokenizer.encode("");
    return learntFrom(given.length, [...given, ...this.#said(words)]);
  }

  /** Each question after those before it. An answer ends where the chat goes on, as if it were the last. */
  chat(turns: readonly Turn[]): LearntText {
    const said = turns.map(({ answer }) => this.#said(answer));
    const asked = turns.map(({ text }, i) =>
      this.#tokenizer.encode(prompt(turns.slice(0, i), text)),
    );
    const ids = [...(asked.at(-1) ?? []), ...(said.at(-1) ?? [])];
    const says = Array<number | undefined>(ids.length).fill(undefined);
    asked.forEach(({ length }, i) => {
      says.splice(length, said[i]?.length ?? 0, ...(said[i] ?? []));
    });
    return { ids, says };
  }

  #said(words: string): readonly number[] {
    return [...this.#tokenizer.encodeRaw(` ${words}`), this.#endId];
  }
}

/** As the engine asks it. */
function prompt(earlier: readonly Turn[], question: string): string {
  const turns = earlier.map(({ text, answer }) => ({ question: text, answer }));
  return buildPrompt({
    ...{ prompt: { kind: "chat", question, turns }, family: "opt" },
    ...{ count: () => 0, maxTokens: Infinity },
  }).text;
}
