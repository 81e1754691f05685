/** The commands around models, for the start of the editor; the model manager is loaded with the first. */

import { lateFeature } from "../shell/lateFeature";
import type { CommandId, Feature, Services } from "../shell/services";

const MODEL_COMMANDS = [
  "sightline.manageModels",
  "sightline.importModel",
  "sightline.removeAllModels",
  "sightline.setHubToken",
  "sightline.setHubMirror",
  "sightline.restartEngine",
] as const satisfies readonly CommandId[];

export type ModelCommandId = (typeof MODEL_COMMANDS)[number];

/** Asks nothing of the engine before a command runs. */
export function createModelCommands(services: Services): Feature {
  return lateFeature(MODEL_COMMANDS, async () => {
    const { createModelManager } = await import("../shell/lateParts");
    return createModelManager(services);
  });
}
