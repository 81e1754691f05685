/** A server in the place of a model in memory: the process that asks it holds none, and opens no runtime. */

import { cleanText } from "../base/cleanText";
import { AppError } from "../base/errors";
import type { Logger } from "../base/logger";
import { demoOf, listModels as storedModels, type ModelStore } from "../library/store/modelStore";
import { CAPABILITIES, cannotText } from "../model/ask/capabilities";
import type { RemoteTarget } from "../model/ask/models";
import { type GraphEndpoint, readAllEndpoints, readEndpoints } from "../model/ask/remoteEndpoint";
import type { Params, Result } from "../protocol/methods";
import { checkHealth, listModels } from "../remote/chatClient";
import { GraphServer } from "../remote/graphSession";
import { realClock } from "../remote/realClock";
import { RemoteEngine } from "../remote/remoteEngine";
import { ServerCalls, type ServerCallsOptions } from "../remote/serverCalls";
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

/**
 * Which models a server has, for somebody who is about to use it: asks nothing about a picture, and sends none.
 * @throws AppError `option.invalid`, `remote.*`, `request.cancelled`.
 */
export async function askForModels(
  { name, url, dialect, token }: Params<"serverModels">,
  { store, signal }: { readonly store: ModelStore; readonly signal: AbortSignal },
): Promise<Result<"serverModels">> {
  // Once more, because a token goes where this says. The model is what is asked for.
  const given = { name, url, dialect, model: "", family: "opt" };
  const [endpoint] = readAllEndpoints([given], "The server");
  if (endpoint === undefined) return { models: [], candidates: [] };
  const options = { token, clock: realClock, howToSetToken: "Go back and correct it" };
  if (endpoint.dialect === "kserve") return await graphsOf({ endpoint, ...options }, store);
  const calls = new ServerCalls({ endpoint, ...options });
  await calls.again(signal, () => checkHealth(calls.target, signal), { isHurried: true });
  const models = await calls.again(signal, () => listModels(calls.target, signal));
  // Others could not be written into a setting as they are.
  const isPlain = (model: string): boolean => cleanText(model, MAX_NAME) === model;
  return { models: models.filter(isPlain).slice(0, MAX_MODELS), candidates: [] };
}

/** More than anybody chooses from. */
const MAX_MODELS = 200;
const MAX_NAME = 200;

/** Of the models that are here and compare, those whose graphs the server has. */
async function graphsOf(
  options: ServerCallsOptions & { readonly endpoint: GraphEndpoint },
  store: ModelStore,
): Promise<Result<"serverModels">> {
  const server = new GraphServer(options);
  const models: string[] = [];
  const candidates: string[] = [];
  for (const { name: folder, model } of await storedModels(store)) {
    const name = demoOf(folder) ?? folder;
    if (model === undefined || !CAPABILITIES[model.config.kind].scores) continue;
    candidates.push(name);
    try {
      await server.open(model, "vision_encoder");
      models.push(name);
    } catch (thrown) {
      if (AppError.from(thrown).code !== "model.missing") throw thrown;
    }
  }
  return { models, candidates };
}
