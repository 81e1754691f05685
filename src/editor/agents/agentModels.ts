/** The model that tools ask in the editor. */

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
      const name = memberFor(choice, capability === "describes" ? "describes" : "answers");
      // Of a set, the model for the task is loaded by the call itself.
      return Promise.resolve(engineModel(engine, { name, isLoadedByCall: name !== choice }));
    },
  };
}
