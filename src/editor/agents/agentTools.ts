/** The tools for agents as the editor's language models have them: its files, its model and its questions. */

import { realpath } from "node:fs/promises";
import path from "node:path";
import * as vscode from "vscode";
import { abortable } from "../../base/abortable";
import { isBelow } from "../../disk/belowFolder";
import { systemClock } from "../../host/process/clock";
import { ToolCaller } from "../../tools/callTool";
import { cleanText } from "../../base/cleanText";
import { readNamedPath } from "../../tools/files/namedPath";
import { pictureInUri } from "../../tools/files/rootedFiles";
import type { PicturePort } from "../../tools/tool";
import { readInput } from "../../tools/toolInput";
import { toolNamed } from "../../tools/toolTable";
import { editorDocuments, editorSearch } from "./agentFiles";
import { editorModels } from "./agentModels";
import { oneUriOf, pathOf, urisOf } from "./agentPaths";
import type { Services } from "../shell/services";

/** What every tool is called in the editor before its own name. */
const PREFIX = "sightline_";

export interface AgentTools {
  prepare(name: string, input: unknown): Promise<vscode.PreparedToolInvocation>;
  /** @throws Error with a sentence for the model, CancellationError. */
  invoke(
    name: string,
    input: unknown,
    token: vscode.CancellationToken,
  ): Promise<vscode.LanguageModelToolResult>;
}

type Given = Pick<Services, "engine" | "pictures" | "settings">;

export function createAgentTools(services: Given): AgentTools {
  const caller = new ToolCaller({
    pictures: editorPictures(services),
    documents: editorDocuments(services),
    search: editorSearch(services),
    models: editorModels(services),
    clock: systemClock,
  });
  return {
    prepare: async (name, input) => await prepare(name.slice(PREFIX.length), input),
    invoke: async (name, input, token) => {
      const controller = new AbortController();
      const subscription = token.onCancellationRequested(() => {
        controller.abort();
      });
      if (token.isCancellationRequested) controller.abort();
      const { signal } = controller;
      try {
        const run = { signal, onProgress: () => undefined };
        const answer = await caller.call(name.slice(PREFIX.length), input, run);
        if (answer.isError) throw new Error(answer.text);
        const text = JSON.stringify(answer.answer);
        return new vscode.LanguageModelToolResult([new vscode.LanguageModelTextPart(text)]);
      } catch (thrown) {
        throw signal.aborted ? new vscode.CancellationError() : thrown;
      } finally {
        subscription.dispose();
      }
    },
  };
}

/** Says what is looked at, and asks before a file outside of the workspace is. */
async function prepare(name: string, value: unknown): Promise<vscode.PreparedToolInvocation> {
  const tool = toolNamed(name);
  let paths: readonly string[] = [];
  try {
    if (tool !== undefined) paths = tool.pathsOf(readInput(tool, value));
  } catch {
    // The call itself says what is wrong with its input, before it reads anything.
    return {};
  }
  const names = paths.map((each) => cleanText(path.basename(each), 80)).join(", ");
  const invocationMessage =
    names === "" ? vscode.l10n.t("Looking for pictures") : vscode.l10n.t("Looking at {0}", names);
  const outside: string[] = [];
  for (const each of paths) if (!(await isInWorkspace(each))) outside.push(cleanText(each, 300));
  if (outside.length === 0) return { invocationMessage };
  const message = vscode.l10n.t(
    "An agent wants to look at files outside of this workspace: {0}",
    outside.join(", "),
  );
  const title = vscode.l10n.t("Look at Files Outside of the Workspace?");
  return { invocationMessage, confirmationMessages: { title, message } };
}

/** What is no path is refused later; what leads out by a link is outside. */
async function isInWorkspace(given: string): Promise<boolean> {
  try {
    const named = readNamedPath(given, process.platform);
    if (named.kind === "data") return true;
    const [uri] = await urisOf(named);
    if (uri === undefined) return false;
    if (uri.scheme !== "file") {
      return folderPaths().some((each) => isBelow(uri.path, each, "linux"));
    }
    const real = await realpath(uri.fsPath).catch(() => uri.fsPath);
    const folders = await Promise.all(
      (vscode.workspace.workspaceFolders ?? []).map(({ uri: folder }) =>
        realpath(folder.fsPath).catch(() => folder.fsPath),
      ),
    );
    return folders.some((folder) => isBelow(real, folder));
  } catch {
    return true;
  }
}

function folderPaths(): readonly string[] {
  return (vscode.workspace.workspaceFolders ?? []).map(({ uri }) => uri.path);
}

function editorPictures({ pictures }: Given): PicturePort {
  return {
    read: async (given, signal) => {
      const named = readNamedPath(given, process.platform);
      if (named.kind === "data") return pictureInUri(named.uri);
      const uri = await oneUriOf(given, named);
      const { bytes } = await abortable(pictures.read(uri), signal);
      return { path: pathOf(uri), bytes };
    },
  };
}
