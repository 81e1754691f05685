/** From the value of --model to a folder, and to an engine that is released whatever happens. */

import path from "node:path";
import { throwIfAborted } from "../base/errors";
import type { Blip2Engine } from "../engine/blip2Engine";
import { DEMO_MODEL, resolveModel } from "../engine/modelStore";
import type { CliContext } from "./cliContext";
import type { ModelFlags } from "./flags";

/** A model folder and what to call it. */
export interface FoundModel {
  readonly folder: string;
  /** "demo", or the folder's own name. */
  readonly name: string;
}

/** A model that answers. */
export interface RunningModel {
  readonly engine: Blip2Engine;
  readonly name: string;
}

/**
 * Finds a model; the demo is converted when this is its first use.
 * @throws AppError `model.missing`, and as `ensureDemoModel`.
 */
export async function findModel(
  nameOrDir: string | undefined,
  context: CliContext,
): Promise<FoundModel> {
  const reference = await resolveModel(nameOrDir, context.store);
  if (reference.kind === "folder") {
    return { folder: reference.folder, name: path.basename(reference.folder) };
  }
  const { ensureDemoModel } = await import("./demoModel");
  const progress = context.printer.progress("Preparing the demo model");
  try {
    const folder = await ensureDemoModel({
      checkpoint: context.host.demoCheckpoint,
      store: context.store,
      signal: context.signal,
      onProgress: progress.update,
    });
    return { folder, name: DEMO_MODEL };
  } finally {
    progress.end();
  }
}

/**
 * Runs work with a loaded model.
 * @throws AppError as `findModel` and `loadEngine`, and what the work throws.
 */
export async function withModel<T>(
  context: CliContext,
  flags: ModelFlags,
  work: (model: RunningModel) => Promise<T>,
): Promise<T> {
  const { folder, name } = await findModel(flags.model, context);
  throwIfAborted(context.signal);
  const { loadEngine } = await import("../engine/blip2Engine");
  const engine = await loadEngine({
    folder,
    name,
    device: flags.device,
    logger: context.printer.logger(),
    featureCacheDir: context.store.featuresDir,
    deviceMemoryFile: context.store.deviceMemoryFile,
  });
  try {
    throwIfAborted(context.signal);
    return await work({ engine, name });
  } finally {
    await engine.release();
  }
}
