/** An engine's process that says what a test writes down, through the real protocol in memory. */

import { AppError } from "../../src/base/errors";
import type { EngineProcess, ProcessExit } from "../../src/host/process/engineProcess";
import { PROTOCOL_VERSION } from "../../src/protocol/messages";
import { type MethodName, forEachMethod } from "../../src/protocol/methods";
import { type Handlers, RpcServer } from "../../src/protocol/rpcServer";
import { type MemoryTransport, memoryTransportPair } from "../../src/protocol/transport";

export class ScriptedProcess implements EngineProcess {
  static #nextPid = 5000;
  readonly pid = ScriptedProcess.#nextPid++;
  readonly transport: MemoryTransport;
  readonly exited: Promise<ProcessExit>;
  /** What was asked, oldest first. */
  readonly asked: MethodName[] = [];
  /** What was done to the process. */
  readonly kills: ("kill" | "killNow")[] = [];
  #exit: (exit: ProcessExit) => void = () => undefined;

  /** @param script the methods that are expected; any other is answered with `request.unknown`. */
  constructor(script: Partial<Handlers>) {
    const [transport, childEnd] = memoryTransportPair();
    this.transport = transport;
    this.exited = new Promise((resolve) => {
      this.#exit = resolve;
    });
    const refuse = (): Promise<never> =>
      Promise.reject(new AppError("request.unknown", "The script has no such method."));
    const unexpected: Handlers = forEachMethod(() => refuse);
    childEnd.onMessage((message) => {
      this.#note(message);
    });
    new RpcServer({
      transport: childEnd,
      handlers: { ...unexpected, ...script },
      onViolation: (error) => {
        throw error;
      },
    });
    childEnd.send({ type: "ready", protocolVersion: PROTOCOL_VERSION, pid: this.pid });
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

  #note(message: unknown): void {
    const { type, method } = message as { readonly type: string; readonly method: MethodName };
    if (type === "request") this.asked.push(method);
  }
}
