/** Everything that the editor does for alternative texts and captions, wired together. */

import * as vscode from "vscode";
import { registerAltCodeActions } from "./altCodeActions";
import {
  copyAltText,
  generateAltText,
  insertCaptionAtCursor,
  markAsDecorative,
} from "./altCommands";
import { followCursor } from "./altCursor";
import { generateAltTextForFile } from "./altFile";
import { registerAltHover } from "./altHover";
import { registerAltPaste } from "./altPaste";
import { refineAltText } from "./altRefine";
import { requireImage } from "./altRequired";
import type { Feature, Services } from "./services";

/** Registers what acts on documents by itself, and gives the commands. */
export function createAltFeatures(services: Services): Feature {
  const registered = vscode.Disposable.from(
    registerAltCodeActions(services),
    registerAltHover(services),
    registerAltPaste(services),
    followCursor(services),
  );
  return {
    commands: {
      "sightline.copyAltText": (...args) => copyAltText(services, args),
      "sightline.generateAltText": (...args) => generateAltText(services, args),
      "sightline.refineAltText": async (...args) => {
        await refineAltText(services, await requireImage(services, args));
      },
      "sightline.insertCaption": (...args) => insertCaptionAtCursor(services, args),
      "sightline.markAsDecorative": (...args) => markAsDecorative(services, args),
      "sightline.generateAltTextForFile": () => generateAltTextForFile(services),
    },
    dispose: () => {
      registered.dispose();
    },
  };
}
