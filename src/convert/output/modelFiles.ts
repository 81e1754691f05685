/** The small files of a model folder: texts, graphs and, last, the manifest. */

import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import path from "node:path";
import { GRAPH_CONTRACT_VERSION } from "../../model/graph/graphContract";
import {
  formatManifest,
  MANIFEST_FILE,
  MANIFEST_FORMAT_VERSION,
  type Manifest,
  type ManifestFile,
} from "../../model/folder/manifest";
import { smallFiles, type ConversionPlan } from "../plan/conversionPlan";
import { type PlannedGraph, plannedGraphs } from "../plan/modelPlan";

/**
 * Writes everything but data and manifest; what is there of an earlier try is replaced.
 * @throws the file system's errors.
 */
export async function writeSmallFiles(
  folder: string,
  { checkpoint, model }: ConversionPlan,
): Promise<ManifestFile[]> {
  const files: ManifestFile[] = [];
  for (const [name, bytes] of smallFiles(checkpoint)) {
    files.push(await writeModelFile(folder, name, bytes));
  }
  for (const { graphFile, graph } of plannedGraphs(model)) {
    files.push(await writeModelFile(folder, graphFile, graph.encode()));
  }
  return files;
}

/**
 * Writes the manifest, which makes the folder a model.
 * @throws the file system's errors.
 */
export async function writeManifest(
  folder: string,
  { model }: ConversionPlan,
  written: Pick<Manifest, "source" | "files">,
): Promise<Manifest> {
  const manifest: Manifest = {
    formatVersion: MANIFEST_FORMAT_VERSION,
    graphContractVersion: GRAPH_CONTRACT_VERSION,
    source: written.source,
    parts: model.parts.map(({ name, graphFile, accelerator, stages, exact, data, precision }) => ({
      name,
      graph: graphFile,
      ...(accelerator === undefined ? {} : { acceleratorGraph: accelerator.graphFile }),
      ...(stages.length === 0 ? {} : { stages: filesOf(stages) }),
      ...(exact === undefined ? {} : { exactGraph: exact.graphFile }),
      ...(exact === undefined || exact.stages.length === 0
        ? {}
        : { exactStages: filesOf(exact.stages) }),
      data: data?.fileName,
      precision,
    })),
    files: written.files,
  };
  await writeModelFile(folder, MANIFEST_FILE, utf8(formatManifest(manifest)));
  return manifest;
}

/**
 * Writes one file of a model, safe from a power failure.
 * @throws the file system's errors.
 */
export async function writeModelFile(
  folder: string,
  name: string,
  bytes: Uint8Array,
): Promise<ManifestFile> {
  const file = await open(path.join(folder, name), "w");
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return { path: name, bytes: bytes.length, sha256 };
}

const filesOf = (graphs: readonly PlannedGraph[]): readonly string[] =>
  graphs.map(({ graphFile }) => graphFile);

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
