/** What `activate` gives other extensions at once; who does the work is loaded with the first call. */

import type { SightlineApi } from "./api";
import { lazy } from "../shell/lazyFeature";
import type { Services } from "../shell/services";

/** As `createApi`. */
export function lazyApi(
  services: Pick<Services, "engine" | "pictures" | "settings">,
): SightlineApi {
  const api = lazy(async () => (await import("../shell/lazyParts")).createApi(services));
  return {
    apiVersion: 1,
    ask: async (...given) => (await api()).ask(...given),
    describe: async (...given) => (await api()).describe(...given),
    score: async (...given) => (await api()).score(...given),
    find: async (...given) => (await api()).find(...given),
  };
}
