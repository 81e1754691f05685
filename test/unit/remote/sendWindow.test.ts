import assert from "node:assert/strict";
import { SendWindow } from "../../../src/remote/sendWindow";
import { ServerCalls } from "../../../src/remote/serverCalls";
import { FakeClock } from "../../helpers/fakeClock";
import { askSimulated, type SimulatedServer } from "../../helpers/simulatedServer";

const MS = 60;
const SEEDS = [1, 2, 3, 4, 5, 6, 7];
const FIXED = [1, 2, 3, 4, 5, 6, 8, 12, 16];

/** How many pictures are asked about, and of whom: the more a server takes, the longer it takes to find out. */
const SERVERS: readonly (readonly [nPictures: number, SimulatedServer])[] = [
  [200, { name: "takes one at a time", nPlaces: () => 1, nQueue: 64, ms: () => MS }],
  [
    200,
    {
      name: "has one replica, and is slower the longer its queue is",
      ...{ nPlaces: () => 1, nQueue: 4 },
      ms: ({ nQueued }) => MS * (1 + 0.12 * nQueued),
    },
  ],
  [
    200,
    {
      name: "has two replicas, and is slower the longer its queue is",
      ...{ nPlaces: () => 2, nQueue: 4 },
      ms: ({ nQueued }) => MS * (1 + 0.25 * nQueued),
    },
  ],
  [200, { name: "has four replicas and a queue", nPlaces: () => 4, nQueue: 4, ms: () => MS }],
  [200, { name: "has three replicas and no queue", nPlaces: () => 3, nQueue: 0, ms: () => MS }],
  [1000, { name: "has sixteen replicas", nPlaces: () => 16, nQueue: 8, ms: () => MS }],
  [
    1000,
    {
      name: "puts together what comes at the same time",
      ...{ nPlaces: () => 12, nQueue: 64 },
      ms: ({ nRunning }) => MS * (1 + 0.06 * nRunning),
    },
  ],
  [
    200,
    {
      name: "takes all and is the slower for it, and refuses nothing",
      ...{ nPlaces: () => 64, nQueue: 0 },
      ms: ({ nRunning }) =>
        nRunning <= 3 ? MS : MS * (nRunning / 3) * (1 + 0.15 * (nRunning - 3)),
    },
  ],
  [
    400,
    {
      name: "loads its model with the first requests",
      ...{ nPlaces: () => 2, nQueue: 4 },
      ms: ({ nQueued, nowMs }) => (nowMs < 2000 ? 5 : 1) * MS * (1 + 0.25 * nQueued),
    },
  ],
  [
    600,
    {
      name: "loses two of four replicas for a while",
      nPlaces: (nowMs) => (nowMs > 3000 && nowMs < 7000 ? 2 : 4),
      nQueue: 4,
      ms: ({ nQueued }) => MS * (1 + 0.1 * nQueued),
    },
  ],
];

const medianOf = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1]!;

describe("how many requests are in flight", () => {
  for (const [nPictures, server] of SERVERS) {
    it(`brings nine tenths of the best fixed number where a server ${server.name}`, async () => {
      const rateOf = async (fixed: number): Promise<number> => {
        const runs = SEEDS.map((seed) => askSimulated(server, { seed, nPictures, fixed }));
        const figures = await Promise.all(runs);
        // Without a pause whoever is refused is lost, so such a number is none to be compared with.
        if (figures.some(({ nLost }) => nLost > 0)) return 0;
        return medianOf(figures.map(({ perSecond }) => perSecond));
      };
      const best = Math.max(...(await Promise.all(FIXED.map(rateOf))));
      const found = await Promise.all(
        SEEDS.map((seed) => askSimulated(server, { seed, nPictures })),
      );
      assert.deepEqual(
        found.map(({ nLost }) => nLost),
        SEEDS.map(() => 0),
      );
      const share = medianOf(found.map(({ perSecond }) => perSecond)) / best;
      assert.ok(share >= 0.9, `${share.toFixed(3)} of the best`);
    });
  }

  it("has Node warn of nothing where many wait with one signal", async () => {
    const warnings: Error[] = [];
    const note = (warning: Error): void => void warnings.push(warning);
    process.on("warning", note);
    const clock = new FakeClock();
    const endpoint = { name: "a", url: "https://a.example", maxParallel: 16, timeoutSeconds: 9 };
    const calls = new ServerCalls({ endpoint, clock });
    const controller = new AbortController();
    const asked = Array.from({ length: 40 }, () =>
      calls.again(controller.signal, () => new Promise(() => undefined)),
    );
    await new Promise((resolve) => setImmediate(resolve));
    controller.abort();
    process.off("warning", note);
    const waiting = await Promise.allSettled(asked.slice(2));
    assert.ok(waiting.every(({ status }) => status === "rejected"));
    assert.deepEqual(warnings, []);
  });

  const never = new AbortController().signal;

  /** As many answers as the window has places, each after its time. */
  const answerRound = async (window: SendWindow, clock: FakeClock, ms: number): Promise<void> => {
    const work = () => new Promise<void>((resolve) => clock.after(ms, resolve));
    const round = Array.from({ length: window.limit }, () =>
      window.inPlace(never, work, () => false),
    );
    await Promise.resolve();
    clock.advance(ms);
    await Promise.all(round);
  };

  it("is twice as many as long as that pays, to the most that may be", async () => {
    const clock = new FakeClock();
    const window = new SendWindow(7, () => clock.now());
    const limits = [window.limit];
    for (let nth = 0; nth < 3; nth++) {
      await answerRound(window, clock, 10);
      limits.push(window.limit);
    }
    assert.deepEqual(limits, [2, 4, 7, 7]);
  });

  it("goes back where twice as many take twice as long", async () => {
    const clock = new FakeClock();
    const window = new SendWindow(16, () => clock.now());
    await answerRound(window, clock, 10);
    assert.equal(window.limit, 4);
    await answerRound(window, clock, 20);
    assert.equal(window.limit, 2);
  });

  it("stays as it is for somebody who asks one thing after the other", async () => {
    const clock = new FakeClock();
    const window = new SendWindow(16, () => clock.now());
    for (let nth = 0; nth < 40; nth++) {
      await window.inPlace(
        never,
        () => Promise.resolve(),
        () => false,
      );
    }
    assert.equal(window.limit, 2);
  });

  it("is halved once by all that were refused together, and again by one that was sent since", async () => {
    const clock = new FakeClock();
    const window = new SendWindow(8, () => clock.now());
    for (let nth = 0; nth < 2; nth++) await answerRound(window, clock, 10);
    assert.equal(window.limit, 8);
    // What was good at four is forgotten once four are refused.
    for (const limit of [4, 2, 1, 1]) {
      const refuse = () => Promise.reject(new Error("503"));
      const refused = Array.from({ length: window.limit }, () =>
        window.inPlace(never, refuse, () => true),
      );
      await Promise.allSettled(refused);
      assert.equal(window.limit, limit);
    }
  });
});
