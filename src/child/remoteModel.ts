/** A server in the place of a model in memory: the process that asks it holds none, and opens no runtime. */

import { AppError } from "../base/errors";
import type { Logger } from "../base/logger";
import { cannotText } from "../model/ask/capabilities";
import type { RemoteTarget } from "../model/ask/models";
import { readEndpoints } from "../model/ask/remoteEndpoint";
import { realClock } from "../remote/realClock";
import { RemoteEngine } from "../remote/remoteEngine";
import type { LoadedModel } from "./enginePort";

/**
 * Asks whether the server is there and has the model.
 * @throws AppError as `RemoteEngine.connect`, `option.invalid`.
 */
export async function openRemoteModel(
  { endpoint: given, token }: RemoteTarget,
  { logger, signal }: { readonly logger: Logger; readonly signal: AbortSignal },
): Promise<LoadedModel> {
  // Once more, because pictures go where this says.
  const [endpoint = given] = readEndpoints([given], "The server");
  const engine = new RemoteEngine({
    ...{ endpoint, token, logger, clock: realClock },
    howToSetToken: "Set it for this server",
  });
  await engine.connect(signal);
  const server = new URL(endpoint.url).host;
  return {
    folder: "",
    engine: {
      info: {
        ...{ name: endpoint.model, kind: "generation", server },
        maxParallel: endpoint.maxParallel,
        // This machine's part of it: pictures are made small here.
        ...{ device: "cpu", deviceReason: { code: "asked", device: "cpu" } },
      },
      // What is sent is made of the picture when it is asked about.
      prepare: () => Promise.resolve({ cached: { imageFeatures: "computed" } }),
      generate: async (request, run) => ({ ...(await engine.generate(request, run)), server }),
      score: () => {
        const text = cannotText(endpoint.name, "scores");
        return Promise.reject(new AppError("model.unsupported", text));
      },
      release: () => Promise.resolve(),
    },
  };
}
