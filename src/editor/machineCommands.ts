/** The commands around this machine, for the start of the editor; what they do is loaded with the first. */

import { lateFeature } from "./lateFeature";
import type { CommandId, Feature, Services } from "./services";

const DIAGNOSTICS_COMMANDS = ["sightline.showDiagnostics"] as const satisfies readonly CommandId[];
const CUDA_COMMANDS = ["sightline.setUpCuda"] as const satisfies readonly CommandId[];

export type DiagnosticsCommandId = (typeof DIAGNOSTICS_COMMANDS)[number];
export type CudaCommandId = (typeof CUDA_COMMANDS)[number];

/** Starts no process before a command runs. */
export function createMachineCommands(services: Services): readonly Feature[] {
  return [
    lateFeature(DIAGNOSTICS_COMMANDS, async () => {
      const { createDiagnostics } = await import("./lateParts");
      return createDiagnostics(services);
    }),
    lateFeature(CUDA_COMMANDS, async () => {
      const { createCudaSetup } = await import("./lateParts");
      return createCudaSetup(services);
    }),
  ];
}
