/// <reference lib="dom" />
import assert from "node:assert/strict";
import type { TurnStep } from "../../../../src/protocol/views/chatMessages";
import { createTurn, type TurnProps } from "../../../../webview/chat/components/turn";
import { turnOf } from "../../../helpers/chatViews";
import { freshDocument, pageBench } from "../../../helpers/pageDocument";

describe("what a turn waits for", () => {
  beforeEach(() => {
    freshDocument();
  });

  it("is named by its step, with the seconds as they pass", () => {
    const turn = openTurn();
    turn.show();
    assert.equal(turn.words(), "waiting");
    turn.show({ name: "load", elapsedMs: 0 });
    assert.equal(turn.words(), "stepLoad…");
    turn.pass(999);
    assert.equal(turn.words(), "stepLoad…");
    turn.pass(1);
    assert.equal(turn.words(), "stepLoad… 1 s");
    turn.show({ name: "look", elapsedMs: 0 });
    assert.equal(turn.words(), "stepLook…");
    turn.pass(4000);
    assert.equal(turn.words(), "stepLook… 4 s");
    turn.show({ name: "write", elapsedMs: 0 });
    turn.pass(2000);
    assert.equal(turn.words(), "stepWrite… 2 s");
  });

  it("says how much of the model is loaded, and for how long already", () => {
    const turn = openTurn();
    const step: TurnStep = { name: "load", elapsedMs: 0 };
    turn.show(step, { loadShare: 0.14 });
    assert.equal(turn.words(), "stepLoad… 14%");
    turn.pass(3000);
    assert.equal(turn.words(), "stepLoad… 14% · 3 s");
    turn.show(step, { loadShare: 0.5 });
    assert.equal(turn.words(), "stepLoad… 50% · 3 s");
  });

  it("says the share only of a load", () => {
    const turn = openTurn();
    turn.show({ name: "look", elapsedMs: 0 }, { loadShare: 0.5 });
    assert.equal(turn.words(), "stepLook…");
  });

  it("says about how long it takes, until that has proved wrong", () => {
    const turn = openTurn();
    turn.show({ name: "look", elapsedMs: 0, expectedMs: 3200 });
    assert.equal(turn.words(), "stepLook…");
    turn.pass(2000);
    assert.equal(turn.words(), "stepLook… 2 s of about 3 s");
    turn.pass(1000);
    assert.equal(turn.words(), "stepLook… 3 s");
  });

  it("goes on counting where the page was made anew", () => {
    const turn = openTurn();
    turn.show({ name: "look", elapsedMs: 7300 });
    assert.equal(turn.words(), "stepLook… 7 s");
    turn.pass(700);
    assert.equal(turn.words(), "stepLook… 8 s");
  });

  it("has one clock for each step, and none after the last", () => {
    const turn = openTurn();
    turn.show({ name: "load", elapsedMs: 0 });
    turn.show({ name: "look", elapsedMs: 0 });
    turn.pass(2000);
    assert.equal(turn.nTimers(), 1);
    turn.end();
    turn.pass(5000);
    assert.equal(turn.nTimers(), 0);
    assert.equal(turn.isShown(), false);
  });

  it("counts no more for a page that is gone", () => {
    const turn = openTurn();
    turn.show({ name: "look", elapsedMs: 0 });
    turn.remove();
    turn.pass(5000);
    assert.equal(turn.nTimers(), 0);
  });

  it("is told once for each step that lasts, and never for each second", () => {
    const turn = openTurn();
    turn.show({ name: "load", elapsedMs: 0 });
    turn.pass(400);
    turn.show({ name: "look", elapsedMs: 0 });
    turn.pass(5000);
    assert.deepEqual(turn.told(), ["t"]);
    turn.show({ name: "write", elapsedMs: 0 });
    turn.pass(5000);
    assert.deepEqual(turn.told(), ["t", "t"]);
    assert.equal(turn.live(), "off");
  });
});

/** A turn that waits, and a clock that moves by hand. */
function openTurn() {
  const bench = pageBench();
  let now = 1_000_000_000_000;
  let timers: { readonly at: number; readonly work: () => void }[] = [];
  const part = createTurn(
    {
      ...bench.context,
      now: () => now,
      after: (ms, work) => {
        timers.push({ at: now + ms, work });
      },
    },
    "t",
  );
  document.body.append(part.element);
  const root = part.element.querySelector(".waiting");
  assert.ok(root !== null);
  const update = (changes: Partial<TurnProps["turn"]>, props: Partial<TurnProps> = {}): void => {
    const turn = turnOf("t", changes);
    part.update({ turn, thumbnail: undefined, isCopied: false, loadShare: undefined, ...props });
  };
  return {
    show: (step?: TurnStep, props: Partial<TurnProps> = {}) => {
      const waiting = { state: "waiting", answer: "" } as const;
      update(step === undefined ? waiting : { ...waiting, step }, props);
    },
    end: () => {
      update({});
    },
    remove: () => {
      part.element.remove();
    },
    pass: (ms: number) => {
      const end = now + ms;
      for (;;) {
        const next = [...timers].sort((a, b) => a.at - b.at).find(({ at }) => at <= end);
        if (next === undefined) break;
        timers = timers.filter((timer) => timer !== next);
        now = next.at;
        next.work();
      }
      now = end;
    },
    words: () => root.textContent,
    isShown: () => !root.hasAttribute("hidden"),
    live: () => root.getAttribute("aria-live"),
    nTimers: () => timers.length,
    told: () =>
      bench.dispatched.flatMap((action) => (action.type === "stepLasts" ? [action.turnId] : [])),
  };
}
