import assert from "node:assert/strict";
import { AppError, type ErrorCode } from "../../../src/base/errors";
import { RpcClient } from "../../../src/protocol/rpcClient";
import { type MemoryTransport, memoryTransportPair } from "../../../src/protocol/transport";

describe("RpcClient", () => {
  it("resolves each call with the reply of its id, in whatever order replies come", async () => {
    const { client, child, sent } = create();
    const first = client.request("convert", { checkpoint: "a", out: "b" });
    const second = client.request("convert", { checkpoint: "c", out: "d" });
    await settle();
    const [one, two] = sent.map((message) => message["id"]);
    assert.notEqual(one, two);
    child.send({ type: "reply", id: two, result: { folder: "second" } });
    child.send({ type: "reply", id: one, result: { folder: "first" } });
    assert.deepEqual(await first, { folder: "first" });
    assert.deepEqual(await second, { folder: "second" });
    assert.equal(client.nPending, 0);
  });

  it("rejects with the child's error, under a stack that names the caller", async () => {
    const { client, child } = create();
    async function askFromHere(): Promise<void> {
      await client.request("load", { model: "m", device: "cpu" });
    }
    const call = askFromHere();
    await settle();
    const error = { code: "model.corrupt", message: "m is damaged.", detail: { file: "m" } };
    child.send({ type: "failure", id: 1, error });
    await assert.rejects(call, (thrown) => {
      assert.ok(thrown instanceof AppError);
      assert.deepEqual(thrown.toWire(), error);
      assert.match(thrown.stack ?? "", /^AppError: m is damaged\.\n.*askFromHere/s);
      return true;
    });
  });

  it("hands events to the call they belong to", async () => {
    const { client, child } = create();
    const events: unknown[] = [];
    const call = client.request(
      "convert",
      { checkpoint: "a", out: "b" },
      { onText: (text) => events.push(text), onProgress: (progress) => events.push(progress) },
    );
    child.send({ type: "textEmitted", id: 1, text: "a" });
    child.send({ type: "progressed", id: 1, doneBytes: 1, totalBytes: 2 });
    child.send({ type: "reply", id: 1, result: { folder: "b" } });
    await call;
    assert.deepEqual(events, ["a", { doneBytes: 1, totalBytes: 2 }]);
  });

  it("sends a cancel, passes no more text and ends with what the child answers", async () => {
    const { client, child, sent } = create();
    const texts: string[] = [];
    const controller = new AbortController();
    const options = { signal: controller.signal, onText: (text: string) => texts.push(text) };
    const call = client.request("unload", {}, options);
    child.send({ type: "textEmitted", id: 1, text: "before" });
    await settle();
    controller.abort();
    child.send({ type: "textEmitted", id: 1, text: "after" });
    await settle();
    assert.deepEqual(sent.at(-1), { type: "cancel", id: 1 });
    assert.equal(client.nPending, 1);
    child.send({ type: "failure", id: 1, error: { code: "request.cancelled", message: "c" } });
    await rejectsWith(call, "request.cancelled");
    assert.deepEqual(texts, ["before"]);
  });

  it("sends nothing for a signal that had fired before", async () => {
    const { client, sent } = create();
    const call = client.request("unload", {}, { signal: AbortSignal.abort() });
    await rejectsWith(call, "request.cancelled");
    await settle();
    assert.deepEqual(sent, []);
  });

  it("leaves no listener on the signal when the call is over", async () => {
    const { client, child } = create();
    const signal = new CountingSignal();
    const call = client.request("unload", {}, { signal });
    assert.equal(signal.nListeners, 1);
    child.send({ type: "reply", id: 1, result: {} });
    await call;
    assert.equal(signal.nListeners, 0);
  });

  it("rejects every pending and every later call when the channel closes", async () => {
    const { client, child, closed } = create();
    const calls = [client.request("unload", {}), client.request("status", {})];
    child.close();
    for (const call of calls) await rejectsWith(call, "engine.exited");
    await rejectsWith(client.request("status", {}), "engine.exited");
    assert.deepEqual(
      closed.map((error) => error.code),
      ["engine.exited"],
    );
  });

  it("ends a cancelled call as cancelled when the child dies of it", async () => {
    const { client } = create();
    const controller = new AbortController();
    const cancelledCall = client.request("unload", {}, { signal: controller.signal });
    const otherCall = client.request("unload", {});
    controller.abort();
    client.close(new AppError("engine.timeout", "It hung."));
    await rejectsWith(cancelledCall, "request.cancelled");
    await rejectsWith(otherCall, "engine.timeout");
  });

  it("rejects a call whose result does not fit the method, and only that one", async () => {
    const { client, child, violations } = create();
    const bad = client.request("convert", { checkpoint: "a", out: "b" });
    const good = client.request("convert", { checkpoint: "a", out: "b" });
    child.send({ type: "reply", id: 1, result: { folder: 5 } });
    child.send({ type: "reply", id: 2, result: { folder: "b" } });
    await rejectsWith(bad, "protocol.violation");
    assert.deepEqual(await good, { folder: "b" });
    assert.equal(violations.length, 1);
  });

  it("rejects a call whose failure is not one", async () => {
    const { client, child } = create();
    const call = client.request("unload", {});
    child.send({ type: "failure", id: 1, error: { code: "no.such", message: "m" } });
    await rejectsWith(call, "protocol.violation");
  });

  it("reports garbage and unknown ids and goes on", async () => {
    const { client, child, violations } = create();
    const call = client.request("unload", {});
    const garbage: unknown[] = [undefined, null, 5, "x", [], {}, { type: "reply" }, { type: 7 }];
    for (const message of garbage) child.send(message);
    child.send({ type: "reply", id: 99, result: {} });
    child.send({ type: "textEmitted", id: 98, text: "late" });
    child.send({ type: "reply", id: 1, result: {} });
    await call;
    assert.equal(violations.length, garbage.length + 2);
    for (const error of violations) assert.equal(error.code, "protocol.violation");
  });

  it("rejects a request that cannot be sent", async () => {
    const { client } = create({
      send: () => {
        throw new Error("could not be cloned");
      },
    });
    await rejectsWith(client.request("unload", {}), "protocol.violation");
    assert.equal(client.nPending, 0);
  });
});

interface Created {
  readonly client: RpcClient;
  readonly child: MemoryTransport;
  /** What the client sent. */
  readonly sent: Record<string, unknown>[];
  readonly violations: AppError[];
  readonly closed: AppError[];
}

function create(overrides: { readonly send?: () => void } = {}): Created {
  const [host, child] = memoryTransportPair();
  const sent: Record<string, unknown>[] = [];
  const violations: AppError[] = [];
  const closed: AppError[] = [];
  child.onMessage((message) => sent.push(message as Record<string, unknown>));
  const client = new RpcClient({
    transport: {
      send: overrides.send ?? host.send.bind(host),
      onMessage: host.onMessage.bind(host),
      onClose: host.onClose.bind(host),
    },
    onReady: () => undefined,
    onLogged: () => undefined,
    onViolation: (error) => violations.push(error),
    onClosed: (error) => closed.push(error),
  });
  return { client, child, sent, violations, closed };
}

/** Lets every message that is on its way arrive. */
async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

async function rejectsWith(call: Promise<unknown>, code: ErrorCode): Promise<void> {
  await assert.rejects(call, (error) => error instanceof AppError && error.code === code);
}

class CountingSignal {
  readonly aborted = false;
  nListeners = 0;

  addEventListener(): void {
    this.nListeners += 1;
  }

  removeEventListener(): void {
    this.nListeners -= 1;
  }
}
