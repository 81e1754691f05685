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
 * Asks whether the server is there; whether it knows the model is told by the first answer.
 * @throws AppError `option.invalid`, `remote.*`, `request.cancelled`.
 */
export async function openRemoteModel(
  { endpoint: given, token }: RemoteTarget,
  { logger, signal }: { readonly logger: Logger; readonly signal: AbortSignal },
): Promise<LoadedModel> {
  // Once more, because pictures go where this says.
  const [endpoint = given] = readEndpoints([given], "The server");
  const engine = new RemoteEngine({
    ...{ endpoint, token, logger, clock: realClock, now: () => performance.now() },
    howToSetToken: "Set it for this server",
  });
  await engine.connect(signal);
  return {
    folder: "",
    engine: {
      info: {
        ...{ name: endpoint.model, kind: "generation", server: new URL(endpoint.url).host },
        // This machine's part of it: pictures are made small here.
        ...{ device: "cpu", deviceReason: { code: "asked", device: "cpu" } },
      },
      // What is sent is made of the picture when it is asked about.
      prepare: () => Promise.resolve({ cached: { imageFeatures: "computed" } }),
      generate: (request, run) => engine.generate(request, run),
      score: () => {
        const text = cannotText(endpoint.name, "scores");
        return Promise.reject(new AppError("model.unsupported", text));
      },
      release: () => Promise.resolve(),
    },
  };
}
