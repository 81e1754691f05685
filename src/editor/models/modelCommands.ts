/** The commands around models, for the start of the editor; the model manager is loaded with the first. */

import { lazyFeature } from "../shell/lazyFeature";
import { MODEL_COMMANDS } from "../shell/commandIds";
import type { Feature, Services } from "../shell/services";

/** Asks nothing of the engine before a command runs. */
export function createModelCommands(services: Services): Feature {
  return lazyFeature(MODEL_COMMANDS, async () => {
    const { createModelManager } = await import("../shell/lazyParts");
    return createModelManager(services);
  });
}
