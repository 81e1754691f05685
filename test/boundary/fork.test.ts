import type { CallOptions } from "../../src/protocol/rpcClient";
import assert from "node:assert/strict";
import { execFile, fork } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { AppError, type ErrorCode } from "../../src/base/errors";
import type { Logger } from "../../src/base/logger";
import { systemClock } from "../../src/host/process/clock";
import { EngineClient, type EngineClientOptions } from "../../src/host/process/engineClient";
import { DEFAULT_TIME_LIMITS } from "../../src/host/process/engineConnection";
import { type EngineProcess, forkEngine } from "../../src/host/process/engineProcess";
import type { GenerateRequest } from "../../src/model/ask/request";
import type { MethodName } from "../../src/protocol/methods";
import { isAlive, until } from "../helpers/waiting";

const helper = (name: string): string => path.join(__dirname, "..", "helpers", name);
const model = { model: "/m", device: "cpu" } as const;
const everyLimit = (ms: number): Record<MethodName, number> => {
  const limits = { ...DEFAULT_TIME_LIMITS.requestMs };
  for (const method of Object.keys(limits) as MethodName[]) limits[method] = ms;
  return limits;
};

describe("a forked engine", () => {
  const clients: EngineClient[] = [];
  const processes: EngineProcess[] = [];
  const lines: string[] = [];

  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.dispose()));
    for (const { pid } of processes.splice(0)) assert.equal(isAlive(pid ?? 0), false);
    lines.splice(0);
  });

  const start = (strange?: string, childFile = "fakeEngineChild.js"): EngineProcess => {
    const process = forkEngine({
      childFile: helper(strange === undefined ? childFile : "strangeChild.js"),
      ...(strange === undefined ? {} : { env: { STRANGE: strange } }),
      logger: collector(lines),
      clock: systemClock,
      killGraceMs: 200,
    });
    processes.push(process);
    return process;
  };

  const create = (options: Partial<EngineClientOptions> = {}): EngineClient => {
    const client = new EngineClient({
      startProcess: () => start(),
      logger: collector(lines),
      restart: { firstDelayMs: 1, maxDelayMs: 10 },
      ...options,
    });
    clients.push(client);
    return client;
  };

  it("streams an answer and passes bytes and letters of every alphabet", async () => {
    const client = create();
    await client.call("load", model);
    const texts: string[] = [];
    assert.equal(await answer(client, "bytes", { onText: (text) => texts.push(text) }), "é漢🙂");
    assert.deepEqual(texts, ["é漢🙂"]);
    assert.equal((await client.status())?.pid, processes[0]?.pid);
    assert.equal(await answer(client, "count 3"), "0 1 2 ");
  });

  it("has one heap for all its threads, unless the user has set how many", async function () {
    // Only Linux has files that tell a process's environment.
    if (process.platform !== "linux") return;
    const ours = process.env["MALLOC_ARENA_MAX"];
    for (const [given, expected] of [
      [undefined, "1"],
      ["3", "3"],
    ]) {
      delete process.env["MALLOC_ARENA_MAX"];
      if (given !== undefined) process.env["MALLOC_ARENA_MAX"] = given;
      const { pid } = start();
      const environment = (await readFile(`/proc/${pid}/environ`, "utf8")).split("\0");
      assert.ok(environment.includes(`MALLOC_ARENA_MAX=${expected}`));
    }
    if (ours === undefined) delete process.env["MALLOC_ARENA_MAX"];
    else process.env["MALLOC_ARENA_MAX"] = ours;
    for (const child of processes) {
      child.killNow();
      await child.exited;
    }
  });

  it("sends what it prints and logs to the host's log", async () => {
    const client = create();
    await client.call("load", model);
    await until(() => lines.length >= 4, "four lines");
    for (const line of ["The fake engine is there.", "[engine] a line on stderr"]) {
      assert.ok(lines.includes(`info ${line}`), lines.join("\n"));
    }
    assert.ok(lines.includes("info [engine] a line on stdout"));
  });

  it("rejects the pending call when it is killed in the middle of an answer", async () => {
    const client = create();
    await client.call("load", model);
    const call = answer(client, "endless", {
      onText: () => {
        process.kill(processes[0]?.pid ?? 0, "SIGKILL");
      },
    });
    await rejectsWith(call, "engine.exited", /signal SIGKILL/);
    assert.equal(client.state.kind, "failed");
    await client.call("load", model);
    assert.equal(await answer(client, "model"), "/m");
  });

  it("is restarted after each way to die by itself", async () => {
    const client = create();
    await client.call("load", model);
    const deaths: readonly (readonly [string, RegExp])[] = [
      ["exit", /exit code 9/],
      ["uncaught", /exit code 70/],
      ["rejection", /exit code 70/],
      ["disconnect", /exit code 0|SIGTERM/],
    ];
    for (const [death, how] of deaths) {
      await rejectsWith(answer(client, death), "engine.exited", how);
      await client.call("load", model);
      assert.equal(await answer(client, "model"), "/m");
    }
    assert.ok(lines.some((line) => line.includes("Uncaught: Error: thrown where nobody catches")));
    assert.ok(lines.some((line) => line.includes("rejected where nobody listens")));
  });

  it("is ended when it hangs, and the next call works", async () => {
    const client = create({
      limits: { ...DEFAULT_TIME_LIMITS, requestMs: everyLimit(700) },
    });
    await client.call("load", model);
    await rejectsWith(answer(client, "hang"), "engine.timeout");
    await client.call("load", model);
    assert.equal(await answer(client, "model"), "/m");
  });

  it("is ended when it hangs and does not hear a cancel", async () => {
    const client = create({ limits: { ...DEFAULT_TIME_LIMITS, cancelGraceMs: 200 } });
    await client.call("load", model);
    const controller = new AbortController();
    const call = answer(client, "hang", {
      signal: controller.signal,
      onText: () => {
        controller.abort();
      },
    });
    await rejectsWith(call, "request.cancelled");
    await client.call("load", model);
    assert.equal(await answer(client, "model"), "/m");
  });

  it("cancels the running request and one in the queue, and lives on", async () => {
    const client = create();
    await client.call("load", model);
    const running = new AbortController();
    const waiting = new AbortController();
    const first = answer(client, "endless", {
      signal: running.signal,
      onText: () => {
        waiting.abort();
      },
    });
    await rejectsWith(answer(client, "endless", { signal: waiting.signal }), "request.cancelled");
    running.abort();
    await rejectsWith(first, "request.cancelled");
    assert.equal(await answer(client, "model"), "/m");
    assert.equal(processes.length, 1);
  });

  it("may send garbage and is not believed", async () => {
    const client = create();
    await client.call("load", model);
    assert.equal(await answer(client, "garbage"), "after the garbage");
    const nIgnored = lines.filter((line) => line.includes("Ignored a message of the engine"));
    assert.equal(nIgnored.length, 11);
    assert.equal(processes.length, 1);
  });

  it("may be sent garbage and answers the next request", async () => {
    const engine = start();
    const messages: Record<string, unknown>[] = [];
    engine.transport.onMessage((message) => messages.push(message as Record<string, unknown>));
    await until(() => messages.some((message) => message["type"] === "ready"), "the hello");
    const garbage: readonly unknown[] = [
      null,
      7,
      "text",
      [],
      {},
      new Uint8Array(1_000_000),
      new Map([["type", "request"]]),
      { type: "request", id: 1, method: "explode" },
      { type: "request", id: 2, method: "generate", params: { image: "path" } },
      { type: "cancel", id: 12_345 },
      { type: "request", id: 3, method: "status", params: {} },
    ];
    for (const message of garbage) engine.transport.send(message);
    await until(() => messages.some((message) => message["type"] === "reply"), "the status");
    const failures = messages.filter((message) => message["type"] === "failure");
    assert.deepEqual(
      failures.map(({ id, error }) => [id, (error as AppError).code]),
      [
        [1, "request.unknown"],
        [2, "protocol.violation"],
      ],
    );
    engine.kill();
    await engine.exited;
  });

  it("is refused when it speaks another version", async () => {
    const client = create({ startProcess: () => start("newer") });
    await rejectsWith(client.call("load", model), "protocol.mismatch");
    assert.equal(client.state.kind, "failed");
  });

  it("is refused when it says no hello", async () => {
    const limits = { ...DEFAULT_TIME_LIMITS, helloMs: 300 };
    const client = create({ limits, startProcess: () => start("silent") });
    await rejectsWith(client.call("load", model), "engine.timeout");
  });

  it("fails the call when it exits at its start, and is tried again", async () => {
    let isBroken = true;
    const client = create({ startProcess: () => start(isBroken ? "exits" : undefined) });
    await rejectsWith(client.call("load", model), "engine.exited", /exit code 3/);
    await rejectsWith(client.call("load", model), "engine.exited", /exit code 3/);
    isBroken = false;
    assert.equal((await client.call("load", model)).name, "/m");
  });

  it("fails the call when its program is not there", async () => {
    const client = create({ startProcess: () => start(undefined, "noSuchChild.js") });
    await rejectsWith(client.call("load", model), "engine.exited", /exit code 1/);
    await until(() => lines.some((line) => line.includes("Cannot find module")), "the reason");
  });

  it("is killed when it does not end on request", async () => {
    const engine = start("stubborn");
    await new Promise<void>((resolve) => {
      engine.transport.onMessage(() => {
        resolve();
      });
    });
    engine.kill();
    assert.deepEqual(await engine.exited, { code: null, signal: "SIGKILL" });
  });

  it("ends when the host closes the channel", async () => {
    const child = fork(helper("fakeEngineChild.js"), { serialization: "advanced", silent: true });
    await once(child, "message");
    child.disconnect();
    assert.deepEqual(await once(child, "exit"), [0, null]);
  });

  it("ends when the host is killed", async () => {
    const host = fork(helper("hostChild.js"), { serialization: "advanced", silent: true });
    const [message] = (await once(host, "message")) as [{ readonly enginePid: number }];
    assert.ok(isAlive(message.enginePid));
    host.kill("SIGKILL");
    await until(() => !isAlive(message.enginePid), "the end of the orphan");
  });

  it("refuses to be started by hand", async () => {
    const child = execFile(process.execPath, [helper("fakeEngineChild.js")]);
    assert.deepEqual(await once(child, "exit"), [64, null]);
  });

  it("is ended when idle and started again by the next call", async () => {
    const client = create({ idleMs: 50 });
    await client.call("load", model);
    await until(() => client.state.kind === "stopped", "the idle end");
    await until(() => !isAlive(processes[0]?.pid ?? 0), "the end of the process");
    await client.call("load", model);
    assert.equal(await answer(client, "model"), "/m");
    assert.equal(processes.length, 2);
  });

  it("is gone with everything of it after a disposal in the middle of work", async () => {
    const client = create();
    await client.call("load", model);
    const call = rejectsWith(answer(client, "hang"), "engine.exited");
    await client.dispose();
    await call;
    assert.equal(isAlive(processes[0]?.pid ?? 0), false);
  });

  it("leaves nothing behind after a hundred restarts", async () => {
    const nListeners = (): number =>
      process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0);
    const lanes = Array.from({ length: 4 }, () => create({ restart: { firstDelayMs: 0 } }));
    await Promise.all(lanes.map((client) => client.call("load", model)));
    const before = nListeners();
    await Promise.all(
      lanes.map(async (client) => {
        for (let round = 0; round < 25; round++) {
          await rejectsWith(answer(client, "exit"), "engine.exited", /exit code 9/);
          await client.call("load", model);
          // Each client waits for the end of its old child before it starts another.
          assert.ok(processes.filter(({ pid }) => isAlive(pid ?? 0)).length <= lanes.length);
        }
        assert.equal(await answer(client, "model"), "/m");
      }),
    );
    assert.equal(processes.length, 4 + 100);
    assert.equal(nListeners(), before);
    await Promise.all(lanes.map((client) => client.dispose()));
    assert.equal(processes.filter(({ pid }) => isAlive(pid ?? 0)).length, 0);
  });
});

async function answer(
  client: EngineClient,
  text: string,
  options: CallOptions = {},
): Promise<string> {
  const params: GenerateRequest = { image: new Uint8Array(1000), prompt: { kind: "raw", text } };
  const result = await client.call("generate", params, options);
  return result.sequences[0]?.text ?? "";
}

function collector(lines: string[]): Logger {
  const log = (level: string) => (message: string) => {
    lines.push(`${level} ${message}`);
  };
  return { debug: log("debug"), info: log("info"), warn: log("warn"), error: log("error") };
}

async function rejectsWith(call: Promise<unknown>, code: ErrorCode, message = /./): Promise<void> {
  await assert.rejects(call, (error) => {
    assert.ok(error instanceof AppError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, message);
    return true;
  });
}
