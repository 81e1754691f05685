import assert from "node:assert/strict";
import path from "node:path";
import { silentLogger } from "../../../src/base/logger";
import { loadEngine } from "../../../src/engine/blip2Engine";
import { createOrtSessionFactory } from "../../../src/engine/ortSession";
import type { Session, SessionFactory, SessionOptions } from "../../../src/engine/session";
import { COLOUR, request } from "../../helpers/countedEngine";
import { CountingFactory } from "../../helpers/countingFactory";
import { kitModel } from "../../helpers/kitModel";

describe("an engine where memory is short", () => {
  /** Opens and releases of the image encoder, and whether its weights stayed in their file. */
  function watched(): { readonly factory: SessionFactory; readonly events: string[] } {
    const events: string[] = [];
    const inner = createOrtSessionFactory();
    const open = async (graph: string | Uint8Array, options: SessionOptions): Promise<Session> => {
      const session = await inner.open(graph, options);
      if (typeof graph !== "string" || path.basename(graph) !== "vision_encoder.onnx") {
        return session;
      }
      events.push(options.keepWeightsMapped === true ? "mapped" : "repacked");
      return {
        inputNames: session.inputNames,
        outputNames: session.outputNames,
        run: (feeds) => session.run(feeds),
        release: async () => {
          await session.release();
          events.push("released");
        },
      };
    };
    return { factory: { open }, events };
  }

  for (const { precision, expected } of [
    { precision: "balanced", expected: ["mapped", "released", "mapped", "released"] },
    { precision: "f32", expected: ["mapped", "released", "mapped", "released"] },
    // Blocks would be repacked at each opening.
    { precision: "int8", expected: ["repacked"] },
  ]) {
    it(`lets go of the image encoder in ${precision} as it can, and answers the same`, async () => {
      const folder = await kitModel("opt", precision);
      const { factory, events } = watched();
      const options = { folder, device: "cpu", logger: silentLogger } as const;
      const isSparing = (): Promise<boolean> => Promise.resolve(true);
      const sparing = await loadEngine({ ...options, factory, isSparing });
      const usual = await loadEngine(options);
      for (const image of ["wide.png", "tall.png", "wide.png"]) {
        const question = request("opt", { text: COLOUR, image });
        const { sequences } = await usual.generate(question);
        assert.deepEqual((await sparing.generate(question)).sequences, sequences);
      }
      assert.deepEqual(events, expected);
      await sparing.release();
      await usual.release();
    });
  }

  it("asks nobody on a device of its own", async () => {
    const engine = await loadEngine({
      ...{ folder: await kitModel("opt"), device: "webgpu", logger: silentLogger },
      factory: new CountingFactory(),
      isSparing: () => assert.fail(),
    });
    await engine.release();
  });
});
