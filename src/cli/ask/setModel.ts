/** A set behind --model: each request goes to the model for its task, and one model at a time is held. */

import { invariant } from "../../base/assert";
import { AppError } from "../../base/errors";
import { cannotText } from "../../model/ask/capabilities";
import { memberFor, missingText, type Task, taskOf } from "../../model/ask/modelSets";
import type { Blip2Engine } from "../../engine/blip2Engine";

/** What commands ask a model, or a set of them. */
export type CommandEngine = Pick<
  Blip2Engine,
  "info" | "generate" | "score" | "embedText" | "embedPicture" | "match"
> &
  Partial<Pick<Blip2Engine, "picturesAtOnce">>;

export interface SetModelOptions {
  /** Of the set. */
  readonly name: string;
  /** Loads a model by its name. @throws AppError `model.missing`, and whatever loading throws. */
  readonly open: (model: string) => Promise<Blip2Engine>;
}

export class SetModel {
  readonly #options: SetModelOptions;
  #held: { readonly name: string; readonly engine: Blip2Engine } | undefined;

  readonly engine: CommandEngine;

  constructor(options: SetModelOptions) {
    this.#options = options;
    const held = (): Blip2Engine => {
      invariant(this.#held !== undefined, "No model of the set was asked for anything.");
      return this.#held.engine;
    };
    const cannot = (): Promise<never> => {
      const text = cannotText(this.#options.name, "scores");
      return Promise.reject(new AppError("model.unsupported", text));
    };
    this.engine = {
      get info() {
        return held().info;
      },
      generate: async (request, run) => {
        const engine = await this.#engineFor(taskOf(request.prompt));
        return await engine.generate(request, run);
      },
      ...{ score: cannot, embedText: cannot, embedPicture: cannot, match: cannot },
    };
  }

  /** Of the model that was asked last; of the set before. */
  get name(): string {
    return this.#held?.name ?? this.#options.name;
  }

  async release(): Promise<void> {
    const held = this.#held;
    this.#held = undefined;
    await held?.engine.release();
  }

  async #engineFor(task: Task): Promise<Blip2Engine> {
    const { name: choice, open } = this.#options;
    const name = memberFor(choice, task);
    if (this.#held?.name === name) return this.#held.engine;
    await this.release();
    const engine = await open(name).catch((thrown: unknown) => {
      throw withRest(thrown, choice, task);
    });
    this.#held = { name, engine };
    return engine;
  }
}

/** Says which part of the set is missing, and how to get it. */
function withRest(thrown: unknown, choice: string, task: Task): unknown {
  const isMissing = thrown instanceof AppError && thrown.code === "model.missing";
  const text = isMissing ? missingText(choice, task) : undefined;
  if (text === undefined) return thrown;
  const way = `It can be downloaded: sightline models add ${choice}`;
  const detail = { model: choice };
  return new AppError("model.missing", `${text} ${way}`, { cause: thrown, detail });
}
