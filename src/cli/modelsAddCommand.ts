/** `models add`: a model of the catalogue, downloaded and converted, or a checkpoint from a folder. */

import { formatBytes } from "../base/bytes";
import { AppError } from "../base/errors";
import { TimeLeft } from "../base/timeLeft";
import { type AddedModel, type AddProgress, addModel } from "../library/addModel";
import { readCatalog } from "../library/catalog";
import type { HubSettings } from "../library/hubRoutes";
import { importModel } from "../library/importModel";
import { planImport } from "../library/importPlan";
import type { CliContext } from "./cliContext";
import { durationText } from "./durationText";
import { EXIT } from "./failure";
import type { OutputFlags } from "./flags";
import type { ProgressLine } from "./progressLine";

export interface AddFlags extends OutputFlags {
  readonly precision?: string;
  readonly endpoint?: string;
  readonly keep?: boolean;
  /** A checkpoint's folder, which is imported instead of a download. */
  readonly from?: string;
}

const LABELS: Readonly<Record<AddProgress["step"], string>> = {
  download: "Downloading",
  convert: "Converting",
};

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
 * Adds a model, with progress on stderr. A download that is interrupted goes on with the next call.
 * @throws AppError as `addModel`.
 */
export async function addNamedModel(
  context: CliContext,
  name: string,
  flags: AddFlags,
): Promise<number> {
  const { printer, store, signal, host } = context;
  const { environment, startWorkers } = host;
  const lines = new Map<AddProgress["step"], ProgressLine>();
  const timeLeft = new TimeLeft(() => performance.now());
  let added: AddedModel;
  try {
    added = await addModel({
      ...{ name, store, environment, signal, precision: flags.precision, startWorkers },
      keepCheckpoint: flags.keep,
      catalog: await readCatalog(host.catalogFile),
      hub: hubOf(environment.env, flags),
      onProgress: ({ step, convertedBytes, ...progress }) => {
        const line = lines.get(step) ?? printer.progress(LABELS[step]);
        if (!lines.has(step)) for (const other of lines.values()) other.end();
        lines.set(step, line);
        const converted =
          convertedBytes === undefined ? undefined : `${formatBytes(convertedBytes)} converted`;
        const left = timeLeft.update(progress);
        const notes = [converted, left === undefined ? undefined : durationText(left)];
        const note = notes.filter((text) => text !== undefined).join(", ");
        line.update(note === "" ? progress : { ...progress, note });
      },
    });
  } finally {
    for (const line of lines.values()) line.end();
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
  const progress = printer.progress(LABELS.convert);
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

/** What Hugging Face's own tools read too. */
function hubOf(
  env: Readonly<Record<string, string | undefined>>,
  { endpoint }: AddFlags,
): HubSettings {
  return {
    endpoint: endpoint ?? env["HF_ENDPOINT"],
    token: env["HF_TOKEN"] ?? env["HUGGING_FACE_HUB_TOKEN"],
  };
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
