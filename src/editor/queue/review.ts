/** The review as the editor knows it from the start: two commands, and pages that are still open. */

import * as vscode from "vscode";
import { REVIEW_COMMANDS } from "../shell/commandIds";
import { lazyFeature } from "../shell/lazyFeature";
import { REVIEW_VIEW_TYPE, type Feature, type Services } from "../shell/services";

export function createReview(services: Services): Feature {
  const { commands, feature, dispose } = lazyFeature(REVIEW_COMMANDS, async () => {
    const { ReviewFeature } = await import("../shell/lazyParts");
    return new ReviewFeature(services);
  });
  const registration = vscode.window.registerWebviewPanelSerializer(REVIEW_VIEW_TYPE, {
    deserializeWebviewPanel: async (panel) => {
      (await feature()).adopt(panel);
    },
  });
  return {
    commands,
    dispose: () => {
      registration.dispose();
      dispose();
    },
  };
}
