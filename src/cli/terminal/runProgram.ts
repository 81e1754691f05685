/** Another program of Node, run to its end. */

import { spawn } from "node:child_process";
import type { EndedProgram } from "./cliContext";

/** What is kept of what it says; failures stand at the end. */
const KEPT_CHARACTERS = 4000;

/**
 * Runs a program and gives what it said on standard error; standard output is dropped.
 * @param args its file and arguments.
 * @param signal asks it to end, as Ctrl-C does.
 */
export function runProgram(args: readonly string[], signal: AbortSignal): Promise<EndedProgram> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"] });
    const stop = (): void => void child.kill("SIGINT");
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr = (stderr + text).slice(-KEPT_CHARACTERS);
    });
    child.once("error", reject).once("close", (code) => {
      signal.removeEventListener("abort", stop);
      resolve({ exitCode: code ?? 1, stderr });
    });
  });
}
