/** A child that is no engine; the environment says which kind. */

import { PROTOCOL_VERSION } from "../../src/protocol/messages";

const kinds = new Map<string | undefined, () => void>([
  ["exits", () => process.exit(3)],
  ["silent", listen],
  [
    "newer",
    () => {
      listen();
      sayHello(PROTOCOL_VERSION + 1);
    },
  ],
  [
    "stubborn",
    () => {
      listen();
      process.on("SIGTERM", () => undefined);
      process.on("disconnect", () => undefined);
      setInterval(() => undefined, 1000);
      sayHello(PROTOCOL_VERSION);
    },
  ],
]);
kinds.get(process.env["STRANGE"])?.();

/** Keeps the process alive. */
function listen(): void {
  process.on("message", () => undefined);
}

function sayHello(protocolVersion: number): void {
  process.send?.({ type: "ready", protocolVersion, pid: process.pid });
}
