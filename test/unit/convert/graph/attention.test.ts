import assert from "node:assert/strict";
import { causalBias } from "../../../../src/engine/language/kvCache";
import { createOrtSessionFactory } from "../../../../src/engine/session/ortSession";
import {
  cpuTensor,
  floats,
  type Tensor,
  type TensorMap,
} from "../../../../src/engine/session/session";
import { attentionGraph, cachedAttentionGraph, randomRows } from "../../../helpers/attentionGraphs";
import { relativeError } from "../../../helpers/demoRun";

const factory = createOrtSessionFactory();
const sizes = { nHeads: 3, headDim: 8 };

async function run(graph: Uint8Array, feeds: TensorMap): Promise<Record<string, Tensor>> {
  const session = await factory.open(graph, { device: "cpu" });
  const outputs = await session.run(feeds);
  await session.release();
  return outputs;
}

/** Rows [begin, end) of [1, n, width]. */
function rows({ data, dims }: Tensor, begin: number, end: number): Tensor {
  const [, , width = 0] = dims;
  const part = (data as Float32Array).slice(begin * width, end * width);
  return cpuTensor(part, [1, end - begin, width]);
}

describe("attention of an accelerator", () => {
  it("is that of the CPU's operator, in parts", async () => {
    const feeds = {
      query: randomRows(sizes, 7, 1),
      key: randomRows(sizes, 40, 2),
      value: randomRows(sizes, 40, 3),
    };
    const { y: expected } = await run(attentionGraph(sizes, "cpu"), feeds);
    const { y } = await run(attentionGraph(sizes, "accelerator"), feeds);
    assert.deepEqual(y?.dims, [1, 7, 24]);
    assert.ok(relativeError(floats(y), floats(expected)) < 1e-6);
  });

  it("sees in steps what it sees at once, and nothing that comes later", async () => {
    const all = {
      query: randomRows(sizes, 9, 1),
      key: randomRows(sizes, 9, 2),
      value: randomRows(sizes, 9, 3),
    };
    const none = cpuTensor(new Float32Array(0), [1, 3, 0, 8]);
    const graph = cachedAttentionGraph(sizes);
    let cache: TensorMap = { "past.key": none, "past.value": none };
    const whole = await run(graph, { ...all, ...cache, bias: causalBias(0, 9) });
    const got: number[] = [];
    let end = 0;
    for (const count of [5, 1, 3]) {
      const begin = end;
      end += count;
      const outputs = await run(graph, {
        query: rows(all.query, begin, end),
        key: rows(all.key, begin, end),
        value: rows(all.value, begin, end),
        ...cache,
        bias: causalBias(begin, count),
      });
      got.push(...floats(outputs["y"]));
      cache = { "past.key": outputs["present.key"]!, "past.value": outputs["present.value"]! };
    }
    assert.ok(relativeError(Float32Array.from(got), floats(whole["y"])) < 1e-6);
    assert.deepEqual(cache["past.value"]?.data, whole["present.value"]?.data);
    // The first position sees only itself.
    const first = floats(rows(all.value, 0, 1));
    assert.ok(relativeError(floats(rows(whole["y"]!, 0, 1)), first) < 1e-6);
  });
});
