/** The steps of the walkthrough: each is ticked when what it is about has happened, and by nothing else. */

import * as vscode from "vscode";
import { worldOf } from "../../model/folder/world";
import { STEP_KEYS } from "./services";
import type { EngineApi } from "../../host/service/engine";

/** The editor remembers what it has ticked, so that a further time does nothing. */
export function stepDone(step: keyof typeof STEP_KEYS): void {
  void vscode.commands.executeCommand("setContext", STEP_KEYS[step], true);
}

/** Ticks the step of the model for one that was there before, when it is first used. */
export function followModelStep(engine: Pick<EngineApi, "onStatusChanged">): vscode.Disposable {
  const stop = engine.onStatusChanged((status) => {
    const isLoaded = status.kind === "ready" || status.kind === "busy";
    if (!isLoaded || worldOf(status) !== "everyday") return;
    stop();
    stepDone("model");
  });
  return new vscode.Disposable(stop);
}
