/** Entry of the engine's process; the host forks it and reads the log from its stderr. */

import path from "node:path";
import { isDoctorRun, runDoctor } from "./doctorProgram";
import { runEngineChild } from "./engineChild";
import { createEngineMethods } from "./engineMethods";
import { serveEngine } from "./engineServer";
import { WorkerPool } from "../convert/workers/workerPool";
import { homeFolder } from "../machine/homeFolder";
import { modelStoreOf } from "../library/store/modelStore";

/** As a shell tells of a process that ended with SIGTERM. */
const TERMINATED = 128 + 15;

const { env, platform } = process;
const environment = {
  env,
  platform,
  get homeDir() {
    return homeFolder();
  },
};
const store = modelStoreOf(environment);
// The bundle lies in a folder beside the models that come with it.
const models = path.resolve(__dirname, "..", "models");
const bundledDemo = path.join(models, "demo");
const catalogFile = path.join(models, "catalog.json");
const demoCheckpoint = env["SIGHTLINE_DEMO"] ?? bundledDemo;
const place = { store, demoCheckpoint, catalogFile, environment };
const args = process.argv.slice(2);
if (isDoctorRun(args)) {
  const stop = new AbortController();
  process.once("SIGTERM", () => {
    // The process that tries a device would go on without this one; it is killed before this returns.
    stop.abort();
    process.exit(TERMINATED);
  });
  void runDoctor({
    signal: stop.signal,
    ...{ ...place, args, programFile: __filename },
    manifestFile: path.resolve(__dirname, "..", "package.json"),
    print: (text) => process.stdout.write(text),
    complain: (text) => process.stderr.write(text),
  }).then((exitCode) => {
    process.exitCode = exitCode;
  });
} else {
  const programFile = path.join(__dirname, "convertWorker.js");
  const startWorkers = (): WorkerPool => new WorkerPool({ programFile });
  runEngineChild(({ transport, logger }) => {
    const engine = createEngineMethods({ logger, ...place, startWorkers });
    serveEngine({ transport, engine, logger });
  });
}
