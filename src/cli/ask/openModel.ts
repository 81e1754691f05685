/** From the value of --model to a folder, and to an engine that is released whatever happens. */

import { formatBytes } from "../../base/bytes";
import { AppError, throwIfAborted } from "../../base/errors";
import { LIMITS, worldOf } from "../../model/folder/world";
import type { CliContext } from "../terminal/cliContext";
import type { ModelFlags } from "../terminal/flags";
import { type HeldModel, withRollEntry } from "./rollEntry";
import type { RunningModel } from "./runningModel";
import { SetModel } from "./setModel";
import type { Blip2Engine } from "../../engine/blip2Engine";
import { readCatalog } from "../../library/checkpoints/catalog";
import { planLoad } from "../../library/open/loadPlan";
import { findNamedModel, type FoundModel, loadFoundModel } from "../../library/open/openNamedModel";
import type { LoadPlan } from "../../model/ask/models";
import { setNamed } from "../../model/ask/modelSets";
import { remoteName } from "../../model/ask/remoteName";

/**
 * Finds a model; the demo is converted when this is its first use.
 * @throws AppError as `findNamedModel`.
 */
export async function findModel(
  model: string | undefined,
  context: CliContext,
): Promise<FoundModel> {
  const { store, signal, host } = context;
  const { demoCheckpoint } = host;
  const progress = context.printer.progress("Preparing the demo model");
  const onProgress = progress.update;
  try {
    return await findNamedModel({ model, store, demoCheckpoint, signal, onProgress });
  } catch (thrown) {
    throw await withOffer(thrown, host.catalogFile);
  } finally {
    progress.end();
  }
}

/** A name of the catalogue is no mistake: it only is not here. */
async function withOffer(thrown: unknown, catalogFile: string): Promise<unknown> {
  if (!(thrown instanceof AppError) || thrown.code !== "model.missing") return thrown;
  const name = thrown.detail?.["model"];
  const { entries } = await readCatalog(catalogFile);
  if (typeof name !== "string" || !entries.some((entry) => entry.name === name)) return thrown;
  return new AppError(
    thrown.code,
    `The model "${name}" is not here. It can be downloaded: sightline models add ${name}`,
    { cause: thrown, detail: { model: name } },
  );
}

/**
 * Runs work with a loaded model.
 * @throws AppError as `findModel` and `loadFoundModel`, and what the work throws.
 */
export async function withModel<T>(
  context: CliContext,
  flags: ModelFlags,
  work: (model: RunningModel) => Promise<T>,
): Promise<T> {
  const { store, signal, printer } = context;
  const remote = remoteName(flags.model);
  if (remote !== undefined) {
    const { withRemote } = await import("./remoteModel");
    return await withRemote(context, { name: remote, flags, find: findModel }, work);
  }
  const set = setNamed(flags.model ?? "");
  if (set !== undefined) return await withSet(context, flags, { name: set.name, work });
  const found = await findModel(flags.model, context);
  return await withRollEntry({ model: found.name, store: store.root }, async (entry) => {
    const engine = await openFound(found, flags, { context, entry });
    try {
      throwIfAborted(signal);
      const limits = worldWarning({ model: found.name, world: engine.info.world });
      if (limits !== undefined) printer.note(limits);
      return await work({ engine, name: found.name });
    } finally {
      await engine.release();
    }
  });
}

/** A model of the set is loaded when the first request needs it. */
async function withSet<T>(
  context: CliContext,
  flags: ModelFlags,
  { name, work }: { readonly name: string; readonly work: (model: RunningModel) => Promise<T> },
): Promise<T> {
  return await withRollEntry({ model: name, store: context.store.root }, async (entry) => {
    const model = new SetModel({
      name,
      open: async (member) =>
        await openFound(await findModel(member, context), flags, { context, entry }),
    });
    try {
      return await work(model);
    } finally {
      await model.release();
    }
  });
}

async function openFound(
  found: FoundModel,
  flags: ModelFlags,
  { context, entry }: { readonly context: CliContext; readonly entry: HeldModel },
): Promise<Blip2Engine> {
  const { store, signal, printer } = context;
  entry.isLoaded = false;
  entry.plannedBytes = (await warnOfMemory(found, flags, context)).neededBytes;
  const { device } = flags;
  const engine = await loadFoundModel(found, { store, signal, device, logger: printer.logger() });
  entry.isLoaded = true;
  return engine;
}

/**
 * What is said of a model before it is loaded; undefined when it fits.
 * @param name of the model.
 */
export function memoryWarning(
  name: string,
  { neededBytes, availableBytes, isOnAdapter = false, smaller }: LoadPlan,
): string | undefined {
  if (neededBytes <= availableBytes) return undefined;
  const advice =
    smaller === undefined
      ? 'Convert the checkpoint with "--precision small" for less.'
      : `"--model ${smaller.name}" needs about ${formatBytes(smaller.neededBytes)}.`;
  const memory = isOnAdapter ? "the graphics adapter's memory" : "memory";
  return `${name} needs about ${formatBytes(neededBytes)} of ${memory}, and ${formatBytes(availableBytes)} are free. ${advice}`;
}

/** What is said of a model that does not know photographs; undefined for one that does. */
export function worldWarning(model: Parameters<typeof worldOf>[0]): string | undefined {
  const world = worldOf(model);
  if (world === "everyday") return undefined;
  return `${LIMITS[world]} "sightline models" lists models for photographs, and "sightline models add NAME" gets one.`;
}

/** A model that does not fit is loaded all the same: whoever types a command can also end it. */
async function warnOfMemory(
  { folder, name }: FoundModel,
  { device }: Pick<ModelFlags, "device">,
  { store, printer }: CliContext,
): Promise<LoadPlan> {
  const plan = await planLoad({ model: folder, store, device });
  const warning = memoryWarning(name, plan);
  if (warning !== undefined) printer.note(warning);
  return plan;
}
