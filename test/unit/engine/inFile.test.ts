import assert from "node:assert/strict";
import path from "node:path";
import { silentLogger } from "../../../src/base/logger";
import { loadEngine } from "../../../src/engine/blip2Engine";
import { doProductsSaturate } from "../../../src/engine/device/products";
import { openModelFolder } from "../../../src/engine/session/modelFolder";
import { createOrtSessionFactory } from "../../../src/engine/session/ortSession";
import { PartSessions } from "../../../src/engine/session/partSessions";
import type { Session, SessionFactory, SessionOptions } from "../../../src/engine/session/session";
import { PART } from "../../../src/model/graph/graphContract";
import { COLOUR, request } from "../../helpers/countedEngine";
import { kitModel } from "../../helpers/kitModel";

describe("an engine on the CPU", () => {
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

  /** Of signed codes, which this processor may have to multiply exactly. */
  let signed: string;
  before(async () => {
    const isExact = await doProductsSaturate(createOrtSessionFactory());
    signed = isExact ? "vision_encoder.exact" : "vision_encoder";
  });

  /** The events of two pictures. */
  const inStages = (graph: string): readonly string[] => {
    const once = [1, 2, 3].flatMap((stage) =>
      ["mapped", "released"].map((event) => `${event} ${graph}.${stage}of3`),
    );
    return [...once, ...once];
  };
  for (const { precision, expected } of [
    { precision: "balanced", expected: () => inStages(signed) },
    { precision: "f32", expected: () => inStages("vision_encoder") },
    // Blocks would be repacked at each opening.
    { precision: "int8", expected: () => ["repacked vision_encoder"] },
  ]) {
    it(`holds as little of the image encoder in ${precision} as it can, and answers the same`, async () => {
      const folder = await kitModel("opt", precision);
      const { factory, events } = watched();
      const options = { folder, device: "cpu", logger: silentLogger } as const;
      const inFile = await loadEngine({ ...options, factory, inFileFromBytes: 0 });
      const usual = await loadEngine(options);
      for (const image of ["wide.png", "tall.png", "wide.png"]) {
        const question = request("opt", { text: COLOUR, image });
        const { sequences } = await usual.generate(question);
        assert.deepEqual((await inFile.generate(question)).sequences, sequences);
      }
      assert.deepEqual(events, expected());
      await inFile.release();
      await usual.release();
    });
  }

  it("holds an image encoder that is small", async () => {
    const { factory, events } = watched();
    const folder = await kitModel("opt", "balanced");
    const engine = await loadEngine({ folder, device: "cpu", logger: silentLogger, factory });
    for (const image of ["wide.png", "tall.png"]) {
      await engine.generate(request("opt", { text: COLOUR, image }));
    }
    assert.deepEqual(events, [`repacked ${signed}`]);
    await engine.release();
  });

  it("opens no stages for another device", async () => {
    const { factory, events } = watched();
    const model = await openModelFolder(await kitModel("opt", "f32"));
    const sessions = new PartSessions({
      ...{ model, device: "webgpu", inFileFromBytes: 0, outputsOnDevice: new Map() },
      // The graph for adapters runs here, too.
      factory: { open: (graph, options) => factory.open(graph, { ...options, device: "cpu" }) },
    });
    await sessions.open(PART.visionEncoder);
    assert.deepEqual(events, ["mapped vision_encoder.accelerator"]);
    await sessions.release();
  });
});
