/** A host in a process of its own, so that a test can kill it: starts an engine and tells its id. */

import path from "node:path";
import { silentLogger } from "../../src/base/logger";
import { systemClock } from "../../src/host/process/clock";
import { forkEngine } from "../../src/host/process/engineProcess";

const engine = forkEngine({
  childFile: path.join(__dirname, "fakeEngineChild.js"),
  logger: silentLogger,
  clock: systemClock,
});
engine.transport.onMessage((message) => {
  const isReady = (message as { readonly type: string }).type === "ready";
  if (isReady) process.send?.({ enginePid: engine.pid });
});
