/** The calls of api.ts, through the one table of tools; callers may be JavaScript, so what they give is checked. */

import * as vscode from "vscode";
import { AppError, isErrorCode } from "../../base/errors";
import { optional } from "../../base/optional";
import { askImage } from "../../tools/askImage";
import { runTool } from "../../tools/callTool";
import { describeImage } from "../../tools/describeImage";
import { findImages } from "../../tools/findImages";
import { scoreImageText } from "../../tools/scoreImageText";
import type { ToolContext } from "../../tools/tool";
import { editorDocuments, editorSearch } from "../agents/agentFiles";
import { editorModels } from "../agents/agentModels";
import type { Services } from "../shell/services";
import type { CallOptions, SightlineApi } from "./api";

type Given = Pick<Services, "engine" | "pictures" | "settings">;

/** The object that `activate` returns. */
export function createApi(services: Given): SightlineApi {
  return {
    apiVersion: 1,
    ask: async (uri, question, { token, ...options } = {}) => {
      const input = { ...options, image: addressOf(uri), question: trimmed(question) };
      const { answer } = await called(services, token, (context) =>
        runTool(askImage, input, context),
      );
      return answer;
    },
    describe: async (uri, { token, ...options } = {}) => {
      const input = { ...options, images: [addressOf(uri)] };
      const { results } = await called(services, token, (context) =>
        runTool(describeImage, input, context),
      );
      const [{ text = "", error } = {}] = results;
      if (error === undefined) return text;
      throw new AppError(isErrorCode(error.code) ? error.code : "internal", error.message);
    },
    score: async (uri, texts, { token } = {}) => {
      const input = { image: addressOf(uri), texts };
      const { scores } = await called(services, token, (context) =>
        runTool(scoreImageText, input, context),
      );
      return scores;
    },
    find: async (query, { token, folder, ...options } = {}) => {
      const below = folder === undefined ? {} : { folder: addressOf(folder) };
      const input = { ...options, ...below, query };
      const { matches } = await called(services, token, (context) =>
        runTool(findImages, input, context),
      );
      return matches.map(({ image, similarity, match, isLikely = false }) => {
        return { picture: vscode.Uri.file(image), similarity, isLikely, ...optional({ match }) };
      });
    },
  };
}

/** Runs the work with a signal that fires with the token. */
async function called<T>(
  services: Given,
  token: CallOptions["token"],
  work: (context: ToolContext) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const subscription = token?.onCancellationRequested(() => {
    controller.abort();
  });
  if (token?.isCancellationRequested === true) controller.abort();
  try {
    return await work(contextOf(services, controller.signal));
  } finally {
    subscription?.dispose();
  }
}

function contextOf(services: Given, signal: AbortSignal): ToolContext {
  return {
    pictures: {
      read: async (address) => {
        const { name, bytes } = await services.pictures.read(vscode.Uri.parse(address, true));
        return { path: name, bytes };
      },
    },
    documents: editorDocuments(services),
    search: editorSearch(services),
    models: editorModels(services),
    // Whoever calls can wait, and ends a call with a token.
    clock: { after: () => () => undefined },
    signal,
    onProgress: () => undefined,
  };
}

function addressOf(value: unknown): string {
  if (value instanceof vscode.Uri) return value.toString();
  throw new AppError(
    "option.invalid",
    "The picture must be a vscode.Uri, such as vscode.Uri.file(path).",
  );
}

function trimmed(question: unknown): unknown {
  return typeof question === "string" ? question.trim() : question;
}
