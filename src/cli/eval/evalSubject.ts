/** From the value of `--model` to what is evaluated. */

import { AppError } from "../../base/errors";
import { findingModel } from "../../library/open/openNamedModel";
import { openModelFolder } from "../../engine/session/modelFolder";
import { promptStyle } from "../../measure/eval/predict/preset";
import { type EvalTask, TASKS } from "../../measure/eval/tasks";
import { CAPABILITIES, cannotText } from "../../model/ask/capabilities";
import { setNamed } from "../../model/ask/modelSets";
import { precisionName } from "../../model/folder/precisionName";
import { remoteName } from "../../model/ask/remoteName";
import { findModel } from "../ask/openModel";
import { endpointNamed } from "../ask/remoteModel";
import type { CliContext } from "../terminal/cliContext";
import type { EvalSubject } from "./evalRun";

/** @throws AppError `option.invalid`, `model.unsupported` for a task that it cannot do, as `findModel`. */
export async function evalSubject(
  context: CliContext,
  task: EvalTask,
  model: string | undefined,
): Promise<EvalSubject> {
  if (setNamed(model ?? "") !== undefined) {
    throw new AppError(
      "option.invalid",
      "A set has several models. Name the one that is evaluated.",
    );
  }
  const remote = remoteName(model);
  return remote === undefined
    ? await localSubject(context, task, model)
    : await remoteSubject(context, task, remote);
}

async function localSubject(
  context: CliContext,
  task: EvalTask,
  model: string | undefined,
): Promise<EvalSubject> {
  const isRetrieval = TASKS[task].kind === "retrieval";
  const named = model ?? (isRetrieval ? await findingModel(context.store) : undefined);
  const found = await findModel(named, context);
  const { config, identity, manifest } = await openModelFolder(found.folder);
  const needed = NEEDED[TASKS[task].kind];
  if (!CAPABILITIES[config.kind][needed]) {
    throw new AppError("model.unsupported", cannotText(found.name, needed));
  }
  return {
    name: found.name,
    model: found.folder,
    modelHash: identity,
    precision: precisionName(manifest) ?? "mixed",
    style: promptStyle(config),
    here: { found, config },
  };
}

const NEEDED = {
  answers: "answers",
  gqa: "answers",
  captions: "describes",
  retrieval: "scores",
} as const;

/** Its weights are known by the address and the name that it serves them by, and by nothing else. */
async function remoteSubject(
  context: CliContext,
  task: EvalTask,
  name: string,
): Promise<EvalSubject> {
  const model = `remote:${name}`;
  if (TASKS[task].kind === "retrieval") {
    throw new AppError("model.unsupported", cannotText(model, "scores"));
  }
  const endpoint = await endpointNamed(context, name);
  return {
    // Also the name of a folder, where a colon is not allowed everywhere.
    name: `remote-${name}`,
    model,
    modelHash: `${endpoint.model} at ${new URL(endpoint.url).host}`,
    precision: "the server's",
    style: endpoint.family,
  };
}
