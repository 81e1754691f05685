/** `verify`: the report of a reference kit on stdout. */

import type { CliContext } from "../terminal/cliContext";
import { EXIT } from "../terminal/failure";
import type { OutputFlags } from "../terminal/flags";
import { formatTable } from "../terminal/text";
import { runVerify, type VerifyReport } from "../../measure/verify/verify";
import type { Deviation } from "../../measure/verify/comparison";
import { isTrainingKit } from "../../measure/verify/trainingKit";
import { verifyTraining } from "../../measure/verify/verifyTraining";
import type { DeviceChoice } from "../../model/ask/device";

export interface VerifyFlags extends OutputFlags {
  readonly precision: string;
  readonly device: DeviceChoice;
}

/**
 * Compares this program with what transformers computed.
 * @returns 1 when something deviates more than it may.
 * @throws AppError as `runVerify`, `request.cancelled`.
 */
export async function verify(
  context: CliContext,
  kit: string,
  flags: VerifyFlags,
): Promise<number> {
  const { printer, signal } = context;
  if (await isTrainingKit(kit)) return verifyTrainingKit(context, kit, flags);
  const report = await runVerify(kit, {
    precision: flags.precision,
    device: flags.device,
    signal,
    onProgress: (text) => {
      printer.note(text);
    },
  });
  if (printer.isJson) printer.json(report);
  else printer.text(describeReport(report));
  return report.ok ? EXIT.ok : EXIT.failed;
}

async function verifyTrainingKit(
  { printer, signal }: CliContext,
  kit: string,
  { device }: VerifyFlags,
): Promise<number> {
  const report = await verifyTraining(kit, {
    device: device === "auto" ? "cpu" : device,
    signal,
    onProgress: (text) => {
      printer.note(text);
    },
  });
  if (printer.isJson) printer.json(report);
  else {
    printer.text(
      `${stageTable(report.stages)}\nTraining of ${report.kind} on ${report.device} ${verdictOf(report)}.\n`,
    );
  }
  return report.ok ? EXIT.ok : EXIT.failed;
}

function verdictOf({ ok }: { readonly ok: boolean }): string {
  return ok ? "equals the reference" : "DEVIATES from the reference";
}

function stageTable(stages: Readonly<Record<string, Deviation>>): string {
  const rows = Object.entries(stages).map(([stage, { maxAbs, relL2 }]) => [
    stage,
    maxAbs.toExponential(1),
    relL2.toExponential(1),
  ]);
  return formatTable([["STAGE", "MAX ABS", "REL L2"], ...rows], [1, 2]);
}

/** A table of stages, one of generation settings where there are any, and the verdict. */
export function describeReport(report: VerifyReport): string {
  const { kind, precision, device, stages, generation } = report;
  const settingRows = Object.entries(generation).map(([setting, { cases, equal }]) => [
    setting,
    `${equal} of ${cases}`,
  ]);
  const tables = [
    stageTable(stages),
    ...(settingRows.length === 0 ? [] : [formatTable([["SETTING", "EQUAL"], ...settingRows], [1])]),
  ];
  return `${tables.join("\n")}\n${kind} in ${precision} on ${device} ${verdictOf(report)}.\n`;
}
