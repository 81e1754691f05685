/** The file of what a project knows already. */

import { readFile } from "node:fs/promises";
import { type Baseline, readBaseline } from "../../audit/baseline";
import { DEFAULT_BASELINE } from "../../audit/config/configChain";
import { AppError } from "../../base/errors";
import { fileError } from "../../disk/replaceFile";
import type { DocumentConfigs } from "./documentConfigs";

/** As a flag names it, or a configuration, or the usual one. */
export function baselineNamed(flag: string | undefined, configs: DocumentConfigs): string {
  return flag ?? configs.baseline ?? DEFAULT_BASELINE;
}

/**
 * What a file holds; undefined where there is none.
 * @throws AppError `option.invalid` for one that cannot be read or has a mistake in it.
 */
export async function baselineIn(file: string): Promise<Baseline | undefined> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (thrown) {
    const error = fileError(thrown, file);
    if (error.code === "document.missing") return undefined;
    throw new AppError("option.invalid", error.message, { cause: thrown });
  }
  return readBaseline(text, file);
}
