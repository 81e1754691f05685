/** A real child with the real server and a fake engine that can be told to misbehave. */

import { runEngineChild } from "../../src/child/engineChild";
import { serveEngine } from "../../src/child/engineServer";
import { createFakeEngine, nextTurn } from "./fakeEngine";

runEngineChild(({ transport, logger }) => {
  logger.info("The fake engine is there.");
  process.stderr.write("a line on stderr\n");
  process.stdout.write("a line on stdout\n");
  const engine = createFakeEngine({
    // Blocks the process as a run of ONNX Runtime does, for ever.
    hang: ({ onText }) => {
      onText?.("hanging");
      return nextTurn().then(() => {
        for (;;);
      });
    },
    exit: () => process.exit(9),
    uncaught: () => {
      setImmediate(() => {
        throw new Error("thrown where nobody catches");
      });
      return new Promise<never>(() => undefined);
    },
    rejection: () => {
      void Promise.reject(new Error("rejected where nobody listens"));
      return new Promise<never>(() => undefined);
    },
    disconnect: () => {
      process.disconnect();
      return new Promise<never>(() => undefined);
    },
    garbage: async () => {
      const garbage: readonly unknown[] = [
        null,
        7,
        "text",
        [1, [2]],
        {},
        new Uint8Array(1_000_000),
        new Map([["type", "reply"]]),
        { type: "reply", id: 12_345, result: {} },
        { type: "failure", id: 12_345 },
        { type: "ready", protocolVersion: "one" },
        { type: "__proto__", id: 1 },
      ];
      for (const message of garbage) process.send?.(message);
      await nextTurn();
      return "after the garbage";
    },
    bytes: ({ onText }) => {
      onText?.("é漢🙂");
      return "é漢🙂";
    },
  });
  serveEngine({ transport, engine, logger });
});
