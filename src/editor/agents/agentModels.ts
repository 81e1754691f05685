/** The model that tools ask in the editor. */

import * as vscode from "vscode";
import { AppError } from "../../base/errors";
import { PictureSearch } from "../../host/search/pictureSearch";
import { CAPABILITIES, type Capability } from "../../model/ask/capabilities";
import { remoteName } from "../../model/ask/remoteName";
import { memberFor } from "../../model/ask/modelSets";
import { isBundled } from "../../model/folder/world";
import type { ModelPort, ToolModel } from "../../tools/tool";
import { comparingToolModel, engineModel } from "../../tools/toolModel";
import type { Services } from "../shell/services";

type Given = Pick<Services, "engine" | "settings">;

/**
 * The model that the user chose. Where it compares nothing, the one that finds pictures compares, in the process for
 * it; a model that writes is not changed for an agent, because the user's own questions go to the chosen one.
 */
export function editorModels(services: Given): ModelPort {
  return {
    modelFor: async (capability) =>
      capability === "scores"
        ? await comparing(services)
        : naming(services, capability, writing(services, capability)),
  };
}

function writing({ engine, settings }: Given, capability: Capability): ToolModel {
  const choice = settings.model;
  expectLocal(choice);
  const name = memberFor(choice, capability === "describes" ? "describes" : "answers");
  // Of a set, the model for the task is loaded by the call itself.
  return engineModel(engine, { name, isLoadedByCall: name !== choice });
}

/**
 * The user agreed for what the user asks, and nobody can be asked for each of an agent's pictures.
 * @throws AppError `model.unsupported` for a server.
 */
export function expectLocal(model: string | undefined): void {
  if (remoteName(model) === undefined) return;
  const said = vscode.l10n.t(
    "A server answers in the place of this machine, and pictures of agents are not sent there. Choose a model of this machine.",
  );
  throw new AppError("model.unsupported", said);
}

async function comparing({ engine, settings }: Given): Promise<ToolModel> {
  const choice = settings.model;
  const search = new PictureSearch(engine);
  const { model, isChosen } = await search.comparerFor(choice);
  if (isChosen) return engineModel(engine, { name: model });
  expectLocal(model);
  // A demo knows no photographs, so it answers only whoever has chosen a demo.
  if (!isBundled(model) || isBundled(choice)) return comparingToolModel(search, model);
  const text = vscode.l10n.t(
    "No model that compares pictures with texts is installed. The user gets one with the command “Sightline: Manage Models…”; or use describe_image and compare the words yourself.",
  );
  throw new AppError("model.missing", text);
}

/** Where the chosen model cannot write such a thing, those that are installed and can are named. */
function naming({ engine }: Given, capability: Capability, model: ToolModel): ToolModel {
  return {
    ...model,
    // A spread takes what the getter says now.
    get world() {
      return model.world;
    },
    generate: async (request, run) => {
      try {
        return await model.generate(request, run);
      } catch (thrown) {
        if (!(thrown instanceof AppError) || thrown.code !== "model.unsupported") throw thrown;
        const { models } = await engine.call("models", {});
        const able = models.flatMap(({ name, kind }) =>
          kind !== undefined && CAPABILITIES[kind][capability] && !isBundled(name) ? [name] : [],
        );
        if (able.length === 0) throw thrown;
        const names = able.map((name) => `"${name}"`).join(", ");
        const text = vscode.l10n.t(
          "{0} Installed and able to: {1}. The user chooses one with the command “Sightline: Manage Models…”.",
          thrown.message,
          names,
        );
        throw new AppError(thrown.code, text, { cause: thrown });
      }
    },
  };
}
