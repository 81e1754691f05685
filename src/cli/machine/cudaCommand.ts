/** `cuda`: ONNX Runtime's CUDA libraries, which its npm package does not bring. */

import { formatBytes } from "../../base/bytes";
import type { CliContext } from "../terminal/cliContext";
import { EXIT } from "../terminal/failure";
import type { OutputFlags } from "../terminal/flags";
import {
  type CudaOutcome,
  expectRuntime,
  installCuda,
  removeCuda,
} from "../../library/cuda/cudaInstall";
import { describeMissing } from "../../library/cuda/cudaLibraries";
import { cudaFacts } from "../../library/cuda/cudaProvider";
import type { CudaFacts } from "../../machine/facts";
import type { CudaPlan } from "../../model/ask/models";

export interface CudaInstallFlags extends OutputFlags {
  /** Consent to the download. */
  readonly yes?: boolean;
  readonly from?: string;
}

/**
 * Prints what is installed and what is missing.
 * @throws AppError `device.unavailable` where there is no CUDA to be had.
 */
export async function cudaStatus({ printer, store, host }: CliContext): Promise<number> {
  const runtime = await expectRuntime();
  const facts = await cudaFacts({ store, runtime, env: host.environment.env });
  if (printer.isJson) printer.json(facts);
  else printer.text(statusText(facts));
  return EXIT.ok;
}

/**
 * Installs the libraries when --yes is given, and says what that would cost otherwise. A download that
 * is interrupted goes on with the next call.
 * @throws AppError as `installCuda`.
 */
export async function cudaInstall(context: CliContext, flags: CudaInstallFlags): Promise<number> {
  const { printer, store, host, signal } = context;
  const { env } = host.environment;
  const progress = printer.progress("Downloading");
  let plan: CudaPlan | undefined;
  let outcome: CudaOutcome;
  try {
    outcome = await installCuda({
      store,
      env,
      signal,
      from: flags.from,
      onProgress: progress.update,
      consent: (told) => {
        plan = told;
        return flags.yes === true;
      },
    });
  } finally {
    progress.end();
  }
  const facts = await cudaFacts({ store, env });
  if (printer.isJson) printer.json({ outcome, ...(plan === undefined ? {} : { plan }), ...facts });
  else if (outcome === "declined" && plan !== undefined) printer.text(planText(plan));
  else printer.text(statusText(facts));
  return EXIT.ok;
}

/**
 * Deletes what was installed.
 * @throws AppError as `removeCuda`.
 */
export async function cudaRemove({ printer, store }: CliContext): Promise<number> {
  const freedBytes = await removeCuda(store);
  if (printer.isJson) printer.json({ freedBytes });
  else printer.text(`Deleted the CUDA libraries: ${formatBytes(freedBytes)} are free again\n`);
  return EXIT.ok;
}

function planText({ source, downloadBytes, neededBytes, freeBytes, folder }: CudaPlan): string {
  const bytes =
    downloadBytes === 0 ? "nothing to download" : `${formatBytes(downloadBytes)} to download`;
  return [
    `From    ${source}, ${bytes}`,
    `To      ${folder}, up to ${formatBytes(neededBytes)} while it is installed, ${formatBytes(freeBytes)} free`,
    "Run it again with --yes to do it. NVIDIA's own libraries (CUDA, cuDNN) are not part of it.\n",
  ].join("\n");
}

function statusText({ providerFolder, missingLibraries, problem }: CudaFacts): string {
  if (providerFolder === undefined) {
    return 'ONNX Runtime\'s CUDA libraries are not installed. Add them with "sightline cuda install".\n';
  }
  if (problem !== undefined) return `${problem}\n`;
  const missing =
    missingLibraries.length === 0
      ? "All libraries that they ask for are found."
      : `Not found: ${describeMissing(missingLibraries)}.`;
  return `ONNX Runtime's CUDA libraries are in ${providerFolder}\n${missing}\n`;
}
