/**
 * What is done about a device that fails while it computes: the child is started again once, and then
 * the session goes on with the CPU, as it does at once where the model does not fit a device that nobody
 * named. Pure arithmetic on times and choices.
 */

import type { Device } from "../../model/ask/device";
import type { LoadRequest } from "../../model/ask/models";

/**
 * - `again`: with a new child, on the same device.
 * - `onCpu`: with a new child, on the CPU; the choice is overruled from now on.
 * - `giveUp`: nothing is left to try.
 */
export type DeviceAdvice = "again" | "onCpu" | "giveUp";

export interface DeviceFailure {
  readonly nowMs: number;
  /** What the user chose. */
  readonly chosen: LoadRequest["device"];
  /** Where the model computed; undefined when the load failed that was to bring the device back. */
  readonly device: Device | undefined;
  /** How often the same question was asked again already. */
  readonly nRetries: number;
}

/** The device that is not used any more. */
export interface CpuFallback {
  readonly chosen: LoadRequest["device"];
  /** Undefined when it never got so far as to have a name. */
  readonly failed: Device | undefined;
  /** `failed`: twice while it computed; `unfit`: it cannot hold the model or run a part of it. */
  readonly why: "failed" | "unfit";
}

/** Two failures within this time are one trouble that lasts; further apart, each is a mishap. */
export const DEVICE_TROUBLE_MS = 10 * 60_000;

export class DevicePolicy {
  #last: (Omit<CpuFallback, "why"> & { readonly atMs: number }) | undefined;
  #overruled: CpuFallback | undefined;
  #nFailures = 0;

  /** Failures so far: a question that began before the last one lost its child to it. */
  get nFailures(): number {
    return this.#nFailures;
  }

  /** Set while the CPU stands in for the chosen device. */
  get overruled(): CpuFallback | undefined {
    return this.#overruled;
  }

  /** What is to be loaded when the user chose this. */
  applied(choice: LoadRequest): LoadRequest {
    return this.#overruled?.chosen === choice.device ? { ...choice, device: "cpu" } : choice;
  }

  /** True for a while after the chosen device has failed, unless the CPU stands in for it. */
  isTroubled({ nowMs, chosen }: Pick<DeviceFailure, "nowMs" | "chosen">): boolean {
    const last = this.#last;
    if (last?.chosen !== chosen || this.#overruled !== undefined) return false;
    return nowMs - last.atMs <= DEVICE_TROUBLE_MS;
  }

  /** To be called when the user may have chosen another device, which gets a chance of its own. */
  choiceChanged(device: LoadRequest["device"]): void {
    if ((this.#overruled ?? this.#last)?.chosen === device) return;
    this.#overruled = undefined;
    this.#last = undefined;
  }

  /** Notes a failure, and says what to do. */
  failed(failure: DeviceFailure): DeviceAdvice {
    const { nowMs, chosen, nRetries } = failure;
    if (failure.device === "cpu" || this.#overruled?.chosen === chosen) return "giveUp";
    const isTrouble = this.isTroubled(failure) || nRetries > 0;
    const failed = failure.device ?? this.#last?.failed;
    this.#nFailures += 1;
    this.#last = { atMs: nowMs, chosen, failed };
    if (!isTrouble) return "again";
    this.#overruled = { chosen, failed, why: "failed" };
    return "onCpu";
  }

  /** Notes that the model does not fit the device, and says what to do: a device by name is the user's will. */
  unfit(chosen: LoadRequest["device"]): DeviceAdvice {
    if (chosen !== "auto" || this.#overruled?.chosen === chosen) return "giveUp";
    this.#nFailures += 1;
    this.#overruled = { chosen, failed: undefined, why: "unfit" };
    return "onCpu";
  }
}
