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
  /** Opens and releases of the image encoder's graphs, and whether their weights stayed in the file. */
  function watched(): { readonly factory: SessionFactory; readonly events: string[] } {
    const events: string[] = [];
    const inner = createOrtSessionFactory();
    const open = async (graph: string | Uint8Array, options: SessionOptions): Promise<Session> => {
      const session = await inner.open(graph, options);
      const name = typeof graph === "string" ? path.basename(graph, ".onnx") : "";
      if (!name.startsWith("vision_encoder")) return session;
      events.push(`${options.keepWeightsMapped === true ? "mapped" : "repacked"} ${name}`);
      return {
        inputNames: session.inputNames,
        outputNames: session.outputNames,
        run: (feeds) => session.run(feeds),
        release: async () => {
          await session.release();
          events.push(`released ${name}`);
        },
      };
    };
    return { factory: { open }, events };
  }

  const inStages = [1, 2, 3].flatMap((stage) =>
    ["mapped", "released"].map((event) => `${event} vision_encoder.${stage}of3`),
  );
  for (const { precision, expected } of [
    { precision: "balanced", expected: [...inStages, ...inStages] },
    { precision: "f32", expected: [...inStages, ...inStages] },
    // Blocks would be repacked at each opening.
    { precision: "int8", expected: ["repacked vision_encoder"] },
  ]) {
    it(`holds as little of the image encoder in ${precision} as it can, and answers the same`, async () => {
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
