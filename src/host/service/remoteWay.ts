/** How the service asks a server in the place of this machine: the editor knows which there are, and asks the user. */

import { abortable } from "../../base/abortable";
import type { GraphTarget, RemoteTarget } from "../../model/ask/models";
import type { CallOptions } from "../../protocol/rpcClient";
import type { EngineClient } from "../process/engineClient";

export interface RemoteWay {
  /**
   * The server that a choice means, once the user agreed to send it pictures; asked before each question.
   * @throws AppError `request.cancelled` when the user would rather not, `remote.denied`, `model.missing`,
   * `option.invalid`.
   */
  permit(model: string): Promise<RemoteTarget>;
  /**
   * The same for a server that runs the graphs of the model that finds pictures; undefined where they run here.
   * @throws AppError as `permit`.
   */
  permitGraphs(): Promise<GraphTarget | undefined>;
}

/**
 * Says to the process that finds pictures which server runs its graphs; before each call, because a process that was
 * idle knows nothing of before.
 * @returns whether there is one. @throws AppError as `RemoteWay.permit`.
 */
export async function nameGraphs(
  client: Pick<EngineClient, "call">,
  remote: Pick<RemoteWay, "permitGraphs"> | undefined,
  { signal }: CallOptions,
): Promise<boolean> {
  const target = remote && (await abortable(remote.permitGraphs(), signal));
  if (target === undefined) return false;
  await client.call("useGraphServer", target, { signal });
  return true;
}
