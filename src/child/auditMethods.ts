/** The audit of documents on this machine's disk, some at a time. */

import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import { DEFAULT_COMPONENTS, mayHaveImages } from "../alt/formats/findContext";
import { languageOfFile } from "../alt/languages";
import { LinePositions } from "../alt/linePositions";
import { auditDocument } from "../audit/auditDocument";
import { ConfigChain, configFor, isIgnored } from "../audit/config/configChain";
import { picturesOf } from "../audit/documentPictures";
import { squiggleSpan } from "../audit/squiggle";
import { AppError, throwIfAborted } from "../base/errors";
import { DiskFiles } from "../disk/diskFiles";
import { decodeDocument, MAX_DOCUMENT_BYTES } from "../disk/textEncoding";
import type { CheckedDocumentReply } from "../protocol/auditSchemas";
import type { AuditMethod, Params, Result } from "../protocol/methods";
import type { Handlers } from "../protocol/rpcServer";

type Request = Params<"auditDocuments">;

export function createAuditMethods(): Pick<Handlers, AuditMethod> {
  let known: { readonly run: string; readonly disk: Disk } | undefined;
  return {
    auditDocuments: async (request, { onCancel }) => {
      const stop = new AbortController();
      onCancel(() => {
        stop.abort();
      });
      if (known?.run !== request.run) known = { run: request.run, disk: newDisk() };
      return await auditAll(request, known.disk, stop.signal);
    },
  };
}

/** What was read for one look at a workspace. */
interface Disk {
  readonly files: DiskFiles;
  readonly configs: ConfigChain;
}

function newDisk(): Disk {
  const files = new DiskFiles();
  return { files, configs: new ConfigChain((file) => files.readText(file)) };
}

async function auditAll(
  request: Request,
  disk: Disk,
  signal: AbortSignal,
): Promise<Result<"auditDocuments">> {
  const documents: CheckedDocumentReply[] = [];
  for (const document of request.documents) {
    // A cancel arrives between two of them.
    await new Promise((resolve) => setImmediate(resolve));
    throwIfAborted(signal);
    documents.push(await auditOne(document, request, disk));
  }
  return { documents };
}

async function auditOne(
  { file, text }: Request["documents"][number],
  request: Request,
  disk: Disk,
): Promise<CheckedDocumentReply> {
  const nothing = { file, nPictures: 0, findings: [] };
  try {
    const placed = await disk.configs.above(path.dirname(file));
    if (isIgnored(placed, file)) return nothing;
    const config = configFor(placed, file);
    const components = [...DEFAULT_COMPONENTS, ...request.components, ...config.components];
    const content = text ?? (await textOf(file, components));
    const language = languageOfFile(file);
    if (language === undefined) return nothing;
    const document = { text: content, language, name: path.basename(file), components };
    const pictures = await picturesOf(document, {
      documentPath: file,
      documentText: content,
      workspaceRoots: [request.folder],
      siteRoots: [...request.siteRoots, ...config.siteRoots],
      files: disk.files,
    });
    const { findings } = auditDocument(content, pictures, { ...config.audit, components });
    const lines = new LinePositions(findings.length > 0 ? content : "");
    return {
      file,
      nPictures: pictures.length,
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
