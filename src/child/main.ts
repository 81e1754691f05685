/** Entry of the engine's process; the host forks it and reads the log from its stderr. */

import { homedir } from "node:os";
import path from "node:path";
import { modelStoreOf } from "../library/modelStore";
import { runEngineChild } from "./engineChild";
import { createRealEngine } from "./realEngine";

const { env, platform } = process;
const store = modelStoreOf({ env, platform, homeDir: homedir() });
// The bundle lies in a folder beside the models that come with it.
const bundledDemo = path.resolve(__dirname, "..", "models", "demo");
const demoCheckpoint = env["SIGHTLINE_DEMO"] ?? bundledDemo;
runEngineChild((logger) => createRealEngine({ logger, store, demoCheckpoint }));
