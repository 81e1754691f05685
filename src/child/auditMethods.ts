/** The audit of documents on this machine's disk, some at a time. */

import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import { DEFAULT_COMPONENTS, mayHaveImages } from "../alt/formats/findContext";
import { languageOfFile } from "../alt/languages";
import { LinePositions } from "../alt/linePositions";
import { auditDocument } from "../audit/auditDocument";
import { comparableText, withMismatch } from "../audit/comparable";
import {
  ConfigChain,
  configFor,
  type DocumentConfig,
  isIgnored,
} from "../audit/config/configChain";
import { picturesOf } from "../audit/documentPictures";
import type { AuditPicture } from "../audit/rule";
import { squiggleSpan } from "../audit/squiggle";
import { AppError, throwIfAborted } from "../base/errors";
import { DiskFiles } from "../disk/diskFiles";
import { decodeDocument, MAX_DOCUMENT_BYTES } from "../disk/textEncoding";
import { generatedTexts } from "../library/store/generatedTexts";
import type { ModelStore } from "../library/store/modelStore";
import type { CheckedDocumentReply } from "../protocol/auditSchemas";
import type { AuditMethod, Params, Result } from "../protocol/methods";
import type { Handlers, RequestContext } from "../protocol/rpcServer";
import { type Collected, PairCollection } from "../train/data/pairCollection";

type Request = Params<"auditDocuments">;

/** @param store Knows which texts models have written. */
export function createAuditMethods(store: Pick<ModelStore, "root">): Pick<Handlers, AuditMethod> {
  let known: { readonly run: string; readonly disk: Disk } | undefined;
  const diskOf = ({ run }: Request): Disk => {
    if (known?.run !== run) known = { run, disk: newDisk() };
    return known.disk;
  };
  return {
    auditDocuments: async (request, context) => {
      const disk = diskOf(request);
      return { documents: await each(request, context, (one) => auditOne(one, request, disk)) };
    },
    collectPairs: async (request, context) => {
      const disk = diskOf(request);
      // Nothing else needs the list of what models have written.
      disk.pairs ??= new PairCollection(await generatedTexts(store));
      const { pairs } = disk;
      const work = (one: Request["documents"][number]): Promise<DocumentPairs> =>
        pairsOf(one, request, { ...disk, pairs });
      return { documents: await each(request, context, work) };
    },
  };
}

/** What was read for one look at a workspace. */
interface Disk {
  readonly files: DiskFiles;
  readonly configs: ConfigChain;
  /** Of all documents of the look; made when somebody wants to learn from them. */
  pairs?: PairCollection;
}

function newDisk(): Disk {
  const files = new DiskFiles();
  return { files, configs: new ConfigChain((file) => files.readText(file)) };
}

async function each<T>(
  { documents }: Request,
  { onCancel }: Pick<RequestContext, "onCancel">,
  work: (document: Request["documents"][number]) => Promise<T>,
): Promise<T[]> {
  const stop = new AbortController();
  onCancel(() => {
    stop.abort();
  });
  const results: T[] = [];
  for (const document of documents) {
    // A cancel arrives between two of them.
    await new Promise((resolve) => setImmediate(resolve));
    throwIfAborted(stop.signal);
    results.push(await work(document));
  }
  return results;
}

interface FoundPictures {
  readonly content: string;
  readonly config: DocumentConfig;
  readonly components: readonly string[];
  readonly pictures: readonly AuditPicture[];
}

/** Nothing for a document that is left out. @throws AppError as `textOf` and `picturesOf`. */
async function picturesIn(
  { file, text }: Request["documents"][number],
  request: Request,
  disk: Disk,
): Promise<FoundPictures | undefined> {
  const placed = await disk.configs.above(path.dirname(file));
  if (isIgnored(placed, file)) return undefined;
  const config = configFor(placed, file);
  const components = [...DEFAULT_COMPONENTS, ...request.components, ...config.components];
  const content = text ?? (await textOf(file, components));
  const language = languageOfFile(file);
  if (language === undefined) return undefined;
  const document = { text: content, language, name: path.basename(file), components };
  const pictures = await picturesOf(document, {
    documentPath: file,
    documentText: content,
    workspaceRoots: [request.folder],
    siteRoots: [...request.siteRoots, ...config.siteRoots],
    files: disk.files,
  });
  return { content, config, components, pictures };
}

type DocumentPairs = Result<"collectPairs">["documents"][number];

async function pairsOf(
  document: Request["documents"][number],
  request: Request,
  disk: Disk & { readonly pairs: PairCollection },
): Promise<DocumentPairs> {
  const { file } = document;
  try {
    const found = await picturesIn(document, request, disk);
    const taken: Collected[] = [];
    for (const picture of found?.pictures ?? []) taken.push(await disk.pairs.take(picture));
    const pairs = taken.flatMap(({ pair }) => (pair === undefined ? [] : [pair]));
    const leftOut = taken.flatMap(({ leftOut }) => leftOut ?? []);
    return { file, pairs, leftOut };
  } catch (thrown) {
    return { file, pairs: [], leftOut: [], failure: AppError.from(thrown).message };
  }
}

async function auditOne(
  document: Request["documents"][number],
  request: Request,
  disk: Disk,
): Promise<CheckedDocumentReply> {
  const { file } = document;
  const nothing = { file, nPictures: 0, findings: [] };
  try {
    const found = await picturesIn(document, request, disk);
    if (found === undefined) return nothing;
    const { content, config, components } = found;
    const pictures = found.pictures.map((picture) => withMismatch(picture, document.told ?? []));
    const texts = pictures.flatMap((picture) => comparableText(picture) ?? []);
    const { findings } = auditDocument(content, pictures, { ...config.audit, components });
    const lines = new LinePositions(findings.length > 0 ? content : "");
    return {
      file,
      nPictures: pictures.length,
      ...(request.wantsTexts === true ? { texts } : {}),
      findings: findings.map(({ rule, level, says, picture: { reference } }) => ({
        ...{ rule, level, target: reference.target.value },
        says: says.map(({ id, values }) => ({ id, values: [...values] })),
        ...(reference.alt === null ? {} : { alt: reference.alt }),
        range: lines.rangeOf(squiggleSpan(content, reference)),
      })),
    };
  } catch (thrown) {
    return { ...nothing, failure: AppError.from(thrown).message };
  }
}

/** @throws AppError `document.tooLarge`, `document.unreadable`. */
async function textOf(file: string, components: readonly string[]): Promise<string> {
  const name = path.basename(file);
  const found = await stat(file).catch(() => undefined);
  // Opening a named pipe would wait for its writer.
  if (found?.isFile() !== true) {
    throw new AppError("document.unreadable", `${name} is no file that can be read.`);
  }
  if (found.size > MAX_DOCUMENT_BYTES) {
    throw new AppError("document.tooLarge", `${name} is too large to be searched. Split it.`);
  }
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new AppError("document.unreadable", `${name} cannot be read.`, { cause });
  });
  const decoded = decodeDocument(bytes);
  if (decoded !== undefined) return decoded.text;
  const ascii = new TextDecoder("latin1").decode(bytes);
  if (!mayHaveImages(ascii, components)) return "";
  throw new AppError("document.unreadable", `${name} is not UTF-8 text. Save it as UTF-8.`);
}
