/** `doctor`: what this machine has for BLIP-2, and what would make it faster. */

import { AppError, throwIfAborted } from "../../base/errors";
import type { CliContext } from "../terminal/cliContext";
import { EXIT } from "../terminal/failure";
import type { OutputFlags } from "../terminal/flags";
import { createOrtSessionFactory } from "../../engine/session/ortSession";
import { cudaSessionFactory } from "../../library/cuda/cudaProvider";
import { adviceOf } from "../../doctor/advice";
import { devicesOf, probeApart, probeHere } from "../../doctor/probe";
import { examine } from "../../doctor/report";
import { describeFacts } from "../../doctor/text";
import type { Device } from "../../model/ask/device";

export interface DoctorFlags extends OutputFlags {
  /** In the process that tries a device: which one. */
  readonly probe?: string;
}

/**
 * Prints what was found out; what does not work is part of the report and no failure.
 * @throws AppError `option.invalid` for a device to try that this platform does not have,
 * `request.cancelled`.
 */
export async function doctor(context: CliContext, flags: DoctorFlags): Promise<number> {
  const { printer, store, host, signal } = context;
  if (flags.probe !== undefined) {
    const device = knownDevice(flags.probe);
    const factory =
      device === "cuda" ? await cudaSessionFactory({ store }) : createOrtSessionFactory();
    printer.json(await probeHere(device, factory));
    return EXIT.ok;
  }
  const facts = await examine({
    store,
    version: host.version,
    environment: host.environment,
    demoCheckpoint: host.demoCheckpoint,
    catalogFile: host.catalogFile,
    probe: (device) => {
      printer.note(`Trying ${device}.`);
      const args = [process.argv[1] ?? "", ...argsOf(device)];
      return probeApart(device, { program: process.execPath, args, signal });
    },
  });
  throwIfAborted(signal);
  const advice = adviceOf(facts);
  if (printer.isJson) printer.json({ ...facts, advice });
  else printer.text(describeFacts(facts, advice));
  return EXIT.ok;
}

const argsOf = (device: Device): readonly string[] => ["doctor", "--probe", device, "--json"];

function knownDevice(name: string): Device {
  const devices = devicesOf(process.platform, process.arch);
  const device = devices.find((known) => known === name);
  if (device !== undefined) return device;
  throw new AppError("option.invalid", `--probe must be one of ${devices.join(", ")}.`);
}
