/** A server that runs graphs of a model of this machine: the rest of the model, and the words, stay here. */

import { throwIfAborted } from "../../base/errors";
import { type FoundModel, loadFoundModel } from "../../library/open/openNamedModel";
import type { GraphEndpoint } from "../../model/ask/remoteEndpoint";
import { GraphServer } from "../../remote/graphSession";
import { realClock } from "../../remote/realClock";
import type { CliContext } from "../terminal/cliContext";
import type { ModelFlags } from "../terminal/flags";
import { withRollEntry } from "./rollEntry";
import type { RunningModel } from "./runningModel";

/** As `findModel`. */
export type FindModel = (model: string, context: CliContext) => Promise<FoundModel>;

/**
 * Runs work with a model whose graphs run on a server; says first where pictures go.
 * @throws AppError as `findModel` and `loadFoundModel`, `remote.*`.
 */
export async function withGraphServer<T>(
  context: CliContext,
  {
    endpoint,
    token,
    flags,
    find,
  }: {
    readonly endpoint: GraphEndpoint;
    readonly token: string | undefined;
    readonly flags: Pick<ModelFlags, "device">;
    readonly find: FindModel;
  },
  work: (model: RunningModel) => Promise<T>,
): Promise<T> {
  const { printer, signal, store } = context;
  const found = await find(endpoint.model, context);
  const { host } = new URL(endpoint.url);
  printer.note(
    `Pictures are sent to ${host}, as the numbers that ${found.name} takes and without their names, and so are the texts that they are compared with.`,
  );
  const elsewhere = new GraphServer({ endpoint, token, clock: realClock });
  return await withRollEntry({ model: found.name, store: store.root }, async (entry) => {
    const { device } = flags;
    const logger = printer.logger();
    const engine = await loadFoundModel(found, { store, signal, device, logger, elsewhere });
    entry.isLoaded = true;
    try {
      throwIfAborted(signal);
      return await work({ engine, name: `remote:${endpoint.name}` });
    } finally {
      await engine.release();
    }
  });
}
