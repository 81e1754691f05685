/** `index`: looks at pictures once, so that later searches need not. */

import { countOf } from "../../base/countOf";
import { formatBytes } from "../../base/bytes";
import type { CliContext } from "../terminal/cliContext";
import { AppError } from "../../base/errors";
import { parseShard, WHOLE } from "../../measure/eval/predict/shard";
import { finish, type SearchFlags, withSearch } from "./searchRun";
import { folderBytes } from "../../library/store/diskSpace";
import { searchFolderOf } from "../../search/index/openIndex";

export interface IndexFlags extends SearchFlags {
  /** As `parseShard` reads it. */
  readonly shard?: string;
}

/**
 * Brings the index up to what lies on the disk.
 * @returns 1 when no file could be indexed. @throws AppError as `withSearch`; `option.invalid` for a part of what
 * only this machine keeps.
 */
export async function index(
  context: CliContext,
  paths: readonly string[],
  flags: IndexFlags,
): Promise<number> {
  const { printer, store } = context;
  if (flags.shard !== undefined && flags.index === undefined) {
    const text = "--shard is for an index on a server: name it with --index qdrant:URL.";
    throw new AppError("option.invalid", text, { detail: { option: "shard" } });
  }
  const shard = flags.shard === undefined ? WHOLE : parseShard(flags.shard);
  const asked = { flags, paths, shard, mustWrite: true };
  return await withSearch(context, asked, async ({ model, index: kept, searched }) => {
    const { nFiles, nEmbedded, skipped } = searched;
    const isHere = flags.index === undefined;
    const bytes = isHere ? await folderBytes(searchFolderOf(store)) : undefined;
    if (printer.isJson) {
      const sums = { searched: nFiles, skipped };
      printer.json({ model: model.name, new: nEmbedded, pictures: kept.size, bytes, ...sums });
    } else {
      printer.text(
        `${countOf(nFiles, "file")} can be searched, ${nEmbedded} of them new. ${bytes === undefined ? `The server has ${countOf(kept.size, "picture")}` : `All indexes take ${formatBytes(bytes)}`}.\n`,
      );
    }
    return finish(context, searched);
  });
}
