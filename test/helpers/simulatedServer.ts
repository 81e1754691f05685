/** Servers in a time of their own: as many places as they have, a queue, refusals beyond it, and how fast they are. */

import { inOrder } from "../../src/base/inOrder";
import { ServerCalls } from "../../src/remote/serverCalls";
import { ServerFailure } from "../../src/remote/serverRequest";
import { FakeClock } from "./fakeClock";
import { SeededRandom } from "./random";

export interface ServerLoad {
  readonly nRunning: number;
  readonly nQueued: number;
  readonly nowMs: number;
}

export interface SimulatedServer {
  readonly name: string;
  /** Requests that it works on at once. */
  readonly nPlaces: (nowMs: number) => number;
  /** Requests that may wait; whoever comes then is refused. */
  readonly nQueue: number;
  /** What a request takes that begins now. */
  readonly ms: (load: ServerLoad) => number;
}

export interface SimulatedRun {
  readonly seed: number;
  readonly nPictures: number;
  /** This many in flight. @default the window finds out */
  readonly fixed?: number;
}

export interface SimulatedFigures {
  readonly perSecond: number;
  readonly nLost: number;
  readonly nRefused: number;
}

const PREPARE_MS = 5;
const REFUSE_MS = 1;
/** Answers are as long as they are: half as much again, or half of it. */
const SPREAD = 0.5;
const MAX_PARALLEL = 16;

/** Asks about pictures as the program does, in their order. */
export async function askSimulated(
  server: SimulatedServer,
  { seed, nPictures, fixed }: SimulatedRun,
): Promise<SimulatedFigures> {
  const clock = new FakeClock();
  const random = new SeededRandom(seed);
  const running = new RunningServer(server, clock, random);
  const endpoint = {
    ...{ name: "simulated", url: "http://127.0.0.1:1", timeoutSeconds: 120 },
    maxParallel: MAX_PARALLEL,
  };
  const calls = new ServerCalls({ endpoint, clock, random: () => random.next() });
  const { signal } = new AbortController();
  let nLost = 0;
  const ask = async (): Promise<void> => {
    await new Promise<void>((resolve) => clock.after(PREPARE_MS, resolve));
    if (fixed === undefined) await calls.again(signal, () => running.ask());
    else await running.ask();
  };
  const work = () =>
    ask().catch(() => {
      nLost++;
    });
  const atOnce = () => fixed ?? calls.atOnce;
  const all = (async () => {
    const results = inOrder(Array(nPictures).keys(), work, atOnce);
    while ((await results.next()).done !== true);
  })();
  await untilDone(all, clock);
  return { perSecond: (1000 * nPictures) / clock.now(), nLost, nRefused: running.nRefused };
}

/** Lets go on what can, and moves the time on when nothing can. */
async function untilDone(work: Promise<void>, clock: FakeClock): Promise<void> {
  const done = work.then(() => true);
  for (;;) {
    const idle = new Promise<false>((resolve) => {
      setImmediate(resolve, false);
    });
    if (await Promise.race([done, idle])) return;
    if (!clock.ring()) throw new Error("Nothing happens any more.");
  }
}

class RunningServer {
  readonly #server: SimulatedServer;
  readonly #clock: FakeClock;
  readonly #random: SeededRandom;
  readonly #queue: (() => void)[] = [];
  #nRunning = 0;
  nRefused = 0;

  constructor(server: SimulatedServer, clock: FakeClock, random: SeededRandom) {
    this.#server = server;
    this.#clock = clock;
    this.#random = random;
  }

  ask(): Promise<void> {
    if (!this.#isFree && this.#queue.length >= this.#server.nQueue) {
      this.nRefused++;
      const refusal = new ServerFailure("overload", "It answered with 503.", { status: 503 });
      return new Promise((_, reject) => {
        this.#clock.after(REFUSE_MS, () => {
          reject(refusal);
        });
      });
    }
    return new Promise((resolve) => {
      this.#queue.push(resolve);
      this.#work();
    });
  }

  get #isFree(): boolean {
    return this.#nRunning < this.#server.nPlaces(this.#clock.now());
  }

  #work(): void {
    while (this.#isFree) {
      const answer = this.#queue.shift();
      if (answer === undefined) return;
      this.#nRunning++;
      const load = { nRunning: this.#nRunning, nQueued: this.#queue.length };
      const ms = this.#server.ms({ ...load, nowMs: this.#clock.now() });
      this.#clock.after(ms * (1 + SPREAD * (2 * this.#random.next() - 1)), () => {
        this.#nRunning--;
        answer();
        this.#work();
      });
    }
  }
}
