import assert from "node:assert/strict";
import { SendWindow } from "../../../src/remote/sendWindow";

describe("how many requests are in flight", () => {
  const grown = (): SendWindow => {
    const window = new SendWindow(16);
    for (let nth = 0; window.limit < 8 && nth < 100; nth++) window.succeeded();
    assert.equal(window.limit, 8);
    return window;
  };

  it("is one more after a round of successes, to the most that may be", () => {
    const window = new SendWindow(3);
    assert.equal(window.limit, 2);
    window.succeeded();
    assert.equal(window.limit, 2);
    for (let nth = 0; nth < 20; nth++) window.succeeded();
    assert.equal(window.limit, 3);
  });

  it("is halved once by all that were refused together, and again by one that was sent since", () => {
    const window = grown();
    const { round } = window;
    for (let nth = 0; nth < 4; nth++) window.overloaded(round);
    assert.equal(window.limit, 4);
    window.overloaded(window.round);
    assert.equal(window.limit, 2);
    for (let nth = 0; nth < 9; nth++) window.overloaded(window.round);
    assert.equal(window.limit, 1);
  });
});
