/**
 * Looks at the memory before a model is loaded, and asks the user when it does not fit. Knows no editor
 * and no files.
 */

import { abortable, type CancelSignal } from "../../base/abortable";
import { AppError } from "../../base/errors";
import type { Logger } from "../../base/logger";
import { isBundled } from "../../model/folder/world";
import type { LoadPlan, LoadRequest } from "../../model/ask/models";
import type { OtherEngine } from "../../roll/engineRoll";

/** What the user is told; sizes in bytes. */
export interface MemoryQuestion extends LoadPlan {
  /** As the settings name it. */
  readonly model: string;
  /** Engines of other windows and of commands that hold much, the largest first. */
  readonly others: readonly OtherEngine[];
}

/**
 * `smaller` uses the smaller model of the question; `getSmaller` offers a way to one; `endOthers` ends the
 * idle engines of other windows, and then the memory is looked at again.
 */
export type MemoryAnswer = "loadAnyway" | "smaller" | "getSmaller" | "endOthers" | "cancel";

export interface MemoryGateOptions {
  readonly ask: (question: MemoryQuestion) => Promise<MemoryAnswer>;
  /** Chooses another model, as the user does in the settings. */
  readonly choose: (model: string) => Promise<void>;
  /** Shows how a smaller model is got; nobody waits for it. */
  readonly getSmaller: () => void;
  /** Of this user on this machine. @default there are no others */
  readonly otherEngines?: () => Promise<readonly OtherEngine[]>;
  /** @returns false when somebody is being answered there. */
  readonly endOther?: (other: OtherEngine) => Promise<boolean>;
  /** Says once that others hold memory too, though there is enough; nobody waits for it. */
  readonly reportOthers?: (others: readonly OtherEngine[]) => void;
  readonly logger: Logger;
}

/** Less is not worth a word: the demo, and an engine that has not begun to load. */
const MUCH_BYTES = 500e6;

/** `changed`: another model is chosen now, and is the one to be loaded. */
export type MemoryPermit = "load" | "changed" | "cancelled";

/** What is to be loaded, by whom, and how long somebody waits for it. */
export interface PlannedLoad {
  readonly model: string;
  readonly device: LoadRequest["device"];
  /** What the load would take. */
  readonly plan: () => Promise<LoadPlan>;
  readonly signal: CancelSignal;
}

export class MemoryGate {
  readonly #options: MemoryGateOptions;
  /** Models that the user loads although they do not fit; until the window is closed. */
  readonly #agreed = new Map<string, LoadPlan>();
  #plannedBytes = 0;
  #hasTold = false;

  constructor(options: MemoryGateOptions) {
    this.#options = options;
  }

  /** @throws AppError `request.cancelled` when the signal fires, `engine.*`. */
  async permit(load: PlannedLoad): Promise<MemoryPermit> {
    const { model, signal } = load;
    const agreed = this.#agreed.get(model);
    this.#plannedBytes = agreed?.neededBytes ?? 0;
    if (isBundled(model) || agreed !== undefined) return "load";
    for (;;) {
      const plan = await this.#plan(load);
      if (plan === undefined) return "load";
      this.#plannedBytes = plan.neededBytes;
      const others = await this.#others();
      // What another window is loading is still counted as free.
      const claimed = others.filter(({ state }) => state === "loading");
      const availableBytes = Math.max(0, plan.availableBytes - sumOf(claimed));
      if (plan.neededBytes <= availableBytes) {
        this.#report(others);
        return "load";
      }
      const question = { ...plan, availableBytes, model, others };
      const answer = await abortable(this.#options.ask(question), signal);
      if (answer !== "endOthers") return await this.#follow(answer, question);
      const windows = others.filter(({ holder }) => holder === "window");
      for (const other of windows) await this.#options.endOther?.(other);
    }
  }

  /** What the model that was permitted last is about to take; 0 when that is not known. */
  get plannedBytes(): number {
    return this.#plannedBytes;
  }

  async #follow(
    answer: Exclude<MemoryAnswer, "endOthers">,
    question: MemoryQuestion,
  ): Promise<MemoryPermit> {
    switch (answer) {
      case "loadAnyway":
        this.#agreed.set(question.model, question);
        return "load";
      case "smaller":
        if (question.smaller === undefined) return "cancelled";
        await this.#options.choose(question.smaller.name);
        return "changed";
      case "getSmaller":
        this.#options.getSmaller();
        return "cancelled";
      case "cancel":
        return "cancelled";
    }
  }

  async #others(): Promise<readonly OtherEngine[]> {
    const found = (await this.#options.otherEngines?.()) ?? [];
    return found.filter(({ bytes }) => bytes >= MUCH_BYTES);
  }

  #report(others: readonly OtherEngine[]): void {
    if (this.#hasTold || others.length === 0) return;
    this.#hasTold = true;
    this.#options.reportOthers?.(others);
  }

  /** Undefined when it cannot be made; the load itself then says what is wrong with the model. */
  async #plan({ plan }: PlannedLoad): Promise<LoadPlan | undefined> {
    try {
      return await plan();
    } catch (thrown) {
      const error = AppError.from(thrown);
      if (!error.code.startsWith("model.") && error.code !== "internal") throw error;
      this.#options.logger.warn(`The memory was not checked: ${error.message}`);
      return undefined;
    }
  }
}

function sumOf(engines: readonly OtherEngine[]): number {
  return engines.reduce((sum, { bytes }) => sum + bytes, 0);
}
