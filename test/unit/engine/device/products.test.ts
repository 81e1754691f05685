import assert from "node:assert/strict";
import path from "node:path";
import { silentLogger } from "../../../../src/base/logger";
import { doProductsSaturate } from "../../../../src/engine/device/products";
import { saturationGraph } from "../../../../src/engine/device/probeGraphs";
import { FeatureCache } from "../../../../src/engine/picture/featureCache";
import { loadModelParts, releaseParts } from "../../../../src/engine/session/modelParts";
import { createOrtSessionFactory } from "../../../../src/engine/session/ortSession";
import {
  cpuTensor,
  floats,
  type Session,
  type SessionFactory,
  type SessionOptions,
} from "../../../../src/engine/session/session";
import { PART } from "../../../../src/model/graph/graphContract";
import { kitModel } from "../../../helpers/kitModel";

const real = createOrtSessionFactory();

const { expected: EXPECTED } = saturationGraph();

/** The CPU, with an alteration of what the tiny product should be. */
class AlteredFactory implements SessionFactory {
  nProducts = 0;
  nReleased = 0;
  readonly graphs: string[] = [];
  readonly #alter: (value: number, index: number) => number;

  constructor(alter: (value: number, index: number) => number) {
    this.#alter = alter;
  }

  async open(graph: string | Uint8Array, options: SessionOptions): Promise<Session> {
    const session = await real.open(graph, options);
    if (typeof graph === "string") {
      this.graphs.push(path.basename(graph));
      return session;
    }
    return {
      ...{ inputNames: session.inputNames, outputNames: session.outputNames },
      run: async (feeds) => {
        this.nProducts += 1;
        const { product } = await session.run(feeds);
        // Whatever this processor gives, so that the tests are the same on each.
        const values = floats(product).map((_, i) => this.#alter(EXPECTED, i));
        return { product: cpuTensor(values, product?.dims ?? []) };
      },
      release: async () => {
        this.nReleased += 1;
        await session.release();
      },
    };
  }
}

/** Two products of 255 and 127 in 16 bits. */
const saturated = (value: number): number => (value * 32767) / (2 * 255 * 127);

describe("products of signed weights", () => {
  for (const { name, alter, expected } of [
    { name: "right", alter: (value: number) => value * (1 + 1e-6), expected: false },
    { name: "cut off", alter: saturated, expected: true },
    {
      name: "cut off in the last columns only",
      alter: (value: number, i: number) => (i % 75 > 63 ? saturated(value) : value),
      expected: true,
    },
    { name: "no numbers", alter: () => NaN, expected: true },
  ]) {
    it(`are judged by what is computed: ${name}`, async () => {
      const factory = new AlteredFactory(alter);
      assert.equal(await doProductsSaturate(factory), expected);
      const { nProducts } = factory;
      assert.equal(factory.nReleased, 1);
      assert.equal(await doProductsSaturate(factory), expected);
      assert.equal(factory.nProducts, nProducts, "found out once");
    });
  }

  it("are judged again after a failure", async () => {
    let nOpened = 0;
    const factory: SessionFactory = {
      open: (graph, options) => {
        nOpened += 1;
        return nOpened === 1 ? Promise.reject(new Error("no memory")) : real.open(graph, options);
      },
    };
    await assert.rejects(doProductsSaturate(factory), /no memory/);
    await doProductsSaturate(factory);
    assert.equal(nOpened, 2);
  });

  for (const { precision, alter, exact, nProducts } of [
    { precision: "w8a8", alter: saturated, exact: true, nProducts: 1 },
    { precision: "w8a8", alter: (value: number) => value, exact: false, nProducts: 2 },
    { precision: "f32", alter: saturated, exact: false, nProducts: 0 },
  ]) {
    it(`decide how a model in ${precision} is opened, exact ${exact}`, async () => {
      const factory = new AlteredFactory(alter);
      for (const inFileFromBytes of [0, Infinity]) {
        const parts = await loadModelParts({
          folder: await kitModel("opt", precision),
          ...{ device: "cpu", factory, logger: silentLogger, inFileFromBytes },
          featureCacheOf: () => new FeatureCache(),
        });
        const encoder = await parts.sessions.open(PART.visionEncoder);
        await encoder.run({ pixel_values: pixels(parts.model.config.vision.imageSize) });
        await parts.sessions.open(PART.qformer);
        await releaseParts(parts);
      }
      assert.equal(factory.nProducts, nProducts);
      assert.ok(factory.graphs.length >= 4);
      for (const graph of factory.graphs) assert.equal(graph.includes(".exact."), exact, graph);
    });
  }
});

const pixels = (side: number) => cpuTensor(new Float32Array(3 * side ** 2), [1, 3, side, side]);
