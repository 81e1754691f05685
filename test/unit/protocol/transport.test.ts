import assert from "node:assert/strict";
import { memoryTransportPair } from "../../../src/protocol/transport";

describe("memoryTransportPair", () => {
  it("delivers in order, later, to the other end only", async () => {
    const [left, right] = memoryTransportPair();
    const received: unknown[] = [];
    left.onMessage((message) => received.push(["left", message]));
    right.onMessage((message) => received.push(["right", message]));
    left.send(1);
    left.send(2);
    right.send(3);
    assert.deepEqual(received, []);
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(received, [
      ["right", 1],
      ["right", 2],
      ["left", 3],
    ]);
  });

  it("tells both ends of a close once, and drops what was on its way", async () => {
    const [left, right] = memoryTransportPair();
    const events: string[] = [];
    left.onClose(() => events.push("left"));
    right.onClose(() => events.push("right"));
    right.onMessage(() => events.push("message"));
    left.send(1);
    left.close();
    right.close();
    right.send(2);
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(events, ["left", "right"]);
  });
});
