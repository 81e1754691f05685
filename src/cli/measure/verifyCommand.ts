/** `verify`: the report of a reference kit on stdout. */

import type { CliContext } from "../terminal/cliContext";
import { EXIT } from "../terminal/failure";
import type { OutputFlags } from "../terminal/flags";
import { formatTable } from "../terminal/text";
import { findModel } from "../ask/openModel";
import { endpointNamed, withRemote } from "../ask/remoteModel";
import { cleanedText } from "../../remote/remoteEngine";
import type { GenerationCounts } from "../../measure/verify/generations";
import { verifyRemote } from "../../measure/verify/verifyRemote";
import { runVerify, type VerifyReport } from "../../measure/verify/verify";
import type { Deviation } from "../../measure/verify/comparison";
import { isTrainingKit } from "../../measure/verify/trainingKit";
import { verifyTraining } from "../../measure/verify/verifyTraining";
import type { DeviceChoice } from "../../model/ask/device";

export interface VerifyFlags extends OutputFlags {
  /** A server of `remote.json`, which serves the kit's checkpoint. */
  readonly remote?: string;
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
  if (flags.remote !== undefined) return await verifyServer(context, kit, flags.remote);
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

async function verifyServer(context: CliContext, kit: string, name: string): Promise<number> {
  const { printer, signal } = context;
  const { family, dialect } = await endpointNamed(context, name);
  return await withRemote(
    context,
    { name, flags: { device: "cpu" }, find: findModel },
    async ({ engine }) => {
      const report = await verifyRemote(kit, {
        generate: (request) => engine.generate(request, { signal }),
        cleaned: cleanedText,
        hasBeams: dialect === "transformers" && family === "opt",
        signal,
        onProgress: (text) => {
          printer.note(text);
        },
      });
      if (printer.isJson) printer.json(report);
      else {
        const skipped =
          report.skipped.length === 0 ? "" : ` Not asked: ${report.skipped.join(", ")}.`;
        const verdict = `${report.kind} on ${name} ${verdictOf(report)}.${skipped}`;
        printer.text(`${settingTable(report.generation)}\n${verdict}\n`);
      }
      return report.ok ? EXIT.ok : EXIT.failed;
    },
  );
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
  const tables = [
    stageTable(stages),
    ...(Object.keys(generation).length === 0 ? [] : [settingTable(generation)]),
  ];
  return `${tables.join("\n")}\n${kind} in ${precision} on ${device} ${verdictOf(report)}.\n`;
}

function settingTable(generation: GenerationCounts): string {
  const rows = Object.entries(generation).map(([setting, { cases, equal }]) => [
    setting,
    `${equal} of ${cases}`,
  ]);
  return formatTable([["SETTING", "EQUAL"], ...rows], [1]);
}
