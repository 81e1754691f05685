/** A model repository for Triton: the graphs of a model that keep no state, each with its weights and configuration. */

import { copyFile, constants, link, mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { AppError, throwIfAborted } from "../../base/errors";
import { expectFree, writeBeside } from "../../convert/output/targetFolder";
import { graphFile, openModelFolder } from "../../engine/session/modelFolder";
import { hostedName, isHosted } from "../../model/graph/hostedGraphs";
import { readGraphValues } from "../../model/graph/onnxValues";
import { modelConfigText, type TritonDevice } from "./modelConfig";

export interface TritonExport {
  /** Of a converted model. */
  readonly folder: string;
  /** The repository to be. */
  readonly out: string;
  readonly device: TritonDevice;
  readonly signal?: AbortSignal | undefined;
}

export interface TritonRepository {
  /** Names of the graphs on the server. */
  readonly graphs: readonly string[];
  readonly bytes: number;
}

/** The number of a graph's only version. */
const VERSION = "1";
const GRAPH_FILE = "model.onnx";
const CONFIG_FILE = "config.pbtxt";

/**
 * Writes all of it or nothing. Weights that several graphs share lie in each one's folder, once on the disk where
 * the file system has links.
 * @throws AppError `model.*`, `convert.failed` where the folder is there or cannot be written.
 */
export async function exportTriton(options: TritonExport): Promise<TritonRepository> {
  const { folder, out, device, signal } = options;
  const model = await openModelFolder(folder);
  const parts = model.manifest.parts.filter(({ name }) => isHosted(name));
  await expectFree(out);
  return await writeBeside(out, async (target) => {
    const graphs: string[] = [];
    let bytes = 0;
    for (const part of parts) {
      throwIfAborted(signal);
      const name = hostedName(part.name, model.identity);
      const { file } = graphFile(model, part.name, device === "gpu" ? "cuda" : "cpu");
      const values = readGraphValues(await readFile(file), file);
      const place = path.join(target, name, VERSION);
      await mkdir(place, { recursive: true });
      await copyFile(file, path.join(place, GRAPH_FILE), constants.COPYFILE_FICLONE);
      // The graph names it, relative to itself.
      const { data } = part;
      if (data !== undefined) await linkOrCopy(path.join(folder, data), path.join(place, data));
      const config = modelConfigText({ name, values, device });
      await writeFile(path.join(target, name, CONFIG_FILE), config);
      graphs.push(name);
      bytes += model.manifest.files.find((each) => each.path === data)?.bytes ?? 0;
    }
    if (graphs.length > 0) return { graphs, bytes };
    throw new AppError("model.unsupported", `The model in ${folder} has no graph for a server.`);
  });
}

async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch {
    await copyFile(from, to, constants.COPYFILE_FICLONE);
  }
}
