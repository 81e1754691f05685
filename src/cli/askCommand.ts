/** `ask` and `caption`: one prompt about one or more pictures. */

import { AppError, isCancelled } from "../base/errors";
import type { GenerateRequest, Prompt } from "../engine/request";
import { answerJson, generateAnswer, sequenceLines } from "./answer";
import type { CliContext } from "./cliContext";
import { EXIT, failureJson } from "./failure";
import { generationOptionsOf, idleFlags, type GenerationFlags, type ModelFlags } from "./flags";
import { withModel, type RunningModel } from "./openModel";
import { readPicture } from "./pictureSource";

export interface AskFlags extends ModelFlags, GenerationFlags {
  readonly rawPrompt?: string;
}

export interface CaptionFlags extends ModelFlags, GenerationFlags {
  readonly prompt?: string;
}

/**
 * Answers a question about a picture.
 * @throws AppError `option.invalid` without a question or with two prompts, and as `withModel`.
 */
export async function ask(
  context: CliContext,
  asked: { readonly image: string; readonly question: string | undefined },
  flags: AskFlags,
): Promise<number> {
  const prompt = askPrompt(asked.question, flags.rawPrompt);
  const settings = settingsOf(context, flags);
  const picture = await readPicture(asked.image, context);
  await withModel(context, flags, async (model) => {
    const { printer, signal } = context;
    const request = { ...picture, ...settings, prompt };
    const result = await generateAnswer({ model, request, printer, signal });
    if (printer.isJson) printer.json(answerJson(result, model));
  });
  return EXIT.ok;
}

/**
 * Describes pictures, one line each. A picture that cannot be read does not stop the others.
 * @returns 1 when any of several pictures failed.
 * @throws AppError as `ask`; for a single picture also what is wrong with it.
 */
export async function caption(
  context: CliContext,
  images: readonly string[],
  flags: CaptionFlags,
): Promise<number> {
  const prompt: Prompt =
    flags.prompt === undefined ? { kind: "caption" } : { kind: "caption", prefix: flags.prompt };
  const settings = { ...settingsOf(context, flags), prompt };
  return withModel(context, flags, async (model) => {
    let exitCode: number = EXIT.ok;
    for (const image of images) {
      try {
        await captionOne({ context, model, settings, image, isAlone: images.length === 1 });
      } catch (thrown) {
        if (images.length === 1 || !isAboutPicture(thrown)) throw thrown;
        exitCode = EXIT.failed;
        context.printer.failure(`sightline: ${AppError.from(thrown).message}`);
        if (context.printer.isJson) context.printer.json({ image, ...failureJson(thrown) });
      }
    }
    return exitCode;
  });
}

/**
 * The prompt of `ask`.
 * @throws AppError `option.invalid`.
 */
export function askPrompt(question: string | undefined, rawPrompt: string | undefined): Prompt {
  if (question !== undefined && rawPrompt !== undefined) {
    throw new AppError("option.invalid", "Give either a question or --raw-prompt, not both.");
  }
  if (rawPrompt !== undefined) return { kind: "raw", text: rawPrompt };
  if (question !== undefined) return { kind: "question", question };
  throw new AppError(
    "option.invalid",
    'The question is missing. Use: sightline ask IMAGE "QUESTION"',
  );
}

/** What a request has beside picture and prompt; hints about flags go to stderr. */
export function settingsOf(
  context: CliContext,
  flags: ModelFlags & GenerationFlags,
): Required<Pick<GenerateRequest, "options" | "alpha">> {
  const options = generationOptionsOf(flags);
  for (const hint of idleFlags(flags)) context.printer.note(hint);
  return { options, alpha: flags.alpha };
}

interface CaptionJob {
  readonly context: CliContext;
  readonly model: RunningModel;
  readonly settings: Omit<GenerateRequest, "image" | "imageName">;
  readonly image: string;
  readonly isAlone: boolean;
}

async function captionOne(job: CaptionJob): Promise<void> {
  const { context, model, settings, image, isAlone } = job;
  const { printer, signal } = context;
  const request = { ...(await readPicture(image, context)), ...settings };
  const result = await generateAnswer({ model, request, printer, signal, isSilent: !isAlone });
  if (printer.isJson) printer.json({ image, ...answerJson(result, model) });
  else if (!isAlone) {
    const lines = result.sequences.map((sequence) => ({
      ...sequence,
      text: `${image}: ${sequence.text}`,
    }));
    printer.text(sequenceLines(lines));
  }
}

function isAboutPicture(thrown: unknown): boolean {
  return thrown instanceof AppError && !isCancelled(thrown) && thrown.code.startsWith("image.");
}
