import assert from "node:assert/strict";
import { IO, PART } from "../../../../src/model/graph/graphContract";
import { openModelFolder } from "../../../../src/engine/session/modelFolder";
import { createOrtSessionFactory } from "../../../../src/engine/session/ortSession";
import { PartSessions } from "../../../../src/engine/session/partSessions";
import {
  cpuTensor,
  floats,
  type Session,
  type Tensor,
} from "../../../../src/engine/session/session";
import { type FreeBytes, StagedSession } from "../../../../src/engine/session/stagedSession";
import { kitModel } from "../../../helpers/kitModel";
import { SeededRandom } from "../../../helpers/random";

describe("a graph in stages", () => {
  const scalar = (value: number): Tensor => cpuTensor(Float32Array.of(value), [1]);

  /** Stages that double what they get; the last one gives features. `openCounts` is how many are open. */
  function doubling(
    nStages: number,
    failing?: number,
    {
      onRun = (): void => undefined,
      freeBytes,
    }: { onRun?: () => void; freeBytes?: FreeBytes } = {},
  ) {
    const log: string[] = [];
    let nOpen = 0;
    const stages = Array.from({ length: nStages }, (_, index) => ({
      bytes: 1e9,
      open: () => {
        nOpen += 1;
        log.push(`open ${index} of ${nOpen}`);
        const session: Session = {
          inputNames: [],
          outputNames: [],
          run: (feeds) => {
            onRun();
            if (index === failing) return Promise.reject(new Error("The device is gone."));
            const input = feeds[index === 0 ? IO.pixelValues : IO.hiddenStates];
            const output = index === nStages - 1 ? IO.imageFeatures : IO.nextHiddenStates;
            return Promise.resolve({ [output]: scalar(2 * (floats(input)[0] ?? 0)) });
          },
          release: () => {
            nOpen -= 1;
            return Promise.resolve();
          },
        };
        return Promise.resolve(session);
      },
    }));
    const session = new StagedSession({
      inputNames: [IO.pixelValues],
      outputNames: [IO.imageFeatures],
      ...{ stages, freeBytes },
    });
    return { session, log, openCount: () => nOpen };
  }

  it("hands the hidden states on, with one stage open at a time and none afterwards", async () => {
    const { session, log, openCount } = doubling(3);
    for (let run = 0; run < 2; run++) {
      const outputs = await session.run({ [IO.pixelValues]: scalar(1) });
      assert.equal(floats(outputs[IO.imageFeatures])[0], 8);
      assert.equal(openCount(), 0);
    }
    const once = ["open 0 of 1", "open 1 of 1", "open 2 of 1"];
    assert.deepEqual(log, [...once, ...once]);
  });

  it("keeps as many stages open as there is room for, and lets go when there is none", async () => {
    let free = 3.6e9;
    const freeBytes = (): Promise<number> => Promise.resolve(free);
    const { session, log, openCount } = doubling(4, undefined, { freeBytes });
    const run = async (): Promise<void> => {
      const outputs = await session.run({ [IO.pixelValues]: scalar(1) });
      assert.equal(floats(outputs[IO.imageFeatures])[0], 16);
    };
    await run();
    assert.equal(openCount(), 2);
    log.length = 0;
    free = 1.6e9;
    await run();
    // The first two are there; each of the others was opened in its turn and released.
    assert.deepEqual(log, ["open 2 of 3", "open 3 of 3"]);
    assert.equal(openCount(), 2);
    free = 1.4e9;
    await run();
    assert.equal(openCount(), 0);
    free = 9e9;
    await run();
    assert.equal(openCount(), 4);
    log.length = 0;
    await run();
    assert.deepEqual(log, []);
    await session.release();
    assert.equal(openCount(), 0);
  });

  it("lets go of a stage that fails, and keeps the others", async () => {
    const { session, openCount } = doubling(3, 1, { freeBytes: () => Promise.resolve(9e9) });
    await assert.rejects(session.run({ [IO.pixelValues]: scalar(1) }), /The device is gone/);
    assert.equal(openCount(), 1);
    await session.release();
    assert.equal(openCount(), 0);
  });

  it("lets go of the stage that fails", async () => {
    const { session, log, openCount } = doubling(3, 1);
    await assert.rejects(session.run({ [IO.pixelValues]: scalar(1) }), /The device is gone/);
    assert.equal(openCount(), 0);
    assert.deepEqual(log, ["open 0 of 1", "open 1 of 1"]);
  });

  it("stops between two stages when it is cancelled, and holds nothing", async () => {
    const stop = new AbortController();
    const { session, log, openCount } = doubling(3, undefined, {
      onRun: () => {
        stop.abort();
      },
    });
    const running = session.run({ [IO.pixelValues]: scalar(1) }, stop.signal);
    await assert.rejects(running, { code: "request.cancelled" });
    assert.equal(openCount(), 0);
    assert.deepEqual(log, ["open 0 of 1"]);
  });

  for (const kit of ["opt", "t5", "itm"] as const) {
    for (const precision of ["f32", "w8a8"]) {
      it(`gives the features of the whole image encoder to the bit, ${kit} in ${precision}`, async () => {
        const model = await openModelFolder(await kitModel(kit, precision));
        const { imageSize } = model.config.vision;
        const random = new SeededRandom(7);
        const pixels = Float32Array.from({ length: 3 * imageSize ** 2 }, () => random.next() - 0.5);
        const features = async (inFileFromBytes: number): Promise<Float32Array> => {
          const sessions = new PartSessions({
            ...{ model, factory: createOrtSessionFactory(), device: "cpu", inFileFromBytes },
            outputsOnDevice: new Map(),
          });
          const session = await sessions.open(PART.visionEncoder);
          const outputs = await session.run({
            [IO.pixelValues]: cpuTensor(pixels, [1, 3, imageSize, imageSize]),
          });
          await sessions.release();
          return floats(outputs[IO.imageFeatures]);
        };
        const whole = await features(Infinity);
        assert.ok(whole.some((value) => value !== 0));
        assert.deepEqual(await features(0), whole);
      });
    }
  }
});
