/** `models add`: a model of the catalogue, downloaded and converted, or a checkpoint from a folder. */

import { AppError } from "../../base/errors";
import { type HubSettings, isReadableOnTheWay } from "../../library/download/hubRoutes";
import { type HubEnvironment, hubToken } from "../../machine/huggingFaceHome";
import { AddProgressLines, CONVERTING } from "../terminal/addProgress";
import type { CliContext } from "../terminal/cliContext";
import { agreeToDownload } from "../terminal/consent";
import { EXIT } from "../terminal/failure";
import type { OutputFlags } from "../terminal/flags";
import { catalogStates } from "../../library/checkpoints/addModel";
import { type Catalog, catalogEntry, readCatalog } from "../../library/checkpoints/catalog";
import { addNamed, setStates } from "../../library/checkpoints/catalogSets";
import { importModel } from "../../library/checkpoints/importModel";
import { planImport } from "../../library/checkpoints/importPlan";
import type { AddedModel } from "../../model/ask/models";
import { setNamed } from "../../model/ask/modelSets";

export interface AddFlags extends OutputFlags {
  readonly precision?: string;
  readonly endpoint?: string;
  readonly keep?: boolean;
  /** Agrees to the download; asked on a terminal otherwise. */
  readonly yes?: boolean;
  /** A checkpoint's folder, which is imported instead of a download. */
  readonly from?: string;
}

/**
 * Imports the folder where one is named, and gets the catalogue's model otherwise.
 * @throws AppError as `addFromFolder` and `addNamedModel`; `option.invalid` when neither is named.
 */
export async function addAnyModel(
  context: CliContext,
  name: string | undefined,
  flags: AddFlags,
): Promise<number> {
  const { from } = flags;
  if (from !== undefined) return await addFromFolder(context, name, { ...flags, from });
  if (name !== undefined) return await addNamedModel(context, name, flags);
  throw new AppError(
    "option.invalid",
    'Name a model of the list that "sightline models" prints, or a checkpoint\'s folder with --from.',
  );
}

/**
 * Adds a model, or what is missing of a set, once its download was agreed to, with progress on stderr. A download that is interrupted goes on with the next call.
 * @returns 1 when the user would rather not.
 * @throws AppError as `addModel` and `agreeToDownload`.
 */
export async function addNamedModel(
  context: CliContext,
  name: string,
  flags: AddFlags,
): Promise<number> {
  const { printer, store, signal, host } = context;
  const { environment, startWorkers } = host;
  const catalog = await readCatalog(host.catalogFile);
  const hub = await hubOf(environment, flags);
  if (setNamed(name) === undefined) catalogEntry(catalog, name);
  if (!(await isAgreed(context, name, { catalog, hub, flags }))) {
    printer.note("Nothing was downloaded.");
    return EXIT.failed;
  }
  const lines = new AddProgressLines(printer);
  let added: AddedModel;
  try {
    added = await addNamed({
      name,
      store,
      environment,
      signal,
      precision: flags.precision,
      startWorkers,
      catalog,
      hub,
      keepCheckpoint: flags.keep,
      onProgress: lines.progressed,
      onStage: lines.staged,
    });
  } catch (thrown) {
    throw withWays(thrown);
  } finally {
    lines.end();
  }
  if (printer.isJson) printer.json(added);
  else printer.text(sentenceOf(added));
  return EXIT.ok;
}

/**
 * Imports a checkpoint from a folder into the store, as the editor's import does; uses no network.
 * @param name what the model is called; another one when the store has it. @default the checkpoint's
 * @throws AppError as `planImport` and `importModel`; `option.invalid` with flags of a download.
 */
export async function addFromFolder(
  context: CliContext,
  name: string | undefined,
  flags: AddFlags & { readonly from: string },
): Promise<number> {
  const { printer, store, signal } = context;
  if (flags.endpoint !== undefined || flags.keep === true) {
    throw new AppError(
      "option.invalid",
      "--endpoint and --keep are about a download, and --from downloads nothing. Leave them out.",
    );
  }
  const { from: checkpoint, precision } = flags;
  const plan = await planImport({ checkpoint, precision, name }, store);
  const progress = printer.progress(CONVERTING);
  try {
    await importModel(
      { checkpoint, out: plan.out, precision: plan.precision, signal, onProgress: progress.update },
      store,
    );
  } finally {
    progress.end();
  }
  const { name: given, out: folder, kind } = plan;
  if (printer.isJson) printer.json({ name: given, folder, source: "folder", kind });
  else printer.text(`${given}: ${folder}, made from the checkpoint in ${checkpoint}\n`);
  return EXIT.ok;
}

interface AddRequest {
  readonly catalog: Catalog;
  readonly hub: HubSettings;
  readonly flags: AddFlags;
}

/** Neither what is there nor what Hugging Face's cache has is downloaded, and so nobody is asked. */
async function isAgreed(
  context: CliContext,
  name: string,
  { catalog, hub, flags }: AddRequest,
): Promise<boolean> {
  const { store, host } = context;
  const states = await catalogStates(catalog, { store, environment: host.environment });
  const set = setStates(states).find(({ entry }) => entry.name === name);
  const state = set ?? states.find(({ entry }) => entry.name === name);
  if (state === undefined || state.cacheFolder !== undefined) return true;
  const isHere = set === undefined ? state.models.length > 0 : set.missing.length === 0;
  if (isHere && flags.precision === undefined) return true;
  const { precision, yes, keep } = flags;
  return await agreeToDownload(context, state, { precision, yes, keep, endpoint: hub.endpoint });
}

/** What Hugging Face's own tools read too. */
async function hubOf(environment: HubEnvironment, flags: AddFlags): Promise<HubSettings> {
  const endpoint = flags.endpoint ?? environment.env["HF_ENDPOINT"];
  const known = await hubToken(environment);
  // Who signed in long ago did not mean a way on which others can read the token.
  const isKeptBack = known?.from === "file" && isReadableOnTheWay(endpoint);
  return { endpoint, token: isKeptBack ? undefined : known?.token };
}

/** The same sentence with what helps here; the engine's own is for the editor, too. */
function withWays(thrown: unknown): unknown {
  if (!(thrown instanceof AppError) || thrown.code !== "hub.unreachable") return thrown;
  // What forbids every request says itself what helps.
  if (thrown.detail?.["host"] === undefined) return thrown;
  const ways =
    "Try again, name a mirror with --endpoint, or import a checkpoint: sightline models add --from FOLDER.";
  const { code, message, cause, detail } = thrown;
  return new AppError(code, `${message} ${ways}`, { cause, detail });
}

function sentenceOf({ name, folder, source }: AddedModel): string {
  switch (source) {
    case "store":
      return `${name} is there already: ${folder}\n`;
    case "cache":
      return `${name}: ${folder}, made from the checkpoint in Hugging Face's cache\n`;
    case "hub":
      return `${name}: ${folder}\n`;
  }
}
