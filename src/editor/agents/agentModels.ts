/** The model that tools ask in the editor. */

import * as vscode from "vscode";
import { AppError } from "../../base/errors";
import { remoteName } from "../../model/ask/remoteName";
import { memberFor } from "../../model/ask/modelSets";
import type { ModelPort } from "../../tools/tool";
import { engineModel } from "../../tools/toolModel";
import type { Services } from "../shell/services";

/** The model that the user chose, whatever the tool needs: the engine says what it cannot do. */
export function editorModels({
  engine,
  settings,
}: Pick<Services, "engine" | "settings">): ModelPort {
  return {
    modelFor: (capability) => {
      const choice = settings.model;
      if (remoteName(choice) !== undefined) {
        // The user agreed for what the user asks, and nobody can be asked for each of an agent's pictures.
        const said = vscode.l10n.t(
          "A server answers in the place of this machine, and pictures of agents are not sent there. Choose a model of this machine.",
        );
        return Promise.reject(new AppError("model.unsupported", said));
      }
      const name = memberFor(choice, capability === "describes" ? "describes" : "answers");
      // Of a set, the model for the task is loaded by the call itself.
      return Promise.resolve(engineModel(engine, { name, isLoadedByCall: name !== choice }));
    },
  };
}
