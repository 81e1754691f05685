/** The models as the model manager lists them: order, what is said of each, what can be done; pure. */

import path from "node:path";
import { formatBytes } from "../../base/bytes";
import { optional } from "../../base/optional";
import { defaultProfile } from "../../model/precision/defaultProfile";
import {
  type Candidate,
  LARGEST_FILE_BYTES,
  type ModelCost,
} from "../../model/precision/modelAdvice";
import { DEMO_MODEL } from "../../model/folder/world";
import { remoteName } from "../../model/ask/remoteName";
import { modelsOnlyIn } from "../../model/ask/setsInStore";
import { isFolder, modelTitle } from "./modelTitle";
import { type ModelKind, PROFILE_NAMES, type ProfileName } from "../../model/ask/kinds";
import type { ImportPlan, ModelEntry } from "../../model/ask/models";
import type { CatalogEntryReply, Result } from "../../protocol/methods";

/**
 * `retrieval`: compares pictures with texts and answers no questions; `damaged`: in the store, but of
 * no use; `outside`: a folder that the settings name; `unknown`: a name that the settings have and the
 * store has not.
 */
export type ModelChoiceState = "usable" | "retrieval" | "damaged" | "outside" | "unknown";

export interface ModelChoice {
  /** What the settings call it. */
  readonly name: string;
  /** What people call it. */
  readonly title: string;
  readonly state: ModelChoiceState;
  /** Undefined where its files were not read. */
  readonly kind?: ModelKind;
  /** Such as "BLIP-2 OPT", "int8" and "1.2 GB"; what is not known is left out. */
  readonly facts: readonly string[];
  readonly isCurrent: boolean;
  /** Takes room on the disk of the store. */
  readonly canBeDeleted: boolean;
  /** Only of a set: the models of the store that go with it, and those that something else holds. */
  readonly members?: { readonly own: readonly string[]; readonly kept: readonly string[] };
  readonly bytes: number;
  readonly folder?: string;
  /** Why it cannot be used, for people. */
  readonly problem?: string;
}

/** What the list depends on besides the models of the store. */
export interface ModelChoiceLook {
  readonly currentModel: string;
  /** Folders outside of the store that were chosen before. @default none */
  readonly recentFolders?: readonly string[];
  /** Those of the catalogue. @default none */
  readonly sets?: readonly CatalogEntryReply[];
  /** BCP 47, for sizes. @default English */
  readonly locale?: string;
}

/** The demo first, then what can be chosen, then the rest; each by name. */
export function modelChoices(
  reply: Result<"models">,
  look: ModelChoiceLook,
): readonly ModelChoice[] {
  const { currentModel, recentFolders = [], sets = [] } = look;
  const whole = sets.filter(isThere);
  // A set stands for its models, unless one of them was chosen by itself.
  const isListed = ({ name }: ModelEntry): boolean =>
    name === currentModel || !whole.some(({ models }) => models.includes(name));
  const stored = reply.models.filter(isListed).map((model) => storedChoice(model, look));
  const unlisted = [currentModel, ...recentFolders].filter(
    (name, i, all) =>
      all.findIndex((other) => isSameFolder(other, name) || other === name) === i &&
      // A server is listed among servers.
      remoteName(name) === undefined &&
      // Of a set that is not whole, the rest is offered.
      !sets.some((set) => set.name === name) &&
      !reply.models.some((model) => model.name === name || isSameFolder(model.folder, name)),
  );
  const choices = [
    ...whole.map((set) => setChoice(set, reply, look)),
    ...stored,
    ...unlisted.map((name) => unlistedChoice(name, { isCurrent: name === currentModel })),
  ];
  return choices.sort(
    (a, b) => rankOf(a) - rankOf(b) || a.title.localeCompare(b.title, "en", { numeric: true }),
  );
}

/** Left free besides the model, so that the disk can still be worked with. */
const RESERVE_BYTES = 100e6;

/** How many bytes are missing on the disk for an import; 0 when there is enough. */
export function missingBytes(plan: Pick<ImportPlan, "modelBytes" | "freeBytes">): number {
  return Math.max(0, plan.modelBytes + RESERVE_BYTES - plan.freeBytes);
}

/**
 * The profile that is suggested.
 * @param totalBytes of this machine's memory.
 */
export function usualProfile(
  costs: readonly CatalogEntryReply["costs"][number][],
  totalBytes: number,
): ProfileName {
  const balanced = costs.find(({ profile }) => profile === "balanced");
  return defaultProfile(balanced?.memoryBytes ?? 0, totalBytes);
}

/** Bytes that have still to be downloaded. */
export function missingDownload({
  isCached,
  downloadBytes,
  partialBytes,
}: Pick<CatalogEntryReply, "isCached" | "downloadBytes" | "partialBytes">): number {
  return isCached ? 0 : Math.max(0, downloadBytes - partialBytes);
}

/** True for a model that is in the store in any precision, and for a set that lacks nothing. */
export function isThere({
  models,
  missing,
}: Pick<CatalogEntryReply, "models" | "missing">): boolean {
  return missing === undefined ? models.length > 0 : missing.length === 0;
}

/** A published model, or a set of them, as the rule about machines sees it. */
export function candidateOf(entry: CatalogEntryReply): Candidate {
  const { use, costs, diskBytes, memoryBytes } = entry;
  const costOf = (wanted: ProfileName): ModelCost =>
    costs.find(({ profile }) => profile === wanted) ?? { diskBytes, memoryBytes };
  return {
    use,
    costs: { balanced: costOf("balanced"), small: costOf("small") },
    arrivingBytes: Math.min(missingDownload(entry), LARGEST_FILE_BYTES),
    isThere: isThere(entry),
  };
}

/** The profile of a name, which may come from a command's argument. */
export function readProfile(name: unknown): ProfileName | undefined {
  return PROFILE_NAMES.find((profile) => profile === name);
}

function storedChoice(model: ModelEntry, { currentModel, locale }: ModelChoiceLook): ModelChoice {
  const { name, folder, bytes = 0, kind, problem } = model;
  return {
    name,
    title: name,
    state: stateOf(model),
    facts: factsOf(model, locale),
    isCurrent: name === currentModel || isSameFolder(folder, currentModel),
    canBeDeleted: folder !== undefined,
    bytes,
    ...optional({ folder, kind, problem }),
  };
}

/** A set of which all is here. */
function setChoice(
  set: CatalogEntryReply,
  { models }: Result<"models">,
  { currentModel, sets = [], locale }: ModelChoiceLook,
): ModelChoice {
  const members = models.filter(({ name }) => set.models.includes(name));
  const precisions = members.flatMap(({ precision }) => precision ?? []);
  const own = modelsOnlyIn(set, { sets, chosen: currentModel });
  const bytes = bytesOf(members.filter(({ name }) => own.includes(name)));
  const facts = { precision: [...new Set(precisions)].join(" + "), bytes: bytesOf(members) };
  return {
    ...{ name: set.name, title: set.title, state: "usable", bytes },
    facts: factsOf({ name: set.name, ...facts }, locale).filter((fact) => fact !== ""),
    isCurrent: set.name === currentModel,
    canBeDeleted: own.length > 0,
    members: { own, kept: set.models.filter((name) => !own.includes(name)) },
  };
}

function bytesOf(models: readonly ModelEntry[]): number {
  return models.reduce((sum, { bytes = 0 }) => sum + bytes, 0);
}

/** What the settings name, or named before, although the store does not have it. */
function unlistedChoice(name: string, { isCurrent }: Pick<ModelChoice, "isCurrent">): ModelChoice {
  const common = { name, title: modelTitle(name), isCurrent, canBeDeleted: false, bytes: 0 };
  return isFolder(name)
    ? { ...common, state: "outside", facts: [name], folder: name }
    : { ...common, state: "unknown", facts: [] };
}

function stateOf({ problem, kind }: ModelEntry): ModelChoiceState {
  if (problem !== undefined) return "damaged";
  return kind === "retrieval" ? "retrieval" : "usable";
}

function factsOf(
  { architecture, precision, bytes = 0 }: ModelEntry,
  locale: string | undefined,
): readonly string[] {
  const size = bytes > 0 ? formatBytes(bytes, locale) : undefined;
  return [architecture, precision, size].filter((fact) => fact !== undefined);
}

function rankOf({ name, state }: ModelChoice): number {
  if (name === DEMO_MODEL) return 0;
  return state === "usable" || state === "outside" ? 1 : 2;
}

function isSameFolder(folder: string | undefined, name: string): boolean {
  return folder !== undefined && isFolder(name) && path.resolve(folder) === path.resolve(name);
}
