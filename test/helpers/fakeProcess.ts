/** An engine's process that is not one: the real server on a channel in memory. */

import { silentLogger } from "../../src/base/logger";
import type { EnginePort } from "../../src/child/enginePort";
import { serveEngine } from "../../src/child/engineServer";
import type { EngineProcess, ProcessExit } from "../../src/host/process/engineProcess";
import { PROTOCOL_VERSION } from "../../src/protocol/messages";
import { type MemoryTransport, memoryTransportPair } from "../../src/protocol/transport";

export interface FakeProcessOptions {
  readonly engine: EnginePort;
  /** @default PROTOCOL_VERSION */
  readonly protocolVersion?: number;
  /** Never says hello. @default false */
  readonly isSilent?: boolean;
}

export class FakeProcess implements EngineProcess {
  static #nextPid = 1000;
  readonly pid = FakeProcess.#nextPid++;
  readonly transport: MemoryTransport;
  /** The child's end, for tests that say something strange on it. */
  readonly childEnd: MemoryTransport;
  readonly exited: Promise<ProcessExit>;
  /** What was done to the process. */
  readonly kills: ("kill" | "killNow")[] = [];
  #exit: (exit: ProcessExit) => void = () => undefined;

  constructor(options: FakeProcessOptions) {
    [this.transport, this.childEnd] = memoryTransportPair();
    this.exited = new Promise((resolve) => {
      this.#exit = resolve;
    });
    serveEngine({ transport: this.childEnd, engine: options.engine, logger: silentLogger });
    if (options.isSilent === true) return;
    const protocolVersion = options.protocolVersion ?? PROTOCOL_VERSION;
    this.childEnd.send({ type: "ready", protocolVersion, pid: this.pid });
  }

  kill(): void {
    this.kills.push("kill");
    this.crash({ code: null, signal: "SIGTERM" });
  }

  killNow(): void {
    this.kills.push("killNow");
    this.crash({ code: null, signal: "SIGKILL" });
  }

  /** Ends as if by itself. */
  crash(exit: ProcessExit = { code: 70, signal: null }): void {
    this.transport.close();
    this.#exit(exit);
  }
}
