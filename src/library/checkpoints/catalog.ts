/** The published checkpoints that can be had by name: models/catalog.json, validated. */

import { readFile } from "node:fs/promises";
import { AppError } from "../../base/errors";
import { JsonObject } from "../../base/json";
import { MODEL_USES, type ModelUse } from "../../model/precision/modelAdvice";
import { MODEL_KINDS, type ModelKind, type ProfileName } from "../../model/ask/kinds";

/** What a converted model costs in a precision, in bytes, to within a few per cent. */
export interface CatalogCost {
  /** As the converter's planner works it out of the checkpoint's tensors. */
  readonly diskBytes: number;
  /** Disk, 15 % that ONNX Runtime adds when it repacks quantised weights, and 300 MB to work with. */
  readonly memoryBytes: number;
}

interface CatalogRow {
  /** What `models add` takes. */
  readonly name: string;
  /** For people. */
  readonly title: string;
  readonly kind: ModelKind;
  /** Pixels on each side of what the model sees. */
  readonly imageSize: number;
}

/** A checkpoint of the hub. */
export interface CatalogEntry extends CatalogRow {
  readonly repository: string;
  /** A commit where one is known to work, otherwise a branch. */
  readonly revision: string;
  readonly licence: string;
  /** Names of the files with weights, where they are known. */
  readonly weightFiles?: readonly string[];
  /** Of the weights; the other files add a few megabytes. */
  readonly downloadBytes: number;
  readonly costs: Readonly<Record<ProfileName, CatalogCost>>;
  readonly use: ModelUse;
  /** What it is good at, for people: a sentence without its full stop. */
  readonly goodAt: string;
}

/** A checkpoint that is published in a form that cannot be imported yet. */
export interface LaterEntry extends CatalogRow {
  readonly url: string;
  readonly reason: string;
}

export interface Catalog {
  readonly entries: readonly CatalogEntry[];
  readonly later: readonly LaterEntry[];
}

const FORMAT_VERSION = 1;
/** What a model of the store can be called, so that the two have one name. */
const NAME = /^[a-z0-9][a-z0-9._-]{0,79}$/;
const REPOSITORY = /^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*$/;
const REVISION = /^[A-Za-z0-9][\w.-]*$/;
const FILE = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/**
 * Reads the catalogue that comes with the program.
 * @throws AppError `internal` when it is not part of the installation or broken.
 */
export async function readCatalog(file: string): Promise<Catalog> {
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new AppError(
      "internal",
      `The list of models, ${file}, cannot be read. Install Sightline again.`,
      { cause, detail: { file } },
    );
  });
  return parseCatalog(text, file);
}

/** Validates the text of a catalogue. @throws AppError `internal`. */
export function parseCatalog(text: string, file: string): Catalog {
  const json = JsonObject.parse(text, { file, code: "internal" });
  json.integer("formatVersion", { min: FORMAT_VERSION, max: FORMAT_VERSION });
  const rows = json
    .array("models")
    .map((value, i) => new JsonObject(value, { file, code: "internal", path: `models[${i}]` }));
  const names = new Set(rows.map((row) => row.string("name")));
  if (names.size !== rows.length) json.fail("models", "a list in which each name occurs once");
  return {
    entries: rows.filter((row) => !row.has("notYet")).map(readEntry),
    later: rows.filter((row) => row.has("notYet")).map(readLater),
  };
}

/**
 * The checkpoint of a name.
 * @throws AppError `model.missing` for another name, naming those that there are; `checkpoint.unsupported`
 * for one that cannot be imported yet.
 */
export function catalogEntry({ entries, later }: Catalog, name: string): CatalogEntry {
  const entry = entries.find((known) => known.name === name);
  if (entry !== undefined) return entry;
  const unready = later.find((known) => known.name === name);
  if (unready !== undefined) {
    throw new AppError("checkpoint.unsupported", `${unready.title}: ${unready.reason}`, {
      detail: { model: name, url: unready.url },
    });
  }
  const names = entries.map((known) => known.name).join(", ");
  throw new AppError(
    "model.missing",
    `The catalogue has no model "${name}". It has ${names}. A checkpoint of your own is imported from its folder.`,
    { detail: { model: name } },
  );
}

function readRow(row: JsonObject): CatalogRow {
  const named = row.string("kind");
  const kind = MODEL_KINDS.find((known) => known === named);
  if (kind === undefined) return row.fail("kind", `one of ${MODEL_KINDS.join(", ")}`);
  return {
    name: matching(row, "name", NAME),
    title: row.string("title"),
    kind,
    imageSize: row.integer("imageSize", { min: 1, max: 4096 }),
  };
}

function readEntry(row: JsonObject): CatalogEntry {
  const precisions = row.object("precisions");
  const cost = (profile: ProfileName): CatalogCost => {
    const json = precisions.object(profile);
    return { diskBytes: bytesAt(json, "diskBytes"), memoryBytes: bytesAt(json, "memoryBytes") };
  };
  return {
    ...readRow(row),
    repository: matching(row, "repository", REPOSITORY),
    revision: matching(row, "revision", REVISION),
    licence: row.string("licence"),
    ...(row.has("weightFiles") ? { weightFiles: readFileNames(row) } : {}),
    downloadBytes: bytesAt(row, "downloadBytes"),
    costs: { exact: cost("exact"), balanced: cost("balanced"), small: cost("small") },
    use: readUse(row),
    goodAt: row.string("goodAt"),
  };
}

function readUse(row: JsonObject): ModelUse {
  const use = row.string("use");
  return (
    MODEL_USES.find((known) => known === use) ?? row.fail("use", `one of ${MODEL_USES.join(", ")}`)
  );
}

function readLater(row: JsonObject): LaterEntry {
  const notYet = row.object("notYet");
  return { ...readRow(row), url: notYet.string("url"), reason: notYet.string("reason") };
}

function readFileNames(row: JsonObject): readonly string[] {
  return row
    .array("weightFiles")
    .map((name) =>
      typeof name === "string" && FILE.test(name)
        ? name
        : row.fail("weightFiles", "a list of plain file names"),
    );
}

function matching(row: JsonObject, key: string, pattern: RegExp): string {
  const text = row.string(key);
  return pattern.test(text) ? text : row.fail(key, `a text that matches ${pattern.source}`);
}

function bytesAt(row: JsonObject, key: string): number {
  return row.integer(key, { min: 1, max: Number.MAX_SAFE_INTEGER });
}
