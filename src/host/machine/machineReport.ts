/** Gets a report on the machine from a process of its own, which also survives what a driver does. */

import { type ChildProcess, execFile, type ExecFileException } from "node:child_process";
import { existsSync } from "node:fs";
import { AppError, throwIfAborted } from "../../base/errors";

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
 * @throws AppError as `noEngine` in a package without an engine, `engine.exited` when it could not be made,
 * `request.cancelled`.
 */
export async function readDiagnostics(options: DiagnosticsOptions): Promise<string> {
  const { childFile, env, signal } = options;
  if (!existsSync(childFile)) throw options.noEngine();
  const settings = {
    // The editor's own program is Electron, which is Node only when it is told to be.
    env: { ...process.env, ELECTRON_RUN_AS_NODE: "1", ...env },
    timeout: PATIENCE_MS,
    maxBuffer: MAX_BYTES,
    windowsHide: true,
  };
  throwIfAborted(signal);
  return await new Promise((resolve, reject) => {
    const args = [childFile, ARGUMENT];
    const child = execFile(process.execPath, args, settings, (error, stdout, stderr) => {
      signal.removeEventListener("abort", end);
      if (signal.aborted) reject(new AppError("request.cancelled", "The request was cancelled."));
      else if (error === null) resolve(stdout);
      else reject(failure(error, stderr));
    });
    const end = (): void => {
      endWithChildren(child);
    };
    signal.addEventListener("abort", end);
  });
}

/** The process tries devices in others. It ends those itself where there are signals to tell it. */
function endWithChildren(child: ChildProcess): void {
  if (process.platform !== "win32" || child.pid === undefined) child.kill("SIGTERM");
  else execFile("taskkill", ["/pid", String(child.pid), "/t", "/f"], { windowsHide: true });
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
