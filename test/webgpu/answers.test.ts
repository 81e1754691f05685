/**
 * A thousand answers on WebGPU, whose caches stay on the device: as many device tensors at the end as after
 * ten answers, and no cache that reaches the CPU. The kits with one layer take the software driver a tenth of
 * a second of a processor for an answer, those with three a quarter and half a second; what they do with
 * caches is the same.
 */

import assert from "node:assert/strict";
import { silentLogger } from "../../src/base/logger";
import { loadEngine } from "../../src/engine/blip2Engine";
import { PART } from "../../src/model/graph/graphContract";
import { holdDevice } from "../helpers/heldDevice";
import { kitModel } from "../helpers/kitModel";
import { askAllEvening } from "../helpers/manyAnswers";
import { WatchedFactory } from "../helpers/watchedFactory";

holdDevice();

const SLOW_MS = 1_800_000;

/**
 * Of native memory, for what the count of tensors cannot see, such as a buffer that the runtime forgets:
 * 20 kB an answer. A thousand answers grew it by 5 MB at most.
 */
const MAX_GROWTH_BYTES = 20e6;

/** Graphs that move a cache on the device: for beams, and for a question that goes on after another. */
const EVENINGS = [
  { kit: "opt-odd", nAnswers: 1000, moving: [PART.reorderCache, PART.truncateCache] },
  { kit: "t5-odd", nAnswers: 200, moving: [PART.reorderCache, PART.expandEncoderCache] },
];

describe("many answers on WebGPU", () => {
  for (const { kit, nAnswers, moving } of EVENINGS) {
    it(`leave nothing on the device, and no cache on the CPU: ${nAnswers} of ${kit}`, async () => {
      const factory = new WatchedFactory();
      const folder = await kitModel(kit);
      const engine = await loadEngine({ folder, device: "webgpu", logger: silentLogger, factory });
      const grownBytes = await askAllEvening({ kit, engine, factory, nAnswers });
      for (const part of moving) assert.ok(factory.nKeptRuns(part) >= nAnswers / 10, part);
      assert.ok(grownBytes < MAX_GROWTH_BYTES, `grew by ${grownBytes} bytes`);
      await engine.release();
      assert.equal(factory.nLive, 0);
      assert.equal(factory.nSessions, 0);
    }).timeout(SLOW_MS);
  }
});
