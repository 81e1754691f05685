/** The engine and the converter behind the server's port. */

import type { Logger } from "../base/logger";
import type { EngineHost } from "./engineHost";

export interface RealEngineOptions {
  readonly logger: Logger;
  /** Where image features are kept on disk. */
  readonly featureCacheDir: string;
  /** File that remembers a useless GPU. */
  readonly deviceMemoryFile: string;
}

/**
 * BLIP-2 on ONNX Runtime. Both rooms are read at their first use, so that the hello does not wait for
 * native libraries, and one that cannot be read fails the request and not the process.
 */
export function createRealEngine(options: RealEngineOptions): EngineHost {
  return {
    load: async (folder, device) => {
      const { loadEngine } = await import("../engine/blip2Engine");
      return await loadEngine({ folder, device, ...options });
    },
    convert: async (params, run) => {
      const { convertModel } = await import("../convert/convertModel");
      return await convertModel({ ...params, ...run });
    },
  };
}
