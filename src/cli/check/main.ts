#!/usr/bin/env node
/** The audit as a program of its own, for hooks and servers: no model, no engine, no package beside it. */

import { Command } from "commander";
import { AppError } from "../../base/errors";
import { storeRoot } from "../../library/store/storeRoot";
import type { Environment } from "../../machine/environment";
import { homeFolder } from "../../machine/homeFolder";
import { connectSignals, Interrupts } from "../terminal/interrupts";
import { CHECK_EXIT } from "./checkCommand";
import { addCheck } from "./checkProgram";

/** The version of the program that this was built for. */
declare const SIGHTLINE_VERSION: string;

const environment: Environment = {
  ...{ env: process.env, platform: process.platform },
  get homeDir() {
    return homeFolder();
  },
};
const interrupts = new Interrupts();
connectSignals(interrupts, process);
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  process.exit(error.code === "EPIPE" ? CHECK_EXIT.ok : CHECK_EXIT.failed);
});

const program = new Command("sightline-alt-check").version(SIGHTLINE_VERSION).exitOverride();
addCheck(program, async (_, work) => {
  const { stdout, stderr } = process;
  const stdin = (): NodeJS.ReadStream => process.stdin;
  const { signal } = interrupts;
  process.exitCode = await work({
    ...{ stdout, stderr, stdin, signal, version: SIGHTLINE_VERSION },
    cachePlace: { root: () => storeRoot(environment), programFile: __filename },
  });
});
program.parseAsync().catch((thrown: unknown) => {
  const code = (thrown as { readonly exitCode?: unknown } | undefined)?.exitCode;
  // Commander has told what is wrong with the flags, or printed its help.
  if (typeof code === "number") process.exitCode = code === 0 ? CHECK_EXIT.ok : CHECK_EXIT.failed;
  else {
    process.stderr.write(`sightline: ${AppError.from(thrown).message}\n`);
    process.exitCode = interrupts.exitCode ?? CHECK_EXIT.failed;
  }
});
