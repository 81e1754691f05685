/** The commands for alternative texts and captions, and who does them. */

import {
  copyAltText,
  generateAltText,
  insertCaptionAtCursor,
  markAsDecorative,
} from "./altCommands";
import { generateAltTextForFile } from "./altFile";
import { generateAltTextInFolders } from "./altFolder";
import { refineAltText } from "./altRefine";
import { requireImage } from "./altRequired";
import { changeReviewedText } from "../review/altReview";
import type { AltCommandId } from "../shell/commandIds";
import type { FeatureWith } from "../shell/lazyFeature";
import { openSamplePage } from "../shell/samples";
import type { Services } from "../shell/services";

/** The handlers; there is nothing to end. */
export function createAltCommands(services: Services): FeatureWith<AltCommandId> {
  const commands: FeatureWith<AltCommandId>["commands"] = {
    "sightline.copyAltText": (...args) => copyAltText(services, args),
    "sightline.generateAltText": (...args) => generateAltText(services, args),
    "sightline.refineAltText": async (...args) => {
      await refineAltText(services, await requireImage(services, args));
    },
    "sightline.insertCaption": (...args) => insertCaptionAtCursor(services, args),
    "sightline.markAsDecorative": (...args) => markAsDecorative(services, args),
    "sightline.generateAltTextForFile": () => generateAltTextForFile(services),
    "sightline.generateAltTextInFolder": (...args) => generateAltTextInFolders(services, args),
    "sightline.generateAltTextInFiles": (...args) => generateAltTextInFolders(services, args),
    "sightline.changeReviewedText": () => {
      changeReviewedText();
    },
    "sightline.openSamplePage": () => openSamplePage(services),
  };
  return { commands, dispose: () => undefined };
}
