/** What the engine's processes and the command line of a terminal are told of the user's folders. */

import { optional } from "../../base/optional";
import type { Settings } from "../shell/settings";

/** What a child's environment says of folders. */
export function environmentOf({
  storageFolder,
  cudaLibraryFolder,
}: Pick<Settings, "storageFolder" | "cudaLibraryFolder">): Readonly<Record<string, string>> {
  return {
    ...optional({ SIGHTLINE_HOME: storageFolder, SIGHTLINE_CUDA_LIBRARIES: cudaLibraryFolder }),
  };
}
