/** The life of a process beside the editor's: hello, requests, and an end with a code that says why. */

import { writeSync } from "node:fs";
import { constants, setPriority } from "node:os";
import type { Logger } from "../base/logger";
import { ipcTransport, isForked } from "./ipcTransport";
import { type LoggedMessage, PROTOCOL_VERSION, type ReadyMessage } from "../protocol/messages";
import type { Transport } from "../protocol/transport";

/** Why the process ended by itself; 64 and 70 are those of sysexits.h. */
export const CHILD_EXIT = {
  /** The host closed the channel or is gone. */
  hostGone: 0,
  /** Started by hand and not forked. */
  notForked: 64,
  /** An error that nobody caught; it is on stderr. */
  uncaught: 70,
} as const;

/**
 * Runs this process until the host is gone.
 * No handler for SIGTERM: while ONNX Runtime computes, only the default action ends the process.
 */
export function runEngineChild(
  serve: (given: { readonly transport: Transport; readonly logger: Logger }) => void,
): void {
  process.on("uncaughtException", (error) => {
    die(CHILD_EXIT.uncaught, `Uncaught: ${describe(error)}`);
  });
  process.on("unhandledRejection", (reason) => {
    die(CHILD_EXIT.uncaught, `Unhandled rejection: ${describe(reason)}`);
  });
  if (!isForked(process)) {
    die(CHILD_EXIT.notForked, "This program is started by Sightline and not by hand.");
  }
  const transport = ipcTransport(process);
  transport.onClose(() => {
    process.exit(CHILD_EXIT.hostGone);
  });
  const logger = hostLogger(transport);
  serve({ transport, logger });
  const hello = { type: "ready", protocolVersion: PROTOCOL_VERSION, pid: process.pid } as const;
  transport.send(hello satisfies ReadyMessage);
}

/** Lets whoever types come first. Threads that are started later have it too. */
export function giveWay(how: "somewhat" | "wholly"): void {
  const { PRIORITY_BELOW_NORMAL, PRIORITY_LOW } = constants.priority;
  try {
    setPriority(how === "wholly" ? PRIORITY_LOW : PRIORITY_BELOW_NORMAL);
  } catch {
    // A system may forbid it.
  }
}

/** A logger whose lines go to the host. */
function hostLogger(transport: Transport): Logger {
  const log = (level: LoggedMessage["level"]) => (message: string) => {
    transport.send({ type: "logged", level, message } satisfies LoggedMessage);
  };
  return { debug: log("debug"), info: log("info"), warn: log("warn"), error: log("error") };
}

function describe(thrown: unknown): string {
  return thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
}

function die(code: number, line: string): never {
  try {
    // Synchronous, because nothing asynchronous survives the exit.
    writeSync(process.stderr.fd, `${line}\n`);
  } catch {
    // The host has closed stderr: nobody is left to tell.
  }
  process.exit(code);
}
