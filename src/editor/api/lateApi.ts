/** What `activate` gives other extensions at once; who does the work is loaded with the first call. */

import type { SightlineApi } from "./api";
import { once } from "../shell/lateFeature";
import type { Services } from "../shell/services";

/** As `createApi`. */
export function lateApi(services: Pick<Services, "engine" | "pictures">): SightlineApi {
  const api = once(async () => (await import("../shell/lateParts")).createApi(services));
  return {
    apiVersion: 1,
    ask: async (...given) => (await api()).ask(...given),
    describe: async (...given) => (await api()).describe(...given),
  };
}
