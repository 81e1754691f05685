/** Gets a report on the machine from a process of its own, which also survives what a driver does. */

import { execFile, type ExecFileException } from "node:child_process";
import { existsSync } from "node:fs";
import { AppError } from "../base/errors";

export interface DiagnosticsOptions {
  /** The bundled program of the child. */
  readonly childFile: string;
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** What a package of the extension without an engine says. */
  readonly noEngine: () => AppError;
}

/** What the child's program takes as its first argument. */
const ARGUMENT = "doctor";
/** Three devices of a minute each, and slow disks. */
const PATIENCE_MS = 300_000;
/** A report has some kB. */
const MAX_BYTES = 1 << 20;

/**
 * The report for people.
 * @throws AppError as `noEngine` in a package without an engine, `engine.exited` when it could not be made, `request.cancelled`.
 */
export async function readDiagnostics(options: DiagnosticsOptions): Promise<string> {
  const { childFile, env, signal } = options;
  if (!existsSync(childFile)) throw options.noEngine();
  const settings = {
    // The editor's own program is Electron, which is Node only when it is told to be.
    env: { ...process.env, ELECTRON_RUN_AS_NODE: "1", ...env },
    ...{ timeout: PATIENCE_MS, maxBuffer: MAX_BYTES, windowsHide: true, signal },
  };
  return await new Promise((resolve, reject) => {
    execFile(process.execPath, [childFile, ARGUMENT], settings, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else if (signal.aborted) {
        reject(new AppError("request.cancelled", "The request was cancelled."));
      } else reject(failure(error, stderr));
    });
  });
}

function failure(cause: ExecFileException, stderr: string): AppError {
  const end = cause.signal ?? `the exit code ${cause.code ?? "unknown"}`;
  const last = stderr.trim().split("\n").at(-1) ?? "";
  return new AppError(
    "engine.exited",
    `The report could not be made: its process ended with ${end}. ${last}`.trim(),
    { cause },
  );
}
