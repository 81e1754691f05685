/** The answers that `ask --answers` chooses among. */

import { readFile, stat } from "node:fs/promises";
import { AppError } from "../../base/errors";

/** The authors' list has 60 kB. */
const MAX_FILE_BYTES = 1 << 20;

/**
 * Of a file: its lines, or a JSON list of texts as BLIP's authors publish theirs; of another text what stands
 * between its commas. What is empty is left out.
 * @throws AppError `option.invalid` for a file that cannot be read or is too long, and for fewer than two.
 */
export async function answersOf(given: string): Promise<readonly string[]> {
  const found = await stat(given).catch(() => undefined);
  if (found?.isFile() !== true) return several(given.split(","), given);
  if (found.size > MAX_FILE_BYTES) throw unusable(`${given} has more than 1 MB`);
  const text = await readFile(given, "utf8").catch((cause: unknown) => {
    throw unusable(`${given} cannot be read`, cause);
  });
  const lines = text.trimStart().startsWith("[") ? listOf(text, given) : text.split(/\r?\n/);
  return several(lines, given);
}

function listOf(text: string, file: string): readonly string[] {
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch (cause) {
    throw unusable(`${file} begins as a JSON list and is none`, cause);
  }
  if (Array.isArray(list) && list.every((entry) => typeof entry === "string")) return list;
  throw unusable(`${file} is no list of texts`);
}

function several(texts: readonly string[], given: string): readonly string[] {
  const answers = texts.map((text) => text.trim()).filter((text) => text !== "");
  if (answers.length > 1) return answers;
  throw unusable(
    `"${given.slice(0, 200)}" is neither a file of answers nor several between commas`,
  );
}

function unusable(why: string, cause?: unknown): AppError {
  return new AppError(
    "option.invalid",
    `--answers: ${why}. Give a file with one answer on a line, or answers as in yes,no,maybe.`,
    { cause, detail: { option: "answers" } },
  );
}
