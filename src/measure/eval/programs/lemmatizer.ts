/** Answers in dictionary forms, by a command that somebody names: OK-VQA's answers are in them. */

import { AppError } from "../../../base/errors";
import type { Prediction } from "../data/vqaFiles";
import { type ProgramCall, runLines } from "./lineProgram";

/**
 * The command reads one answer a line and writes its form, one line each.
 * @throws AppError `document.unreadable` when it fails or writes another number of lines.
 */
export async function lemmatize(
  predictions: readonly Prediction[],
  call: Pick<ProgramCall, "command" | "signal" | "silenceMs">,
): Promise<Prediction[]> {
  const input = predictions.map(({ text }) => `${text.replaceAll(/[\r\n]/g, " ")}\n`).join("");
  const lines = await runLines({ ...call, name: "The lemmatizer", isShell: true }, input);
  if (lines.length !== predictions.length) {
    throw new AppError(
      "document.unreadable",
      `The lemmatizer (${call.command}) wrote ${lines.length} lines for ${predictions.length} answers.`,
    );
  }
  return predictions.map((prediction, i) => ({ ...prediction, text: lines[i] ?? "" }));
}
