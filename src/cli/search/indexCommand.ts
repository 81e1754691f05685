/** `index`: looks at pictures once, so that later searches need not. */

import { countOf } from "../../base/countOf";
import { formatBytes } from "../../base/bytes";
import type { CliContext } from "../terminal/cliContext";
import type { ModelFlags } from "../terminal/flags";
import { finish, withSearch } from "./searchRun";
import { folderBytes } from "../../library/store/diskSpace";
import { searchFolderOf } from "../../search/index/openIndex";

/**
 * Brings the index up to what lies on the disk.
 * @returns 1 when no file could be indexed. @throws AppError as `withSearch`.
 */
export async function index(
  context: CliContext,
  paths: readonly string[],
  flags: ModelFlags,
): Promise<number> {
  const { printer, store } = context;
  return await withSearch(context, { flags, paths }, async ({ model, index: kept, searched }) => {
    const { nFiles, nEmbedded, skipped } = searched;
    const bytes = await folderBytes(searchFolderOf(store));
    if (printer.isJson) {
      const sums = { searched: nFiles, skipped };
      printer.json({ model: model.name, new: nEmbedded, pictures: kept.size, bytes, ...sums });
    } else {
      printer.text(
        `${countOf(nFiles, "file")} can be searched, ${nEmbedded} of them new. All indexes take ${formatBytes(bytes)}.\n`,
      );
    }
    return finish(context, searched);
  });
}
