/** `inspect`: what a model folder or a checkpoint is, without running it. */

import { stat } from "node:fs/promises";
import path from "node:path";
import { formatBytes } from "../../base/bytes";
import { AppError } from "../../base/errors";
import { openCheckpoint } from "../../convert/checkpoint/checkpoint";
import { openModelFolder, verifyFiles } from "../../engine/session/modelFolder";
import { CONFIG_FILE, MANIFEST_FILE } from "../../model/folder/manifest";
import type { CliContext } from "../terminal/cliContext";
import { EXIT } from "../terminal/failure";
import type { OutputFlags } from "../terminal/flags";
import {
  summarizeCheckpoint,
  summarizeModel,
  type Architecture,
  type CheckpointSummary,
  type ModelSummary,
} from "./modelSummary";
import { findModel } from "../ask/openModel";
import { formatTable } from "../terminal/text";
import { membersOf } from "../../model/ask/modelSets";

export interface InspectFlags extends OutputFlags {
  readonly verify?: boolean;
}

/**
 * Describes a folder, or a model of the store by its name; of a set each of its models.
 * @throws AppError `model.*`, `checkpoint.*`; `option.invalid` to verify a checkpoint, which has no
 * record of what its files should be.
 */
export async function inspect(
  context: CliContext,
  target: string,
  flags: InspectFlags,
): Promise<number> {
  const { printer } = context;
  if (await isCheckpoint(target)) {
    if (flags.verify === true) {
      throw new AppError(
        "option.invalid",
        `${target} is a checkpoint, and --verify compares the files of a converted model with its manifest. Leave --verify out.`,
      );
    }
    const summary = summarizeCheckpoint(await openCheckpoint(target));
    if (printer.isJson) printer.json(summary);
    else printer.text(describeCheckpoint(summary));
    return EXIT.ok;
  }
  for (const member of membersOf(target)) await inspectModel(context, member, flags);
  return EXIT.ok;
}

async function inspectModel(
  context: CliContext,
  target: string,
  flags: InspectFlags,
): Promise<void> {
  const { printer } = context;
  const { folder, name } = await findModel(target, context);
  const model = await openModelFolder(folder);
  if (flags.verify === true) await verifyFiles(model);
  const summary = summarizeModel(model, name);
  const verified = flags.verify === true ? { verified: true } : {};
  if (printer.isJson) printer.json({ ...summary, ...verified });
  else {
    printer.text(describeModel(summary));
    if (flags.verify === true) printer.text("\nEvery file is as it was written.\n");
  }
}

export function describeModel(summary: ModelSummary): string {
  const { name, folder, bytes, parts, source } = summary;
  const facts = formatTable([
    ["model", name],
    ["folder", folder],
    ...architectureRows(summary),
    ["size", formatBytes(bytes)],
    ["source", source.name],
  ]);
  const rows = parts.map((part) => [part.name, part.precision, formatBytes(part.bytes)]);
  const files = source.files.map((file) => [file.path, formatBytes(file.bytes), file.sha256]);
  return [
    facts,
    formatTable([["PART", "PRECISION", "SIZE"], ...rows], [2]),
    formatTable([["SOURCE FILE", "SIZE", "SHA-256"], ...files], [1]),
  ].join("\n");
}

export function describeCheckpoint(summary: CheckpointSummary): string {
  const { folder, bytes, parameters, tensors, storage, files } = summary;
  const types = Object.entries(storage).map(([type, count]) => `${count} × ${type}`);
  const facts = formatTable([
    ["checkpoint", folder],
    ...architectureRows(summary),
    ["parameters", parameters.toLocaleString("en-US")],
    ["tensors", `${tensors} (${types.join(", ")})`],
    ["size", formatBytes(bytes)],
  ]);
  const rows = files.map((file) => [path.basename(file.path), formatBytes(file.bytes)]);
  return [facts, formatTable([["FILE", "SIZE"], ...rows], [1])].join("\n");
}

const KIND_NAMES: Readonly<Record<Architecture["kind"], string>> = {
  generation: "generation (answers questions and describes pictures)",
  captioning: "captioning (describes pictures)",
  answering: "answering (answers single questions)",
  retrieval: "retrieval (scores texts against pictures)",
  stage1: "stage 1 (describes pictures and scores texts against them)",
};

function architectureRows({ kind, languageModel, sizes }: Architecture): readonly string[][] {
  return [
    ["kind", KIND_NAMES[kind]],
    ...(languageModel === undefined ? [] : [["language model", languageModel.toUpperCase()]]),
    ...Object.entries(sizes).map(([name, value]) => [spaced(name), String(value)]),
  ];
}

/** `visionLayers` → `vision layers`. */
const spaced = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

/** A folder with a configuration and no manifest. */
async function isCheckpoint(target: string): Promise<boolean> {
  const has = (name: string): Promise<boolean> =>
    stat(path.join(target, name)).then(
      (found) => found.isFile(),
      () => false,
    );
  return !(await has(MANIFEST_FILE)) && (await has(CONFIG_FILE));
}
