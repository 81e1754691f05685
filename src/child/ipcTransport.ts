/** The child's end of the channel that `fork` opened; the host's end is in engineProcess.ts. */

import type { Transport } from "../protocol/transport";

/** The part of `process` that a forked child has. */
export type ForkedProcess = NodeJS.Process & Required<Pick<NodeJS.Process, "send">>;

/** True when this process was forked, so that there is somebody to talk to. */
export function isForked(self: NodeJS.Process): self is ForkedProcess {
  return self.send !== undefined;
}

/** The channel to the host. Listening to it keeps the process alive. */
export function ipcTransport(self: ForkedProcess): Transport {
  return {
    send(message) {
      if (!self.connected) return;
      // Without a callback, a channel that closes meanwhile would be an uncaught error.
      self.send(message, undefined, undefined, () => undefined);
    },
    onMessage(listener) {
      self.on("message", listener);
    },
    onClose(listener) {
      self.once("disconnect", () => {
        listener("the host is gone");
      });
    },
  };
}
