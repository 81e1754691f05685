/** Features that are commands alone: each is loaded with the first of its own, and asks nothing before. */

import * as ids from "./shell/commandIds";
import { lazyFeature } from "./shell/lazyFeature";
import type { Feature, Services } from "./shell/services";

export function createLazyCommands(services: Services): readonly Feature[] {
  const parts = () => import("./shell/lazyParts");
  return [
    lazyFeature(ids.AUDIT_COMMANDS, async () => (await parts()).createAudit(services)),
    lazyFeature(ids.COMMAND_LINE_COMMANDS, async () => (await parts()).createCommandLine(services)),
    lazyFeature(ids.CUDA_COMMANDS, async () => (await parts()).createCudaSetup(services)),
    lazyFeature(ids.LEARNING_COMMANDS, async () => (await parts()).createLearning(services)),
    lazyFeature(ids.MODEL_COMMANDS, async () => (await parts()).createModelManager(services)),
    lazyFeature(ids.SEARCH_COMMANDS, async () => (await parts()).createSearch(services)),
  ];
}
