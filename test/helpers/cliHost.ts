/** A process for commands that run inside the test's own: streams in memory, folders of the test. */

import path from "node:path";
import { Readable } from "node:stream";
import { contextOf, type CliContext, type CliHost } from "../../src/cli/terminal/cliContext";
import type { OutputFlags } from "../../src/cli/terminal/flags";
import { Interrupts } from "../../src/cli/terminal/interrupts";
import type { TextSink } from "../../src/cli/terminal/text";

/** Keeps what is written. */
export class MemorySink implements TextSink {
  readonly isTTY: boolean;
  text = "";

  constructor({ isTTY = false }: { readonly isTTY?: boolean } = {}) {
    this.isTTY = isTTY;
  }

  write(text: string): void {
    this.text += text;
  }
}

export interface TestHost extends CliHost {
  readonly stdout: MemorySink;
  readonly stderr: MemorySink;
}

/** @param given what the test cares about; the rest is empty. */
export function testHost(given: Partial<TestHost> & { readonly home?: string } = {}): TestHost {
  const { home = "/nonexistent/home", ...rest } = given;
  return {
    stdin: () => Readable.from([]),
    stdout: new MemorySink(),
    stderr: new MemorySink(),
    environment: { env: { SIGHTLINE_HOME: home }, platform: "linux", homeDir: home },
    interrupts: new Interrupts(),
    demoCheckpoint: "/nonexistent/demo",
    catalogFile: path.resolve("models", "catalog.json"),
    version: "0.0.0",
    ...rest,
  };
}

export function testContext(host: CliHost, flags: OutputFlags = {}): CliContext {
  return contextOf(host, flags);
}
