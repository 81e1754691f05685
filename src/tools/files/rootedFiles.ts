/** Pictures, documents and folders below the folders that an agent may read, as the tools ask for them. */

import { stat } from "node:fs/promises";
import path from "node:path";
import { DEFAULT_COMPONENTS } from "../../alt/formats/findContext";
import { languageOfFile } from "../../alt/languages";
import type { ResolveFiles } from "../../alt/resolve/resolveTarget";
import { toSlashes } from "../../alt/resolve/slashPath";
import { ConfigChain, configFor, isIgnored } from "../../audit/config/configChain";
import { readDataUri } from "../../alt/write/dataUri";
import { cleanText } from "../../base/cleanText";
import { AppError, throwIfAborted } from "../../base/errors";
import { DiskFiles } from "../../disk/diskFiles";
import { filesBelow, SkippedParts } from "../../disk/searchFolder";
import { decodeDocument } from "../../disk/textEncoding";
import { readNamedPath } from "./namedPath";
import {
  DOCUMENT,
  type FileKind,
  PICTURE,
  RootedPaths,
  type RootedOptions,
  tooLarge,
  unreadable,
} from "./rootedPaths";
import type {
  DocumentPort,
  PicturePort,
  SearchPort,
  ToolDocument,
  ToolDocumentText,
  ToolPicture,
} from "../tool";

export class RootedFiles implements PicturePort, DocumentPort, Pick<SearchPort, "folders"> {
  readonly #options: RootedOptions;
  readonly #platform: NodeJS.Platform;

  constructor(options: RootedOptions) {
    this.#options = options;
    this.#platform = options.platform ?? process.platform;
  }

  async read(given: string, signal: AbortSignal): Promise<ToolPicture> {
    const named = readNamedPath(given, this.#platform);
    if (named.kind === "data") return pictureInUri(named.uri);
    const paths = await this.#paths(PICTURE, signal);
    const file = await paths.find(given, named);
    return { path: file, bytes: await paths.read(file) };
  }

  async find(given: string, signal: AbortSignal): Promise<readonly ToolDocument[]> {
    const paths = await this.#paths(DOCUMENT, signal);
    const found = await this.#place(given, paths);
    const lookup = rootedLookup(paths);
    const configs = new ConfigChain((file) => lookup.readText(file));
    const documentAt = (file: string): ToolDocument => ({
      path: file,
      read: async () => await readDocument(file, { paths, lookup, configs }),
    });
    if (!(await isFolder(found))) return [documentAt(found)];
    const documents: ToolDocument[] = [];
    const below = filesBelow(found, {
      ...{ signal, heedsGitignore: true, skipped: new SkippedParts() },
      isWanted: (name) => languageOfFile(name) !== undefined,
      // A folder without permission has nothing to tell.
      onFailure: () => undefined,
    });
    for await (const file of below) documents.push(documentAt(file));
    return documents;
  }

  async folders(given: string | undefined, signal: AbortSignal): Promise<readonly string[]> {
    const paths = await this.#paths(PICTURE, signal);
    if (given === undefined) return paths.roots.length > 0 ? paths.roots : [await none(paths)];
    const found = await this.#place(given, paths);
    if (await isFolder(found)) return [found];
    throw new AppError("option.invalid", `${cleanText(given, 400)} is a file. Give its folder.`);
  }

  async #paths(kind: FileKind, signal: AbortSignal): Promise<RootedPaths> {
    const paths = await RootedPaths.now(this.#options, kind);
    throwIfAborted(signal);
    return paths;
  }

  async #place(given: string, paths: RootedPaths): Promise<string> {
    const named = readNamedPath(given, this.#platform);
    if (named.kind === "data") throw new AppError("option.invalid", "Give the path of a file.");
    return await paths.find(given, named);
  }
}

/** Nothing may be read, which the sentence about a path outside says. */
async function none(paths: RootedPaths): Promise<never> {
  await paths.find(".", { kind: "relative", path: "." });
  throw new AppError("path.outside", "Sightline may read no folder yet.");
}

async function isFolder(file: string): Promise<boolean> {
  return (await stat(file).catch(() => undefined))?.isDirectory() === true;
}

interface Around {
  readonly paths: RootedPaths;
  readonly lookup: ResolveFiles;
  readonly configs: ConfigChain;
}

/** @throws AppError `document.*`, `path.outside`, `option.invalid` for a configuration with a mistake. */
async function readDocument(
  file: string,
  { paths, lookup, configs }: Around,
): Promise<ToolDocumentText> {
  const language = languageOfFile(file);
  if (language === undefined) {
    throw unreadable(DOCUMENT, { file, why: "it is no document with pictures" });
  }
  const decoded = decodeDocument(await paths.read(file));
  if (decoded === undefined) {
    throw unreadable(DOCUMENT, { file, why: "it is neither UTF-8 nor UTF-16" });
  }
  const { text } = decoded;
  const above = await configs.above(path.dirname(file));
  const { components, siteRoots, audit } = configFor(above, file);
  return {
    ...{ text, language, name: path.basename(file), audit, isIgnored: isIgnored(above, file) },
    components: [...DEFAULT_COMPONENTS, ...components],
    context: {
      ...{ documentPath: toSlashes(file), documentText: text, files: lookup },
      ...{ workspaceRoots: paths.roots, siteRoots },
    },
  };
}

/** The disk as far as it may be read: an address in a document must not tell what there is elsewhere. */
function rootedLookup(paths: RootedPaths): ResolveFiles {
  const disk = new DiskFiles();
  return {
    exists: async (file) => (await disk.exists(file)) && (await paths.holds(file)),
    readText: async (file) => ((await paths.holds(file)) ? await disk.readText(file) : undefined),
    list: async (folder) => ((await paths.holds(folder)) ? await disk.list(folder) : undefined),
    readSmall: async (file) => ((await paths.holds(file)) ? await disk.readSmall(file) : undefined),
  };
}

/** A picture in the place of its path. @throws AppError `image.tooLarge`, `image.unreadable`. */
export function pictureInUri(uri: string): ToolPicture {
  const file = "the picture in the data: URI";
  const bytes = readDataUri(uri);
  if (bytes === "tooLarge") throw tooLarge(PICTURE, file);
  if (bytes === "damaged") {
    throw unreadable(PICTURE, { file, why: "it is damaged; save it to a file" });
  }
  return { path: file, bytes };
}
