/** What every command is given: the process's streams and folders, passed by hand. */

import type { Readable } from "node:stream";
import type { StartWorkers } from "../../convert/weights/convertWorkers";
import type { McpProgramOptions } from "../../mcp/mcpProgram";
import type { Environment } from "../../machine/environment";
import { modelStoreOf, type ModelStore } from "../../library/store/modelStore";
import type { OutputFlags } from "./flags";
import type { Interrupts } from "./interrupts";
import { Printer } from "./printer";
import type { TextSink } from "./text";

/** Standard input, opened only by a command that reads it. */
export type StandardInput = Readable & { readonly isTTY?: boolean };

/** Runs a command and keeps its exit code; how commander's actions call one. */
export type Run = (
  flags: OutputFlags,
  work: (context: CliContext) => Promise<number>,
) => Promise<void>;

/** What a command says of the server of tools; the rest is the process's. */
export type McpServing = Omit<McpProgramOptions, "version" | "programFolder" | "stdin">;

/** What is left of a program that has run. */
export interface EndedProgram {
  readonly exitCode: number;
  readonly stderr: string;
}

/** The process that the command line runs in. */
export interface CliHost {
  readonly stdin: () => StandardInput;
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  readonly environment: Environment;
  readonly interrupts: Interrupts;
  /** Folder of the checkpoint that comes with the program. */
  readonly demoCheckpoint: string;
  /** The list of published checkpoints that comes with the program. */
  readonly catalogFile: string;
  readonly version: string;
  /** The file that is run. @default nothing is kept that depends on it */
  readonly programFile?: string | undefined;
  /** The server of tools for agents, until its client is gone; a program of its own. */
  readonly serveMcp?: ((options: McpServing) => Promise<void>) | undefined;
  /** This program once more, in a process of its own, which ends with the signal. */
  readonly startAgain?:
    ((args: readonly string[], signal: AbortSignal) => Promise<EndedProgram>) | undefined;
  /** Who does the arithmetic of a conversion. @default the caller's thread */
  readonly startWorkers?: StartWorkers | undefined;
}

/** What a single run of a command works with. */
export interface CliContext {
  readonly host: CliHost;
  readonly printer: Printer;
  readonly store: ModelStore;
  readonly signal: AbortSignal;
}

export function contextOf(host: CliHost, flags: OutputFlags): CliContext {
  return {
    host,
    printer: new Printer({
      stdout: host.stdout,
      stderr: host.stderr,
      isJson: flags.json === true,
      isQuiet: flags.quiet === true,
    }),
    store: modelStoreOf(host.environment),
    signal: host.interrupts.signal,
  };
}
