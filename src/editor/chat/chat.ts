/** The chat as the editor knows it from the start: a view that can be looked at, and commands. */

import * as vscode from "vscode";
import { LastEditor } from "../shell/lastEditor";
import { lazyFeature } from "../shell/lazyFeature";
import { CHAT_COMMANDS } from "../shell/commandIds";
import { CHAT_VIEW_ID, type Feature, type Services } from "../shell/services";

/** Registers the view; everything else waits until it is looked at or a command is run. */
export function createChat(services: Services): Feature {
  const lastEditor = new LastEditor();
  const { commands, feature, dispose } = lazyFeature(CHAT_COMMANDS, async () => {
    const { ChatFeature } = await import("../shell/lazyParts");
    return new ChatFeature(services, lastEditor);
  });
  const registration = vscode.window.registerWebviewViewProvider(CHAT_VIEW_ID, {
    resolveWebviewView: async (view) => {
      (await feature()).attach(view);
    },
  });
  return {
    commands,
    dispose: () => {
      registration.dispose();
      dispose();
      lastEditor.dispose();
    },
  };
}
