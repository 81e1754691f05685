/** The built command line as a real process. */

import assert from "node:assert/strict";
import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import path from "node:path";

/** What `node esbuild.mjs` makes of src/cli/main.ts; tests run from the project's root. */
const CLI = path.resolve("dist", "cli.js");

export interface CliOutcome {
  /** Absent when a signal ended the process. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A process that has begun; collects what it writes. */
export class CliProcess {
  readonly child: ChildProcessWithoutNullStreams;
  #stdout = "";
  #stderr = "";
  readonly #ended: Promise<CliOutcome>;

  /** @param home the store of models; no process of a test sees the user's. */
  constructor(args: readonly string[], home: string) {
    assert.ok(existsSync(CLI), `${CLI} is not built. Run "node esbuild.mjs" first.`);
    this.child = spawn(process.execPath, [CLI, ...args], {
      env: { ...process.env, SIGHTLINE_HOME: home },
    });
    this.child.stdout.setEncoding("utf8").on("data", (text: string) => {
      this.#stdout += text;
    });
    this.child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text;
    });
    // A process that ends early closes its input.
    this.child.stdin.on("error", () => undefined);
    this.#ended = once(this.child, "close").then(([exitCode, signal]) => ({
      exitCode: exitCode as number | null,
      signal: signal as NodeJS.Signals | null,
      stdout: this.#stdout,
      stderr: this.#stderr,
    }));
  }

  ended(): Promise<CliOutcome> {
    return this.#ended;
  }

  /** Waits until a stream has said something; fails when the process ends before. */
  async until(stream: "stdout" | "stderr", words: RegExp): Promise<void> {
    const text = (): string => (stream === "stdout" ? this.#stdout : this.#stderr);
    const ended = this.#ended.then((outcome) => {
      assert.match(text(), words, `the process ended: ${JSON.stringify(outcome)}`);
    });
    while (!words.test(text())) await Promise.race([once(this.child[stream], "data"), ended]);
  }
}

/** Runs a command to its end. @param input standard input, empty unless given. */
export function runCliProcess(
  args: readonly string[],
  given: { readonly home: string; readonly input?: string | Uint8Array },
): Promise<CliOutcome> {
  const running = new CliProcess(args, given.home);
  running.child.stdin.end(given.input ?? "");
  return running.ended();
}
