/** What the engine's processes and the command line of a terminal are told of the user's folders. */

import { optional } from "../../base/optional";
import type { ProcessKind } from "../../model/ask/kinds";
import type { Settings } from "../shell/settings";

/** What the environment of every child says of folders. */
export function environmentOf({
  storageFolder,
  cudaLibraryFolder,
}: Pick<Settings, "storageFolder" | "cudaLibraryFolder">): Readonly<Record<string, string>> {
  return {
    ...optional({ SIGHTLINE_HOME: storageFolder, SIGHTLINE_CUDA_LIBRARIES: cudaLibraryFolder }),
  };
}

/** The same, and what one kind of child is told beside it. */
export function environmentFor(
  kind: ProcessKind,
  settings: Settings,
): Readonly<Record<string, string>> {
  const own = kind === "search" ? optional({ SIGHTLINE_SEARCH_MODEL: settings.searchModel }) : {};
  return { ...environmentOf(settings), ...own };
}
