/** One question about many pictures; knows no editor. What is answered is kept at once, in the order of the files. */

import type { AnswerFile } from "../../answers/answerFile";
import { AppError, throwIfAborted } from "../../base/errors";
import { inOrder } from "../../base/inOrder";

/** An answer, or why there is none. */
export interface PictureAnswer {
  readonly file: string;
  /** Empty when it failed. */
  readonly text: string;
  /** Empty when it did not. */
  readonly error: string;
}

export interface AnswerEachOptions {
  readonly table: Pick<AnswerFile, "add" | "answered">;
  /** @throws AppError `image.*` for a picture that cannot be asked about; anything else ends the work. */
  readonly ask: (file: string) => Promise<string>;
  readonly signal: AbortSignal;
  /** Pictures that may be asked about at once. @default one */
  readonly atOnce?: (() => number) | undefined;
  /** Told before each picture and at the end. */
  readonly onProgress: (nDone: number, nAll: number) => void;
  readonly onAnswer: (answer: PictureAnswer) => void;
}

/**
 * Asks about each picture that has no answer yet. One that cannot be read does not stop the others.
 * @returns how many failed. @throws AppError `request.cancelled`, `document.unwritable`, and as `ask`.
 */
export async function answerEach(
  files: readonly string[],
  { table, ask, signal, atOnce, onProgress, onAnswer }: AnswerEachOptions,
): Promise<number> {
  const { answered } = table;
  const waiting = files.filter((file) => !answered.has(file));
  let nFailed = 0;
  let nDone = files.length - waiting.length;
  const work = async (file: string): Promise<PictureAnswer> => {
    throwIfAborted(signal);
    onProgress(nDone, files.length);
    return await answerOne(file, ask);
  };
  for await (const answer of inOrder(waiting, work, atOnce)) {
    await table.add(answer);
    nDone++;
    onAnswer(answer);
    if (answer.error !== "") nFailed++;
  }
  onProgress(files.length, files.length);
  return nFailed;
}

async function answerOne(file: string, ask: AnswerEachOptions["ask"]): Promise<PictureAnswer> {
  try {
    return { file, text: await ask(file), error: "" };
  } catch (thrown) {
    const error = AppError.from(thrown);
    if (!error.code.startsWith("image.")) throw error;
    return { file, text: "", error: error.message };
  }
}
