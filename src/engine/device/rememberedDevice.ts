/**
 * Remembers that a machine's WebGPU is of no use, so that not every start pays for finding out again:
 * a software adapter needs seconds for the probe. A device that works is probed each time; where there
 * is an adapter the probe is quick, and a driver may have changed.
 */

import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { JsonObject } from "../../base/json";
import { type ChosenDevice, readDeviceReason } from "../../model/ask/device";

export interface RememberedDevice {
  /** What was found out lately on this very system; undefined when nothing was. */
  recall(): Promise<ChosenDevice | undefined>;
  /** Keeps a choice of the CPU, forgets everything on any other. Never throws. */
  remember(chosen: ChosenDevice): Promise<void>;
}

export interface RememberedDeviceOptions {
  readonly file: string;
  /** Milliseconds since 1970. @default Date.now */
  readonly nowMs?: () => number;
  /** What a driver update or another driver changes. @default the system's release and its Vulkan settings */
  readonly fingerprint?: string;
}

/** Drivers are updated about as often as people restart their machines for updates. */
const MAX_AGE_MS = 7 * 24 * 3600 * 1000;

/** A memory in a small file; a missing, old or damaged one remembers nothing. */
export function rememberedDeviceIn(options: RememberedDeviceOptions): RememberedDevice {
  const { file } = options;
  const nowMs = options.nowMs ?? Date.now;
  const fingerprint = options.fingerprint ?? systemFingerprint();
  return {
    recall: async () => {
      try {
        const json = JsonObject.parse(await readFile(file, "utf8"), { file, code: "internal" });
        const ageMs = nowMs() - json.number("probedAtMs");
        const isFresh = ageMs >= 0 && ageMs < MAX_AGE_MS;
        if (!isFresh || json.string("fingerprint") !== fingerprint) return undefined;
        return { device: "cpu", reason: readDeviceReason(json.object("reason")) };
      } catch {
        return undefined;
      }
    },
    remember: async ({ device, reason }) => {
      const partial = `${file}.${process.pid}.partial`;
      try {
        if (device !== "cpu") {
          await rm(file, { force: true });
          return;
        }
        await mkdir(path.dirname(file), { recursive: true });
        await writeFile(partial, JSON.stringify({ reason, fingerprint, probedAtMs: nowMs() }));
        await rename(partial, file);
      } catch {
        await rm(partial, { force: true }).catch(() => undefined);
      }
    },
  };
}

function systemFingerprint(): string {
  const { VK_DRIVER_FILES = "", VK_ICD_FILENAMES = "", LD_LIBRARY_PATH = "" } = process.env;
  const system = [os.hostname(), os.platform(), os.release(), os.arch()];
  return [...system, VK_DRIVER_FILES, VK_ICD_FILENAMES, LD_LIBRARY_PATH].join("|");
}
