/** Everything that the editor does for alternative texts and captions, wired together. */

import { registerAltProviders } from "./altProviders";
import { lazyFeature } from "../shell/lazyFeature";
import { ALT_COMMANDS } from "../shell/commandIds";
import type { Feature, Services } from "../shell/services";

/** Registers what acts on documents by itself, and gives the commands. */
export function createAltFeatures(services: Services): Feature {
  const registered = registerAltProviders(services);
  const { commands, dispose } = lazyFeature(ALT_COMMANDS, async () => {
    const { createAltCommands } = await import("../shell/lazyParts");
    return createAltCommands(services);
  });
  return {
    commands,
    dispose: () => {
      registered.dispose();
      dispose();
    },
  };
}
