/** `duplicates`: files that are the same picture, in three groups that are never mixed. */

import { DUPLICATE_KINDS, type DuplicateKind } from "../../model/ask/duplicateKinds";
import { type DuplicateGroup, findDuplicates } from "../../search/ask/duplicates";
import type { CliContext } from "../terminal/cliContext";
import { finish, type SearchFlags, withSearch } from "./searchRun";

/** @returns 1 when nothing could be searched. @throws AppError as `withSearch`. */
export async function duplicates(
  context: CliContext,
  paths: readonly string[],
  flags: SearchFlags,
): Promise<number> {
  const { printer, signal } = context;
  const places = paths.length === 0 ? ["."] : paths;
  return await withSearch(context, { flags, paths: places }, async ({ model, index, searched }) => {
    const line = printer.workLine();
    let groups: readonly DuplicateGroup[];
    try {
      groups = await findDuplicates(searched, {
        ...{ index, signal },
        onProgress: (nDone, nAll) => {
          line.count({ nDone, nAll }, `${nDone} of ${nAll} compared`);
        },
      });
    } finally {
      line.end();
    }
    const { nFiles, skipped } = searched;
    if (printer.isJson) printer.json({ model: model.name, groups, searched: nFiles, skipped });
    else if (groups.length > 0) printer.text(groupText(groups));
    else if (nFiles > 0) printer.note("No picture is there twice.");
    else printer.failure("sightline: There is no picture that could be searched.");
    return finish(context, searched);
  });
}

const HEADINGS: Readonly<Record<DuplicateKind, string>> = {
  "same bytes": "The same file, byte for byte",
  "same picture": "The same picture in another size or format",
  "looks alike": "Pictures that look alike",
};

function groupText(groups: readonly DuplicateGroup[]): string {
  return DUPLICATE_KINDS.flatMap((kind) => {
    const own = groups.filter((group) => group.kind === kind);
    if (own.length === 0) return [];
    const texts = own.map(({ files }) => files.map((file) => `  ${file}\n`).join(""));
    return [`${HEADINGS[kind]} (${own.length}):\n${texts.join("\n")}`];
  }).join("\n");
}
