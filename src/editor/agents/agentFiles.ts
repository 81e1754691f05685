/** Documents and folders for the tools of agents, through the editor's file systems and its search. */

import * as vscode from "vscode";
import { languageOfFile } from "../../alt/languages";
import { configFor, isIgnored } from "../../audit/config/configChain";
import { cleanText } from "../../base/cleanText";
import { AppError, throwIfAborted } from "../../base/errors";
import { decodeDocument } from "../../disk/textEncoding";
import { PictureSearch } from "../../host/search/pictureSearch";
import type { DocumentPort, SearchPort, ToolDocument, ToolDocumentText } from "../../tools/tool";
import { pathOf as configPath, projectConfigs } from "../audit/projectConfigs";
import { contextOf } from "../documents/altContext";
import { documentsBelow } from "../documents/folderDocuments";
import { ListedLookup } from "../pictures/fileLookup";
import type { Services } from "../shell/services";
import { expectLocal } from "./agentModels";
import { pathOf, placeOf } from "./agentPaths";

type Given = Pick<Services, "engine" | "settings">;

/** Documents as they are in the editor, where they are open and not saved, too. */
export function editorDocuments(services: Given): DocumentPort {
  return {
    find: async (given, signal) => {
      const uri = await placeOf(given);
      const isFolder = ((await typeOf(uri)) & vscode.FileType.Directory) !== 0;
      throwIfAborted(signal);
      const uris = isFolder ? (await documentsBelow(uri, signal)).documents : [uri];
      const lookup = new ListedLookup();
      return uris.map((each): ToolDocument => ({
        path: pathOf(each),
        read: () => readDocument(services, each, lookup),
      }));
    },
  };
}

/** @throws AppError `document.missing`. */
async function typeOf(uri: vscode.Uri): Promise<vscode.FileType> {
  try {
    return (await vscode.workspace.fs.stat(uri)).type;
  } catch (cause) {
    const said = vscode.l10n.t(
      "There is no file or folder {0}. Check the path.",
      cleanText(pathOf(uri), 400),
    );
    throw new AppError("document.missing", said, { cause });
  }
}

async function readDocument(
  services: Given,
  uri: vscode.Uri,
  lookup: ListedLookup,
): Promise<ToolDocumentText> {
  const language = languageOfFile(uri.path);
  if (language === undefined) {
    throw unreadable(uri, vscode.l10n.t("it is no document with pictures"));
  }
  const text = await textOf(uri);
  const document = { uri, getText: () => text };
  const above = await projectConfigs(services).of(uri);
  const file = configPath(uri);
  const { components, siteRoots, audit } = configFor(above, file);
  const context = contextOf(services, document, lookup);
  return {
    ...{ text, language, name: uri.path.slice(uri.path.lastIndexOf("/") + 1) },
    ...{ audit, isIgnored: isIgnored(above, file) },
    components: [...services.settings.altComponents(uri), ...components],
    context: { ...context, siteRoots: [...siteRoots, ...(context.siteRoots ?? [])] },
  };
}

/** @throws AppError `document.unreadable`. */
async function textOf(uri: vscode.Uri): Promise<string> {
  const open = vscode.workspace.textDocuments.find(
    (each) => each.uri.toString() === uri.toString(),
  );
  if (open !== undefined) return open.getText();
  try {
    const decoded = decodeDocument(await vscode.workspace.fs.readFile(uri));
    if (decoded !== undefined) return decoded.text;
  } catch (cause) {
    throw unreadable(uri, vscode.l10n.t("it is gone, or there is no permission"), cause);
  }
  throw unreadable(uri, vscode.l10n.t("it is neither UTF-8 nor UTF-16"));
}

function unreadable(uri: vscode.Uri, why: string, cause?: unknown): AppError {
  const said = vscode.l10n.t("{0} cannot be read: {1}.", cleanText(pathOf(uri), 400), why);
  return new AppError("document.unreadable", said, { cause });
}

export function editorSearch({ engine, settings }: Given): SearchPort {
  const search = new PictureSearch(engine);
  return {
    folders: async (given) => {
      expectLocal(settings.searchModel);
      const uris =
        given === undefined
          ? (vscode.workspace.workspaceFolders ?? []).map(({ uri }) => uri)
          : [await placeOf(given)];
      const local = uris.filter(({ scheme }) => scheme === "file");
      if (local.length > 0) return local.map(({ fsPath }) => fsPath);
      const text = "Pictures are found in folders on this machine. Open one, or give its path.";
      throw new AppError("option.invalid", text);
    },
    lookAt: (folders, run) => search.lookAt(folders, run),
    find: (words, options) => search.find(words, options),
  };
}
