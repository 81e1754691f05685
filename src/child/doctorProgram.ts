/** What the child's program does when it is started for a report on the machine: prints it and ends. */

import { readFile } from "node:fs/promises";
import { AppError } from "../base/errors";
import { JsonObject } from "../base/json";
import type { ExamineOptions } from "../doctor/report";

/** First argument of the program: the whole report, or the test of the device that follows. */
export const DOCTOR_ARGUMENTS = { report: "doctor", probe: "doctor-probe" } as const;

export interface DoctorProgram extends Pick<
  ExamineOptions,
  "store" | "environment" | "demoCheckpoint" | "catalogFile"
> {
  /** The extension's package.json. */
  readonly manifestFile: string;
  /** Of the process, without the program's own two. */
  readonly args: readonly string[];
  /** This program, to be started again for the devices. */
  readonly programFile: string;
  readonly print: (text: string) => void;
  /** For people, where the result would not be looked at. */
  readonly complain: (text: string) => void;
  /** Ends the process that tries a device. */
  readonly signal: AbortSignal;
}

/** True when the process was started for a report and not as an engine. */
export function isDoctorRun([first]: readonly string[]): boolean {
  return first === DOCTOR_ARGUMENTS.report || first === DOCTOR_ARGUMENTS.probe;
}

/**
 * Prints the report for people, or the result of one device's test as a line of JSON.
 * @returns the exit code: 0, or 1 after a failure, which is told.
 */
export async function runDoctor(program: DoctorProgram): Promise<number> {
  const { args, store, print, complain } = program;
  const isProbe = args[0] === DOCTOR_ARGUMENTS.probe;
  try {
    if (isProbe) print(`${JSON.stringify(await probe(args[1] ?? "", store))}\n`);
    else print(await report(program));
    return 0;
  } catch (thrown) {
    const { code, message } = AppError.from(thrown);
    if (isProbe) print(`${JSON.stringify({ error: { code, message } })}\n`);
    complain(`${message}\n`);
    return 1;
  }
}

async function report(program: DoctorProgram): Promise<string> {
  const { examine } = await import("../doctor/report");
  const { probeApart } = await import("../doctor/probe");
  const { adviceOf } = await import("../doctor/advice");
  const { describeFacts } = await import("../doctor/text");
  const { store, manifestFile, programFile, environment, demoCheckpoint, catalogFile } = program;
  const { signal } = program;
  const manifest = { file: manifestFile, code: "internal" } as const;
  const json = JsonObject.parse(await readFile(manifestFile, "utf8"), manifest);
  const facts = await examine({
    ...{ store, environment, demoCheckpoint, catalogFile, version: json.string("version") },
    probe: (device) => {
      const again = [programFile, DOCTOR_ARGUMENTS.probe, device];
      return probeApart(device, { program: process.execPath, args: again, signal });
    },
  });
  return describeFacts(facts, adviceOf(facts));
}

async function probe(name: string, store: DoctorProgram["store"]): Promise<unknown> {
  const { devicesOf, probeHere } = await import("../doctor/probe");
  const device = devicesOf(process.platform, process.arch).find((known) => known === name);
  if (device === undefined) {
    throw new AppError("option.invalid", `"${name}" is no device of this platform.`);
  }
  if (device === "cuda") {
    const { cudaSessionFactory } = await import("../library/cuda/cudaProvider");
    return await probeHere(device, await cudaSessionFactory({ store }));
  }
  const { createOrtSessionFactory } = await import("../engine/session/ortSession");
  return await probeHere(device, createOrtSessionFactory());
}
