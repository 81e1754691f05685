/** Graphs of one attention each, on random queries, keys and values. */

import { DataFilePlan } from "../../src/convert/weights/dataFile";
import { attention, cachedAttention } from "../../src/convert/graph/attention";
import { GraphBuilder, type GraphTarget } from "../../src/convert/graph/graphBuilder";
import { cpuTensor, type Tensor } from "../../src/engine/session/session";
import { SeededRandom } from "./random";

export interface AttentionSizes {
  readonly nHeads: number;
  readonly headDim: number;
}

/** `query`, `key` and `value` [1, S or T, H·D] → `y`, without a cache. */
export function attentionGraph(sizes: AttentionSizes, target: GraphTarget): Uint8Array {
  const g = new GraphBuilder("attention", new DataFilePlan("none"), target);
  const inputs = inputsOf(g, sizes);
  const y = attention(g, "/attention", { ...inputs, ...sizes });
  return finished(g, y);
}

/** The same with `bias` [1, 1, S, T], and `past.key` and `past.value` that become `present.*`. */
export function cachedAttentionGraph(sizes: AttentionSizes): Uint8Array {
  const { nHeads, headDim } = sizes;
  const g = new GraphBuilder("attention", new DataFilePlan("none"), "accelerator");
  const inputs = inputsOf(g, sizes);
  const kept = (when: string): { key: string; value: string } => {
    return { key: `${when}.key`, value: `${when}.value` };
  };
  const past = kept("past");
  for (const name of Object.values(past)) {
    g.input(name, "float32", [1, nHeads, "past", headDim]);
  }
  const bias = g.input("bias", "float32", [1, 1, "queries", "total"]);
  const present = kept("present");
  const y = cachedAttention(g, "/attention", { ...inputs, ...sizes, bias, past, present });
  for (const name of Object.values(present)) {
    g.output(name, "float32", [1, nHeads, "total", headDim]);
  }
  return finished(g, y);
}

function inputsOf(
  g: GraphBuilder,
  { nHeads, headDim }: AttentionSizes,
): { query: string; key: string; value: string } {
  const width = nHeads * headDim;
  return {
    query: g.input("query", "float32", [1, "queries", width]),
    key: g.input("key", "float32", [1, "keys", width]),
    value: g.input("value", "float32", [1, "keys", width]),
  };
}

function finished(g: GraphBuilder, y: string): Uint8Array {
  g.node("/out", { opType: "Identity", inputs: [y], outputs: ["y"] });
  g.output("y", "float32", [1, "queries", "width"]);
  return g.encode();
}

/** Normally distributed rows [1, n, H·D]. */
export function randomRows({ nHeads, headDim }: AttentionSizes, n: number, seed: number): Tensor {
  const random = new SeededRandom(seed);
  const width = nHeads * headDim;
  const values = Float32Array.from({ length: n * width }, () => {
    const radius = Math.sqrt(-2 * Math.log(1 - random.next()));
    return radius * Math.cos(2 * Math.PI * random.next());
  });
  return cpuTensor(values, [1, n, width]);
}
