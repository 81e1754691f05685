/**
 * Work on a model that survives the loss of its device: starts the child again and repeats the work, as
 * devicePolicy.ts advises. Knows no messages and no models.
 */

import { AppError, type ErrorCode } from "../../base/errors";
import type { Clock } from "../../base/clock";
import { type DeviceAdvice, DevicePolicy, type CpuFallback } from "./devicePolicy";
import type { AskOptions } from "./engine";
import type { EngineClient } from "../process/engineClient";
import type { Device } from "../../model/ask/device";
import type { LoadRequest } from "../../model/ask/models";

export interface DeviceRecoveryOptions {
  /** What the user chose, whatever is done about it here. */
  readonly chosen: () => LoadRequest;
  readonly clock: Clock;
  /** What the child holds is of no use, and the child neither, unless the advice is to give up. */
  readonly onFailed: (advice: DeviceAdvice, error: AppError) => void;
  /** The CPU stands in from now on; called once for each device that is given up. */
  readonly onOverruled: (device: CpuFallback, error: AppError) => void;
}

/** What a work computes with; the work notes it as soon as it knows. */
export interface Computation {
  holder?: Pick<EngineClient, "state">;
  /** Absent until the model is loaded. */
  device?: Device | undefined;
}

/** Once on the same device, once on the CPU, and once because another question lost the child. */
const MAX_RETRIES = 3;

interface Attempt {
  readonly place: Computation;
  readonly nFailuresBefore: number;
  readonly nRetries: number;
}

export class DeviceRecovery {
  readonly #options: DeviceRecoveryOptions;
  readonly #policy = new DevicePolicy();

  constructor(options: DeviceRecoveryOptions) {
    this.#options = options;
  }

  /** Set while the CPU stands in for the chosen device. */
  get overruled(): CpuFallback | undefined {
    return this.#policy.overruled;
  }

  /** What is to be loaded for what the user chose. */
  get applied(): LoadRequest {
    return this.#policy.applied(this.#options.chosen());
  }

  /** To be called when the user may have chosen another device. */
  choiceChanged(): void {
    this.#policy.choiceChanged(this.#options.chosen().device);
  }

  /**
   * Does the work, and again where its device was lost; `onRestarted` is called before.
   * @throws AppError what the last attempt threw.
   */
  async run<T>(options: AskOptions, work: (place: Computation) => Promise<T>): Promise<T> {
    for (let nRetries = 0; ; nRetries++) {
      const attempt = this.#begin(nRetries);
      try {
        return await work(attempt.place);
      } catch (thrown) {
        const isLost = this.#isLost(AppError.from(thrown), attempt);
        if (!isLost || nRetries >= MAX_RETRIES || options.signal?.aborted === true) throw thrown;
        options.onRestarted?.();
      }
    }
  }

  /**
   * Does the work once; a lost device is noted, and the next work finds a new child.
   * @throws AppError what the work threw.
   */
  async runOnce<T>(work: (place: Computation) => Promise<T>): Promise<T> {
    const attempt = this.#begin(0);
    try {
      return await work(attempt.place);
    } catch (thrown) {
      this.#isLost(AppError.from(thrown), attempt);
      throw thrown;
    }
  }

  #begin(nRetries: number): Attempt {
    return { place: {}, nFailuresBefore: this.#policy.nFailures, nRetries };
  }

  /** @returns true when the device was lost and the work is to be repeated. */
  #isLost(error: AppError, attempt: Attempt): boolean {
    const { place, nFailuresBefore, nRetries } = attempt;
    // Without a child there is no device to blame, such as where there is no runtime for the platform.
    if (!LOSSES.has(error.code) || place.holder === undefined) return false;
    // Another question may have found out first, and taken the child away from this one.
    if (nFailuresBefore < this.#policy.nFailures) return true;
    const { chosen, clock } = this.#options;
    const now = { nowMs: clock.now(), chosen: chosen().device };
    // A child that was told to end has lost nothing.
    if (error.code === "engine.exited" && place.holder.state.kind !== "failed") return false;
    // A load is to blame on a device only when that has failed before, or is not good enough.
    const isRun = place.device !== undefined;
    if (isRun || this.#policy.isTroubled(now)) {
      if (isRun && error.code === "device.unavailable") return false;
      const advice = this.#policy.failed({ ...now, device: place.device, nRetries });
      return this.#follow(advice, error);
    }
    if (error.code !== "device.unavailable") return false;
    return this.#follow(this.#policy.unfit(now.chosen), error);
  }

  /** @returns true when there is something left to try. */
  #follow(advice: DeviceAdvice, error: AppError): boolean {
    if (advice !== "giveUp" || error.code === "device.failed") {
      this.#options.onFailed(advice, error);
    }
    const { overruled } = this.#policy;
    if (advice === "onCpu" && overruled !== undefined) this.#options.onOverruled(overruled, error);
    return advice !== "giveUp";
  }
}

/** How the loss of a device shows. */
const LOSSES: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "device.failed",
  "device.unavailable",
  "engine.exited",
]);
