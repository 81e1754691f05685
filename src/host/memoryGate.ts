/**
 * Looks at the memory before a model is loaded, and asks the user when it does not fit. Knows no editor
 * and no files.
 */

import { AppError } from "../base/errors";
import type { Logger } from "../base/logger";
import { DEMO_MODEL } from "../base/world";
import type { LoadParams, LoadPlanReply } from "../protocol/engineMessages";
import type { CancelSignal } from "../protocol/rpcClient";
import { abortable } from "./abortable";
import type { EngineClient } from "./engineClient";

/** What the user is told; sizes in bytes. */
export interface MemoryQuestion extends LoadPlanReply {
  /** As the settings name it. */
  readonly model: string;
}

/** `smaller` uses the smaller model of the question; `getSmaller` offers a way to one. */
export type MemoryAnswer = "loadAnyway" | "smaller" | "getSmaller" | "cancel";

export interface MemoryGateOptions {
  readonly ask: (question: MemoryQuestion) => Promise<MemoryAnswer>;
  /** Chooses another model, as the user does in the settings. */
  readonly choose: (model: string) => Promise<void>;
  /** Shows how a smaller model is got; nobody waits for it. */
  readonly getSmaller: () => void;
  readonly logger: Logger;
}

/** `changed`: another model is chosen now, and is the one to be loaded. */
export type MemoryPermit = "load" | "changed" | "cancelled";

/** What knows the plan; EngineClient does. */
export type LoadPlanner = Pick<EngineClient, "planLoad">;

/** What is to be loaded, by whom, and how long somebody waits for it. */
export interface PlannedLoad {
  readonly model: string;
  readonly device: LoadParams["device"];
  readonly planner: LoadPlanner;
  readonly signal: CancelSignal;
}

export class MemoryGate {
  readonly #options: MemoryGateOptions;
  /** Models that the user loads although they do not fit; until the window is closed. */
  readonly #agreed = new Set<string>();

  constructor(options: MemoryGateOptions) {
    this.#options = options;
  }

  /** @throws AppError `request.cancelled` when the signal fires, `engine.*`. */
  async permit(load: PlannedLoad): Promise<MemoryPermit> {
    const { model, signal } = load;
    if (model === DEMO_MODEL || this.#agreed.has(model)) return "load";
    const plan = await this.#plan(load);
    if (plan === undefined || plan.neededBytes <= plan.availableBytes) return "load";
    const answer = await abortable(this.#options.ask({ ...plan, model }), signal);
    switch (answer) {
      case "loadAnyway":
        this.#agreed.add(model);
        return "load";
      case "smaller":
        if (plan.smaller === undefined) return "cancelled";
        await this.#options.choose(plan.smaller.name);
        return "changed";
      case "getSmaller":
        this.#options.getSmaller();
        return "cancelled";
      case "cancel":
        return "cancelled";
    }
  }

  /** Undefined when it cannot be made; the load itself then says what is wrong with the model. */
  async #plan({ model, device, planner, signal }: PlannedLoad): Promise<LoadPlanReply | undefined> {
    try {
      return await planner.planLoad({ model, device }, { signal });
    } catch (thrown) {
      const error = AppError.from(thrown);
      if (!error.code.startsWith("model.") && error.code !== "internal") throw error;
      this.#options.logger.warn(`The memory was not checked: ${error.message}`);
      return undefined;
    }
  }
}
