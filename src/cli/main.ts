#!/usr/bin/env node
/** The command line's entry: hands the process's streams, signals and folders to the commands. */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { WorkerPool } from "../convert/workers/workerPool";
import { homeFolder } from "../machine/homeFolder";
import { EXIT } from "./terminal/failure";
import { connectSignals, Interrupts } from "./terminal/interrupts";
import type * as mcpProgram from "../mcp/mcpProgram";
import { runCli } from "./program";
import { runProgram } from "./terminal/runProgram";

// Both the bundle and the package's own files lie below this folder.
const packageDir = path.join(__dirname, "..");
const { version } = JSON.parse(readFileSync(path.join(packageDir, "package.json"), "utf8")) as {
  readonly version: string;
};
const interrupts = new Interrupts();
connectSignals(interrupts, process);
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  // `sightline … | head`: a reader that has seen enough is no failure.
  process.exitCode = error.code === "EPIPE" ? EXIT.ok : EXIT.failed;
  if (error.code !== "EPIPE") {
    process.stderr.write(`sightline: The output cannot be written: ${error.message}.\n`);
  }
  interrupts.outputLost(process.exitCode);
});
// Nobody reads what is wrong, so there is nothing left to tell.
process.stderr.on("error", () => undefined);

void runCli(process.argv.slice(2), {
  stdin: () => process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  environment: {
    env: process.env,
    platform: process.platform,
    get homeDir() {
      return homeFolder();
    },
  },
  interrupts,
  demoCheckpoint: path.join(packageDir, "models", "demo"),
  catalogFile: path.join(packageDir, "models", "catalog.json"),
  version,
  programFile: __filename,
  serveMcp: async (options) => {
    // It brings a library that nothing else needs.
    const load = createRequire(__filename);
    const { runMcp } = load("./mcp.js") as typeof mcpProgram;
    await runMcp({ ...options, version, programFolder: __dirname, stdin: process.stdin });
  },
  startAgain: (args, signal) => runProgram([__filename, ...args], signal),
  startWorkers: () => new WorkerPool({ programFile: path.join(__dirname, "convertWorker.js") }),
}).then((exitCode) => {
  process.exitCode ??= exitCode;
  // A read that was given up may be waiting still.
  if (interrupts.signal.aborted) process.exit();
});
