/** Entry of the engine's process; the host forks it and reads the log from its stderr. */

import { homedir } from "node:os";
import { modelStoreOf } from "../engine/modelStore";
import { runEngineChild } from "./engineChild";
import { createRealEngine } from "./realEngine";

const { featuresDir, deviceMemoryFile } = modelStoreOf({
  env: process.env,
  platform: process.platform,
  homeDir: homedir(),
});
runEngineChild((logger) =>
  createRealEngine({ logger, featureCacheDir: featuresDir, deviceMemoryFile }),
);
