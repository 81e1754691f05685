/** manifest.json: what a converted model folder contains and where it came from. */

import { AppError } from "../../base/errors";
import { JsonObject } from "../../base/json";
import { GRAPH_CONTRACT_VERSION, PART, type PartName } from "../graph/graphContract";
import { formatPrecision, parsePrecision, type Precision } from "../precision/precision";

/** Raised when the layout of the folder changes so that an older reader could not follow. */
export const MANIFEST_FORMAT_VERSION = 1;
export const MANIFEST_FILE = "manifest.json";

/** What a model learnt from what; only a model that was fine-tuned here has it. */
export const LEARNT_FILE = "learnt.json";

/** Copied from the checkpoint as they are. */
export const CONFIG_FILE = "config.json";
export const TOKENIZER_FILE = "tokenizer.json";
export const TOKENIZER_CONFIG_FILE = "tokenizer_config.json";
/** Of the Q-Former that reads the instruction; a checkpoint keeps both in a folder of their own. */
export const QFORMER_TOKENIZER_FILE = "qformer_tokenizer.json";
export const QFORMER_TOKENIZER_CONFIG_FILE = "qformer_tokenizer_config.json";
export const PREPROCESSOR_FILE = "preprocessor_config.json";
export const GENERATION_FILE = "generation_config.json";

export interface ManifestFile {
  /** Relative to the model folder, a plain name. */
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface ManifestPart {
  readonly name: PartName;
  readonly graph: string;
  /** For devices other than the CPU, where that is another graph. */
  readonly acceleratorGraph?: string;
  /** The CPU's graph in pieces that follow each other, of which one is in memory at a time. */
  readonly stages?: readonly string[];
  /**
   * Graph and stages for a CPU whose products of signed weights overflow. Absent for a part without such
   * weights, and in folders of before there were any.
   */
  readonly exactGraph?: string;
  readonly exactStages?: readonly string[];
  /** Absent for a graph without weights. */
  readonly data: string | undefined;
  readonly precision: Precision;
}

export interface Manifest {
  readonly formatVersion: number;
  readonly graphContractVersion: number;
  /** The checkpoint's folder name; a label, not a path to rely on. */
  readonly source: { readonly name: string; readonly files: readonly ManifestFile[] };
  readonly parts: readonly ManifestPart[];
  readonly files: readonly ManifestFile[];
}

/** The text of manifest.json. */
export function formatManifest(manifest: Manifest): string {
  const plain = {
    formatVersion: manifest.formatVersion,
    graphContractVersion: manifest.graphContractVersion,
    source: manifest.source,
    parts: manifest.parts.map((part) => ({
      ...part,
      precision: formatPrecision(part.precision),
    })),
    files: manifest.files,
  };
  return `${JSON.stringify(plain, undefined, 2)}\n`;
}

/**
 * Validates the text of a manifest.json.
 * @throws AppError `model.corrupt` for a bad value, `model.unsupported` for a newer format.
 */
export function parseManifest(text: string, file: string): Manifest {
  const json = JsonObject.parse(text, { file, code: "model.corrupt" });
  const version = { min: 1, max: Number.MAX_SAFE_INTEGER };
  const formatVersion = json.integer("formatVersion", version);
  const graphContractVersion = json.integer("graphContractVersion", version);
  if (
    formatVersion !== MANIFEST_FORMAT_VERSION ||
    graphContractVersion !== GRAPH_CONTRACT_VERSION
  ) {
    throw new AppError(
      "model.unsupported",
      `${file}: this model has format ${formatVersion}.${graphContractVersion}, and this version of Sightline reads ${MANIFEST_FORMAT_VERSION}.${GRAPH_CONTRACT_VERSION}. Convert the checkpoint again.`,
      { detail: { file } },
    );
  }
  const source = json.object("source");
  return {
    formatVersion,
    graphContractVersion,
    source: { name: source.string("name"), files: readFiles(source) },
    parts: json.array("parts").map((part, index) => readPart(part, { json, index })),
    files: readFiles(json),
  };
}

function readFiles(json: JsonObject): ManifestFile[] {
  return json.array("files").map((value, index) => {
    const entry = new JsonObject(value, {
      file: json.file,
      code: json.code,
      path: `files[${index}]`,
    });
    const sha256 = entry.string("sha256");
    if (!/^[0-9a-f]{64}$/.test(sha256)) entry.fail("sha256", "64 hexadecimal digits");
    return {
      path: readPlainName(entry, "path"),
      bytes: entry.integer("bytes", { min: 0, max: Number.MAX_SAFE_INTEGER }),
      sha256,
    };
  });
}

function readPart(value: unknown, at: { json: JsonObject; index: number }): ManifestPart {
  const entry = new JsonObject(value, {
    file: at.json.file,
    code: at.json.code,
    path: `parts[${at.index}]`,
  });
  const name = Object.values(PART).find((part) => part === entry.raw("name"));
  if (name === undefined) return entry.fail("name", "the name of a graph");
  let precision: Precision;
  try {
    precision = parsePrecision(entry.string("precision"));
  } catch {
    return entry.fail("precision", "a precision");
  }
  return {
    name,
    graph: readPlainName(entry, "graph"),
    ...(entry.has("acceleratorGraph")
      ? { acceleratorGraph: readPlainName(entry, "acceleratorGraph") }
      : {}),
    ...(entry.has("stages") ? { stages: readStages(entry, "stages") } : {}),
    ...(entry.has("exactGraph") ? { exactGraph: readPlainName(entry, "exactGraph") } : {}),
    ...(entry.has("exactStages") ? { exactStages: readStages(entry, "exactStages") } : {}),
    data: entry.has("data") ? readPlainName(entry, "data") : undefined,
    precision,
  };
}

function readStages(entry: JsonObject, key: string): readonly string[] {
  const names = entry.array(key);
  if (names.length === 0 || names.length > MAX_STAGES) {
    entry.fail(key, `1 to ${MAX_STAGES} file names`);
  }
  return names.map((name) => (isPlainName(name) ? name : entry.fail(key, "plain file names only")));
}

/** Far more than a converter makes. */
const MAX_STAGES = 1_000;

function readPlainName(entry: JsonObject, key: string): string {
  const name = entry.string(key);
  return isPlainName(name) ? name : entry.fail(key, "a plain file name");
}

/** A manifest may come from a stranger: a name that climbs out of the folder is refused. */
function isPlainName(name: unknown): name is string {
  return typeof name === "string" && /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name);
}
