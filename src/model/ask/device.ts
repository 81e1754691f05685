/**
 * Why a model runs where it runs: a code and what was measured, so that the command line says it in English
 * and the editor in its display language. Knows no device's API.
 */

import type { JsonObject } from "../../base/json";

export const DEVICES = ["webgpu", "cuda", "dml", "coreml", "cpu"] as const;

/** A place where graphs can run. */
export type Device = (typeof DEVICES)[number];

export const DEVICE_CHOICES = ["auto", ...DEVICES] as const;

/** `auto` takes WebGPU where it is right and faster than the CPU, and the CPU elsewhere. */
export type DeviceChoice = (typeof DEVICE_CHOICES)[number];

/**
 * `asked`: chosen by name; `faster`, `slower`: than the CPU; `absent`: no adapter or driver; `failed`,
 * `wrong`: what a test run came to. All but the first two mean that the CPU is used.
 */
export const REASON_CODES = ["asked", "faster", "slower", "absent", "failed", "wrong"] as const;

export type ReasonCode = (typeof REASON_CODES)[number];

export interface DeviceReason {
  readonly code: ReasonCode;
  /** The device that was asked for, or tried. */
  readonly device: Device;
  /** Measured speeds in GFLOPS, where both were. */
  readonly gflops?: { readonly device: number; readonly cpu: number };
}

export interface ChosenDevice {
  readonly device: Device;
  readonly reason: DeviceReason;
}

const NAMES: Readonly<Record<Device, string>> = {
  webgpu: "WebGPU",
  cuda: "CUDA",
  dml: "DirectML",
  coreml: "Core ML",
  cpu: "The CPU",
};

/** What a device is called in a sentence; proper names but for the CPU, which begins one. */
export function deviceTitle(device: Device): string {
  return NAMES[device];
}

/** One sentence for people. */
export function deviceReasonText({ code, device, gflops }: DeviceReason): string {
  const name = NAMES[device];
  const speeds =
    gflops === undefined
      ? ""
      : ` (${gflops.device.toFixed(1)} against the CPU's ${gflops.cpu.toFixed(1)} GFLOPS)`;
  switch (code) {
    case "asked":
      return `${name} was asked for by name.`;
    case "faster":
      return `${name} is used because it is faster here${speeds}.`;
    case "slower":
      return `The CPU is used because ${name} is slower here${speeds}: it probably runs in software, without a graphics adapter.`;
    case "absent":
      return `The CPU is used because ${name} found no usable graphics adapter or driver.`;
    case "failed":
      return `The CPU is used because ${name} failed in a test run; a newer graphics driver may help.`;
    case "wrong":
      return `The CPU is used because ${name} computed wrong results in a test run; a newer graphics driver may help.`;
  }
}

/** Two reasons that say the same. */
export function isSameReason(a: DeviceReason | undefined, b: DeviceReason | undefined): boolean {
  return (
    a?.code === b?.code &&
    a?.device === b?.device &&
    a?.gflops?.device === b?.gflops?.device &&
    a?.gflops?.cpu === b?.gflops?.cpu
  );
}

/** Reads a reason from a file or a message. @throws AppError of the object's code, naming the field. */
export function readDeviceReason(reason: JsonObject): DeviceReason {
  const code = REASON_CODES.find((known) => known === reason.raw("code"));
  const device = DEVICES.find((known) => known === reason.raw("device"));
  if (code === undefined) reason.fail("code", `one of ${REASON_CODES.join(", ")}`);
  if (device === undefined) reason.fail("device", `one of ${DEVICES.join(", ")}`);
  if (!reason.has("gflops")) return { code, device };
  const gflops = reason.object("gflops");
  return { code, device, gflops: { device: gflops.number("device"), cpu: gflops.number("cpu") } };
}
