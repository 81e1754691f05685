/** Everything that the editor does for alternative texts and captions, wired together. */

import { registerAltProviders } from "./altProviders";
import { lateFeature } from "../shell/lateFeature";
import type { CommandId, Feature, Services } from "../shell/services";

const ALT_COMMANDS = [
  "sightline.copyAltText",
  "sightline.generateAltText",
  "sightline.refineAltText",
  "sightline.insertCaption",
  "sightline.markAsDecorative",
  "sightline.generateAltTextForFile",
  "sightline.generateAltTextInFolder",
  "sightline.generateAltTextInFiles",
  "sightline.changeReviewedText",
  "sightline.openSamplePage",
] as const satisfies readonly CommandId[];

export type AltCommandId = (typeof ALT_COMMANDS)[number];

/** Registers what acts on documents by itself, and gives the commands. */
export function createAltFeatures(services: Services): Feature {
  const registered = registerAltProviders(services);
  const { commands, dispose } = lateFeature(ALT_COMMANDS, async () => {
    const { createAltCommands } = await import("../shell/lateParts");
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
