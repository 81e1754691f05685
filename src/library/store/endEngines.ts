/** Engines of other windows and commands give up the models of a store before they are deleted. */

import path from "node:path";
import { AppError } from "../../base/errors";
import { endEngine, enginesOn, type OtherEngine, usesStore } from "../../roll/engineRoll";
import type { ModelStore } from "./modelStore";

export interface EndOptions {
  readonly store: ModelStore;
  /** Of this user's engines. @default that of this machine */
  readonly rollFolder?: string | undefined;
}

/**
 * Idle ones end; one that answers or loads does not.
 * @param model folder of the one that they must give up. @default all
 * @throws AppError `model.busy`.
 */
export async function endEngines({ store, rollFolder }: EndOptions, model?: string): Promise<void> {
  for (const engine of await enginesOn(rollFolder)) {
    if (!(await usesStore(engine, store.root))) continue;
    if (model !== undefined && !isModel(engine, { store, model })) continue;
    if (await endEngine(engine)) continue;
    throw new AppError("model.busy", busyText(engine), { detail: { model: engine.model } });
  }
}

/** An engine names its model as somebody did: by its name in the store, or by its folder. */
function isModel(
  engine: OtherEngine,
  { store, model }: { readonly store: ModelStore; readonly model: string },
): boolean {
  const inStore = path.join(store.modelsDir, engine.model);
  return [inStore, engine.model].some((folder) => path.resolve(folder) === path.resolve(model));
}

function busyText({ holder, pid, model }: OtherEngine): string {
  const facts = `(process ${pid}, model ${model})`;
  return holder === "command"
    ? `A sightline command in a terminal uses a model ${facts}. Wait until it has ended, and try again.`
    : `Sightline's engine is at work in another window ${facts}. Wait until it is done or close that window, and try again.`;
}
