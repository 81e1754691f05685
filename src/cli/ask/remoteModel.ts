/** `--model remote:NAME`: a server in the place of a model of this machine. */

import { readFile } from "node:fs/promises";
import path from "node:path";
import { AppError } from "../../base/errors";
import { cannotText } from "../../model/ask/capabilities";
import {
  type GraphEndpoint,
  readAllEndpoints,
  type RemoteEndpoint,
} from "../../model/ask/remoteEndpoint";
import { realClock } from "../../remote/realClock";
import { RemoteEngine } from "../../remote/remoteEngine";
import type { CliContext } from "../terminal/cliContext";
import type { ModelFlags } from "../terminal/flags";
import type { FindModel } from "./graphServer";
import type { RunningModel } from "./runningModel";

const EXAMPLE =
  '[{"name": "gpu", "url": "http://127.0.0.1:8000", "dialect": "transformers", "model": "Salesforce/blip2-opt-2.7b", "family": "opt"}]';
/** In the folder of the store. */
const ENDPOINTS_FILE = "remote.json";

/**
 * Runs work with a server; says first where pictures go.
 * @throws AppError `option.invalid`, `model.missing` for an unknown name, `remote.*`.
 */
export async function withRemote<T>(
  context: CliContext,
  {
    name,
    flags,
    find,
  }: {
    readonly name: string;
    readonly flags: Pick<ModelFlags, "device">;
    readonly find: FindModel;
  },
  work: (model: RunningModel) => Promise<T>,
): Promise<T> {
  const { printer, signal, host } = context;
  const endpoint = await anyEndpointNamed(context, name);
  const token = await tokenOf(host.environment.env);
  if (endpoint.dialect === "kserve") {
    const { withGraphServer } = await import("./graphServer");
    return await withGraphServer(context, { endpoint, token, flags, find }, work);
  }
  const { host: server } = new URL(endpoint.url);
  printer.note(
    `Pictures are sent to ${server}, in ${endpoint.imageSize} × ${endpoint.imageSize} pixels and without their names, with your words.`,
  );
  const engine = new RemoteEngine({
    ...{ endpoint, token, logger: printer.logger(), clock: realClock },
  });
  const cannot = (): Promise<never> => {
    const text = cannotText(`remote:${name}`, "scores");
    return Promise.reject(new AppError("model.unsupported", text));
  };
  await engine.connect(signal);
  return await work({
    name: `remote:${name}`,
    atOnce: () => engine.atOnce,
    engine: {
      info: { name: endpoint.model, device: "remote", kind: "generation" },
      generate: (request, run) => engine.generate(request, run),
      ...{ score: cannot, embedText: cannot, embedPicture: cannot, match: cannot },
    },
  });
}

/**
 * An endpoint of the store's list whose server answers.
 * @throws AppError `model.missing`, `model.unsupported`, `option.invalid`.
 */
export async function endpointNamed(
  context: Pick<CliContext, "store">,
  name: string,
): Promise<RemoteEndpoint> {
  const endpoint = await anyEndpointNamed(context, name);
  if (endpoint.dialect !== "kserve") return endpoint;
  const text = `The server "${name}" runs graphs and writes no texts. Use a server of another dialect.`;
  throw new AppError("model.unsupported", text);
}

/**
 * An endpoint of the store's list whose server runs graphs.
 * @throws AppError `model.missing`, `model.unsupported`, `option.invalid`.
 */
export async function graphEndpointNamed(
  context: Pick<CliContext, "store">,
  name: string,
): Promise<GraphEndpoint> {
  const endpoint = await anyEndpointNamed(context, name);
  if (endpoint.dialect === "kserve") return endpoint;
  throw new AppError("model.unsupported", cannotText(`remote:${name}`, "scores"));
}

/** An endpoint of the store's list. @throws AppError `model.missing`, `option.invalid`. */
export async function anyEndpointNamed(
  { store }: Pick<CliContext, "store">,
  name: string,
): Promise<RemoteEndpoint | GraphEndpoint> {
  const file = path.join(store.root, ENDPOINTS_FILE);
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    const message = `There is no list of servers. Write ${file}, for example ${EXAMPLE}, as docs/SERVERS.md of the project says.`;
    throw new AppError("model.missing", message, { cause });
  });
  const endpoints = readAllEndpoints(parsed(text, file), file);
  const found = endpoints.find((endpoint) => endpoint.name === name);
  if (found !== undefined) return found;
  const known = endpoints.map((endpoint) => endpoint.name).join(", ");
  throw new AppError("model.missing", `${file} has no server "${name}". It has: ${known}.`);
}

function parsed(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AppError("option.invalid", `${file} is no JSON.`, { cause });
  }
}

/** From the environment, or from a file that it names: never an argument, which other users see. */
async function tokenOf(env: Readonly<NodeJS.ProcessEnv>): Promise<string | undefined> {
  const { SIGHTLINE_REMOTE_TOKEN: token, SIGHTLINE_REMOTE_TOKEN_FILE: file } = env;
  if (token !== undefined && token !== "") return token;
  if (file === undefined || file === "") return undefined;
  try {
    return (await readFile(file, "utf8")).trim();
  } catch (cause) {
    const text = `The token's file ${file} cannot be read. Correct SIGHTLINE_REMOTE_TOKEN_FILE.`;
    throw new AppError("option.invalid", text, { cause });
  }
}
