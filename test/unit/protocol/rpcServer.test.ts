import { forEachMethod } from "../../../src/protocol/methods";
import assert from "node:assert/strict";
import { AppError } from "../../../src/base/errors";
import { type Handlers, type RequestContext, RpcServer } from "../../../src/protocol/rpcServer";
import { type MemoryTransport, memoryTransportPair } from "../../../src/protocol/transport";

const info = {
  device: "cpu",
  deviceReason: { code: "asked", device: "cpu" },
  kind: "generation",
} as const;

describe("RpcServer", () => {
  it("answers a request with the handler's result", async () => {
    const { ask } = create({ convert: ({ out }) => Promise.resolve({ folder: out }) });
    const params = { checkpoint: "a", out: "b" };
    assert.deepEqual(await ask({ type: "request", id: 3, method: "convert", params }), [
      { type: "reply", id: 3, result: { folder: "b" } },
    ]);
  });

  it("sends a handler's AppError as it is", async () => {
    const error = new AppError("image.unreadable", "Not a picture.", { detail: { file: "f" } });
    const { ask } = create({ unload: () => Promise.reject(error) });
    assert.deepEqual(await ask({ type: "request", id: 3, method: "unload", params: {} }), [
      { type: "failure", id: 3, error: error.toWire() },
    ]);
  });

  it("sends a failure whatever a handler throws, and goes on", async () => {
    const thrown: readonly unknown[] = [
      new Error("oops"),
      "a text",
      undefined,
      null,
      Symbol("s"),
      Object.create(null),
      { toString: () => assert.fail("not printable") },
    ];
    for (const value of thrown) {
      const { ask } = create({
        unload: () => {
          throw value;
        },
      });
      const [answer] = await ask({ type: "request", id: 3, method: "unload", params: {} });
      assert.equal(answer?.["type"], "failure");
      assert.equal((answer["error"] as Record<string, unknown>)["code"], "internal");
      const [status] = await ask({ type: "request", id: 4, method: "status", params: {} });
      assert.equal(status?.["type"], "reply");
    }
  });

  it("answers an unknown method and bad parameters without calling a handler", async () => {
    const { ask, violations } = create({ load: () => assert.fail("called") });
    const answers = [
      ...(await ask({ type: "request", id: 1, method: "explode", params: {} })),
      ...(await ask({ type: "request", id: 2, method: "load", params: { model: 5 } })),
      ...(await ask({ type: "neither", id: 3 })),
    ];
    assert.deepEqual(
      answers.map(({ id, error }) => [id, (error as Record<string, unknown>)["code"]]),
      [
        [1, "request.unknown"],
        [2, "protocol.violation"],
        [3, "protocol.violation"],
      ],
    );
    assert.deepEqual(violations, []);
  });

  it("reports garbage that has no id and says nothing", async () => {
    const { ask, violations } = create({});
    for (const garbage of [undefined, null, 5, "x", [], {}, new Uint8Array(4), { id: -1 }]) {
      assert.deepEqual(await ask(garbage), []);
    }
    assert.equal(violations.length, 8);
  });

  it("refuses an id that is in use, without an answer that the first would be given", async () => {
    const gate = new Gate();
    const { ask, violations } = create({
      unload: async () => {
        await gate.opened;
        return {};
      },
    });
    const request = { type: "request", id: 3, method: "unload", params: {} };
    assert.deepEqual(await ask(request), []);
    assert.deepEqual(await ask(request), []);
    assert.deepEqual(await ask({ type: "request", id: 3, method: "explode" }), []);
    assert.equal(violations.length, 2);
    gate.open();
    assert.deepEqual(await ask(null), [{ type: "reply", id: 3, result: {} }]);
  });

  it("tells a handler of its cancel and of no other", async () => {
    const cancelled: string[] = [];
    const gate = new Gate();
    const { ask } = create({
      load: async ({ model }, context) => {
        context.onCancel(() => cancelled.push(model));
        await gate.opened;
        return { ...info, name: model };
      },
    });
    const load = { type: "request", method: "load" };
    await ask({ ...load, id: 1, params: { model: "a", device: "cpu" } });
    await ask({ ...load, id: 2, params: { model: "b", device: "cpu" } });
    await ask({ type: "cancel", id: 2 });
    await ask({ type: "cancel", id: 77 });
    assert.deepEqual(cancelled, ["b"]);
    gate.open();
  });

  it("sends events while the request runs and none after its answer", async () => {
    let kept: RequestContext | undefined;
    const { ask } = create({
      unload: (_params, context) => {
        kept = context;
        context.emitText("a");
        context.emitProgress({ doneBytes: 1, totalBytes: 2 });
        return Promise.resolve({});
      },
    });
    const answers = await ask({ type: "request", id: 3, method: "unload", params: {} });
    assert.deepEqual(answers, [
      { type: "textEmitted", id: 3, text: "a" },
      { type: "progressed", id: 3, doneBytes: 1, totalBytes: 2 },
      { type: "reply", id: 3, result: {} },
    ]);
    kept?.emitText("late");
    assert.deepEqual(await ask(null), []);
  });
});

class Gate {
  open: () => void = () => undefined;
  readonly opened = new Promise<void>((resolve) => {
    this.open = resolve;
  });
}

interface Created {
  readonly host: MemoryTransport;
  /** Sends a message and gives what came back before everything was quiet. */
  readonly ask: (message: unknown) => Promise<Record<string, unknown>[]>;
  readonly violations: AppError[];
}

function create(handlers: Partial<Handlers>): Created {
  const [host, transport] = memoryTransportPair();
  const unexpected = (): Promise<never> => assert.fail("unexpected call");
  const violations: AppError[] = [];
  const status = { rssBytes: 1, pid: 2, uptimeMs: 3 };
  new RpcServer({
    transport,
    handlers: {
      ...forEachMethod(() => unexpected),
      status: () => Promise.resolve(status),
      ...handlers,
    },
    onViolation: (error) => violations.push(error),
  });
  const received: Record<string, unknown>[] = [];
  host.onMessage((message) => received.push(message as Record<string, unknown>));
  const ask = async (message: unknown): Promise<Record<string, unknown>[]> => {
    host.send(message);
    await new Promise((resolve) => setImmediate(resolve));
    return received.splice(0);
  };
  return { host, ask, violations };
}
