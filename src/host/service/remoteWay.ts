/** How the service asks a server in the place of this machine: the editor knows which there are, and asks the user. */

import type { RemoteTarget } from "../../model/ask/models";

export interface RemoteWay {
  /**
   * The server that a choice means, once the user agreed to send it pictures; asked before each question.
   * @throws AppError `request.cancelled` when the user would rather not, `remote.denied`, `model.missing`,
   * `option.invalid`.
   */
  permit(model: string): Promise<RemoteTarget>;
}
