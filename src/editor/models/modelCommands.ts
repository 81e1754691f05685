/** The commands around models, for the start of the editor; the model manager is loaded with the first. */

import { lateFeature } from "../shell/lateFeature";
import { MODEL_COMMANDS } from "../shell/commandIds";
import type { Feature, Services } from "../shell/services";

/** Asks nothing of the engine before a command runs. */
export function createModelCommands(services: Services): Feature {
  return lateFeature(MODEL_COMMANDS, async () => {
    const { createModelManager } = await import("../shell/lateParts");
    return createModelManager(services);
  });
}
