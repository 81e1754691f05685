/** The calls of api.ts; callers may be JavaScript, so what they give is checked. */

import * as vscode from "vscode";
import { AppError } from "../../base/errors";
import { altTexts } from "../../alt/write/describer";
import { askAbout } from "../../host/documents/askAbout";
import { questionPrompt } from "../../model/ask/questionPrompt";
import type { AskOptions, DescribeOptions, SightlineApi } from "./api";
import type { Services } from "../shell/services";

/** Longer texts are no question, and no model has room for them. */
const MAX_QUESTION_LENGTH = 4000;

/** The object that `activate` returns. */
export function createApi({
  engine,
  pictures,
}: Pick<Services, "engine" | "pictures">): SightlineApi {
  return {
    apiVersion: 1,
    ask: async (uri, question, options = {}) => {
      const words = readQuestion(question);
      const picture = await pictures.read(readUri(uri));
      const reply = await withSignal(options, (signal) =>
        engine.generate(
          {
            image: picture.bytes,
            imageName: picture.name,
            prompt: questionPrompt([], words),
          },
          { signal },
        ),
      );
      return reply.sequences[0]?.text.trim() ?? "";
    },
    describe: async (uri, options = {}) => {
      const length = readLength(options.length);
      const picture = await pictures.read(readUri(uri));
      const texts = await withSignal(options, (signal) =>
        altTexts(askAbout(engine, picture), { length, signal }),
      );
      return texts[0] ?? "";
    },
  };
}

/** Runs the work with a signal that fires with the token. */
async function withSignal<T>(
  { token }: AskOptions,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const subscription = token?.onCancellationRequested(() => {
    controller.abort();
  });
  if (token?.isCancellationRequested === true) controller.abort();
  try {
    return await work(controller.signal);
  } finally {
    subscription?.dispose();
  }
}

function readUri(value: unknown): vscode.Uri {
  if (value instanceof vscode.Uri) return value;
  throw invalid("The picture must be a vscode.Uri, such as vscode.Uri.file(path).");
}

function readQuestion(value: unknown): string {
  const words = typeof value === "string" ? value.trim() : "";
  if (words !== "" && words.length <= MAX_QUESTION_LENGTH) return words;
  throw invalid(`The question must be a text of 1 to ${MAX_QUESTION_LENGTH} characters.`);
}

function readLength(value: unknown): NonNullable<DescribeOptions["length"]> {
  if (value === undefined || value === "short" || value === "long") return value ?? "short";
  throw invalid('The length of a description must be "short" or "long".');
}

function invalid(message: string): AppError {
  return new AppError("option.invalid", message);
}
