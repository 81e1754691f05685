/** Which of the installed models a tool is answered by, and that model over the engine. */

import { AppError } from "../base/errors";
import { CAPABILITIES, type Capability } from "../model/ask/capabilities";
import type { ModelKind } from "../model/ask/kinds";
import type { ModelEntry } from "../model/ask/models";
import { memberFor, type Task } from "../model/ask/modelSets";
import { isBundled, worldOf } from "../model/folder/world";
import type { EngineSupervisor } from "../host/service/engineSupervisor";
import type { ModelPort, ToolModel } from "../tools/tool";
import { engineModel } from "../tools/toolModel";

export interface ModelChoiceOptions {
  readonly engine: Pick<
    EngineSupervisor,
    "call" | "choiceChanged" | "generate" | "score" | "status" | "warmUp"
  >;
  /** What `--model` says. */
  readonly asked: string | undefined;
  /** From now on the engine's model. */
  readonly choose: (model: string) => void;
}

/** The best for a capability first; what compares is chosen as for finding pictures. */
const KINDS: Readonly<Record<Exclude<Capability, "scores">, readonly ModelKind[]>> = {
  describes: ["generation", "captioning", "stage1"],
  answers: ["generation", "answering"],
  ranks: ["answering"],
};

export class ModelChoice implements ModelPort {
  readonly #options: ModelChoiceOptions;
  #chosen: string | undefined;

  constructor(options: ModelChoiceOptions) {
    this.#options = options;
  }

  async modelFor(capability: Capability): Promise<ToolModel> {
    const name = await this.#nameFor(capability);
    const { engine } = this.#options;
    const use = (): void => {
      if (this.#chosen === name) return;
      this.#chosen = name;
      this.#options.choose(name);
      engine.choiceChanged();
    };
    return engineModel(engine, { name, use });
  }

  async #nameFor(capability: Capability): Promise<string> {
    const { engine, asked = "" } = this.#options;
    if (capability === "scores") {
      const { model, isChosen } = await engine.call("comparingModel", { chosen: asked });
      if (isChosen || !isBundled(model) || isBundled(asked)) return model;
      throw await this.#none(capability);
    }
    const { models } = await engine.call("models", {});
    const can = ({ kind, problem }: ModelEntry): boolean =>
      problem === undefined && kind !== undefined && CAPABILITIES[kind][capability];
    const named = memberFor(asked, taskFor(capability));
    const entry = models.find(({ name }) => name === named);
    if (entry !== undefined && can(entry)) return named;
    const others = KINDS[capability].flatMap((kind) => models.filter((each) => each.kind === kind));
    // A demo knows no photographs, so it answers only where one was asked for.
    const mayBeDemo = isBundled(named);
    const isUseful = ({ name }: ModelEntry): boolean =>
      mayBeDemo || worldOf({ model: name }) === "everyday";
    const other = others.find((each) => can(each) && isUseful(each));
    if (other !== undefined) return other.name;
    // A folder, or a set that is not whole: the engine says what is wrong with it.
    if (named !== "" && entry === undefined) return named;
    throw await this.#none(capability);
  }

  async #none(capability: Capability): Promise<AppError> {
    const { entries } = await this.#options.engine.call("catalog", {});
    const known = entries
      .filter(({ kind }) => CAPABILITIES[kind][capability])
      .sort((a, b) => a.diskBytes - b.diskBytes);
    const add = `Run "sightline models add ${known[0]?.name ?? "NAME"}"`;
    const text =
      capability === "scores"
        ? `No model that compares pictures with texts is installed. ${add}, or use describe_image and compare the words yourself.`
        : `No model for photographs is installed. ${add}, or start with --model.`;
    return new AppError("model.missing", text);
  }
}

/** A set has a model for each task. */
function taskFor(capability: Capability): Task {
  return capability === "describes" ? "describes" : "answers";
}
