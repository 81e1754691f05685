/** The commands of search, for the start of the editor; what they do is loaded with the first. */

import { lazyFeature } from "../shell/lazyFeature";
import { SEARCH_COMMANDS } from "../shell/commandIds";
import type { Feature, Services } from "../shell/services";

export function createSearchCommands(services: Services): Feature {
  return lazyFeature(SEARCH_COMMANDS, async () => {
    const { createSearch } = await import("../shell/lazyParts");
    return createSearch(services);
  });
}
