/** The configurations and baselines of the workspace's projects, read through the editor's file systems. */

import * as path from "node:path";
import * as vscode from "vscode";
import { type Baseline, NO_BASELINE, readBaseline } from "../../audit/baseline";
import {
  baselineOf,
  ConfigChain,
  DEFAULT_BASELINE,
  type PlacedConfig,
} from "../../audit/config/configChain";
import { AppError } from "../../base/errors";
import { SingleLookup } from "../pictures/fileLookup";
import { baseUri } from "../documents/altContext";

/** Where a project's baseline is, and what it holds. */
export interface ProjectBaseline extends Baseline {
  readonly uri: vscode.Uri;
}

/** As long as nothing is forgotten, each file is read once. */
export class ProjectConfigs {
  #chains = new Map<string, ConfigChain>();
  #baselines = new Map<string, Promise<ProjectBaseline>>();
  /** Changes whenever something may be otherwise than it was. */
  generation = 0;

  /** Called when a configuration or a baseline changed. */
  forget(): void {
    this.#chains = new Map();
    this.#baselines = new Map();
    this.generation++;
  }

  /** @throws AppError `option.invalid` for a configuration with a mistake in it. */
  of(uri: vscode.Uri): Promise<readonly PlacedConfig[]> {
    return this.#above(folderUri(baseUri(uri)));
  }

  /**
   * The baseline of the workspace's folder that a document is in; undefined where it is in none.
   * @throws AppError `option.invalid`.
   */
  async baselineFor(uri: vscode.Uri): Promise<ProjectBaseline | undefined> {
    const folder = vscode.workspace.getWorkspaceFolder(baseUri(uri));
    if (folder === undefined) return undefined;
    const key = folder.uri.toString();
    const known = this.#baselines.get(key) ?? this.#readBaseline(folder.uri);
    this.#baselines.set(key, known);
    return known;
  }

  #above(folder: vscode.Uri): Promise<readonly PlacedConfig[]> {
    const system = `${folder.scheme}://${folder.authority}`;
    const lookup = new SingleLookup();
    const chain =
      this.#chains.get(system) ??
      new ConfigChain((file) => lookup.readText(uriOfPath(folder, file)));
    this.#chains.set(system, chain);
    return chain.above(pathOf(folder));
  }

  async #readBaseline(folder: vscode.Uri): Promise<ProjectBaseline> {
    const named = baselineOf(await this.#above(folder));
    const uri =
      named === undefined
        ? vscode.Uri.joinPath(folder, DEFAULT_BASELINE)
        : uriOfPath(folder, named);
    const text = await new SingleLookup().readText(uri);
    return { uri, ...(text === undefined ? NO_BASELINE : readBaseline(text, pathOf(uri))) };
  }
}

/** One for all who ask with the same settings. */
const known = new WeakMap<object, ProjectConfigs>();

export function projectConfigs({ settings }: { readonly settings: object }): ProjectConfigs {
  const configs = known.get(settings) ?? new ProjectConfigs();
  known.set(settings, configs);
  return configs;
}

/** Components that the project of a document names; a mistake there is told where the audit meets it. */
export async function projectComponents(
  services: { readonly settings: object },
  uri: vscode.Uri,
): Promise<readonly string[]> {
  try {
    const configs = await projectConfigs(services).of(uri);
    return configs.flatMap(({ config }) => config.components ?? []);
  } catch (thrown) {
    if (AppError.from(thrown).code === "option.invalid") return [];
    throw thrown;
  }
}

/** A path as configurations have it: the system's own, or with slashes where no disk is behind it. */
export function pathOf(uri: vscode.Uri): string {
  return uri.scheme === "file" ? uri.fsPath : uri.path;
}

function uriOfPath(like: vscode.Uri, file: string): vscode.Uri {
  if (like.scheme === "file") return vscode.Uri.file(file);
  return like.with({ path: file.replaceAll(path.sep, "/") });
}

function folderUri(uri: vscode.Uri): vscode.Uri {
  return vscode.Uri.joinPath(uri, "..");
}
