/** A window in a process of its own, so that a test can kill it: tells of an engine, and ends it if it may. */

import { EngineRoll } from "../../src/roll/engineRoll";

const [folder = "", state = "ready"] = process.argv.slice(2);
let isThere = true;
const roll = new EngineRoll({
  folder,
  describe: () =>
    isThere
      ? { holder: "window", model: "opt", bytes: 2.9e9, state: state as "ready" | "busy" }
      : undefined,
  release: () => {
    isThere = state === "busy";
    return Promise.resolve(!isThere);
  },
});
// The socket alone would not keep it.
setInterval(() => undefined, 60_000);
void roll.join().then(() => process.send?.("listening"));
