/**
 * Tiny graphs that show what a device can do: the operators BLIP-2 leans on, a chain of matrix
 * products to time, and one half-precision product. Data is made up but always the same.
 */

import { encodeOnnxModel, type OnnxInitializer, type OnnxNode } from "../../model/graph/onnxProto";
import { cpuTensor, type Tensor, type TensorMap } from "../session/session";

/** A graph and what to run it with. */
export interface ProbeGraph {
  readonly graph: Uint8Array;
  readonly feeds: TensorMap;
}

/**
 * How far a device may be from the CPU, as |difference| / |CPU| over all elements (relative L2).
 * Right f32 kernels differ by 1e-7, and the reference parity of the whole model needs 1e-3.
 * `accuracy_level` 4 lets a kernel round activations to int8: two right ones differ by 1e-2, and a
 * wrong one gives noise.
 */
export const CHECK_TOLERANCES: Readonly<Record<string, number>> = {
  product: 1e-3,
  int4_product: 1e-3,
  int8_product: 5e-2,
  attention: 1e-3,
  present_key: 1e-3,
  present_value: 1e-3,
};

const ROWS = 8;
/** A multiple of 128, and COLUMNS of 16: WebGPU's kernel for int8 dot products asks for both. */
const WIDTH = 256;
const COLUMNS = 64;
const HEADS = 2;
const HEAD_WIDTH = 16;
/** More positions than a subgroup has lanes: a kernel that counts them wrongly is right about a few. */
const PAST = 70;
const NEW = 3;

/**
 * A product in f32, one with int4 and one with int8 weights, and attention with a cache as the graphs of
 * accelerators have it: the outputs named in `CHECK_TOLERANCES`.
 */
export function checkGraph(): ProbeGraph {
  const random = randomNumbers();
  const heads = (positions: number): Tensor =>
    cpuTensor(random(HEADS * positions * HEAD_WIDTH), [1, HEADS, positions, HEAD_WIDTH]);
  const feeds = {
    x: cpuTensor(random(ROWS * WIDTH), [ROWS, WIDTH]),
    query: cpuTensor(random(HEADS * HEAD_WIDTH * NEW), [1, HEADS, HEAD_WIDTH, NEW]),
    ...{ key: heads(NEW), value: heads(NEW), past_key: heads(PAST), past_value: heads(PAST) },
  };
  const weight = floatInitializer("weight", [WIDTH, COLUMNS], random(WIDTH * COLUMNS));
  const int4 = quantizedProduct({ bits: 4, blockSize: 32, accuracyLevel: 0, random });
  const int8 = quantizedProduct({ bits: 8, blockSize: 128, accuracyLevel: 4, random });
  const graph = encodeOnnxModel({
    name: "check",
    nodes: [
      { name: "/product", opType: "MatMul", inputs: ["x", "weight"], outputs: ["product"] },
      int4.node,
      int8.node,
      ...attentionNodes(),
    ],
    inputs: floatValues(feeds),
    outputs: [
      { name: "product", dataType: "float32", dims: [ROWS, COLUMNS] },
      { name: int4.output, dataType: "float32", dims: [ROWS, COLUMNS] },
      { name: int8.output, dataType: "float32", dims: [ROWS, COLUMNS] },
      { name: "attention", dataType: "float32", dims: [1, HEADS, NEW, HEAD_WIDTH] },
      ...["present_key", "present_value"].map((name) => ({
        name,
        dataType: "float32" as const,
        dims: [1, HEADS, PAST + NEW, HEAD_WIDTH],
      })),
    ],
    initializers: [weight, ...int4.initializers, ...int8.initializers],
  });
  return { graph, feeds };
}

/** As in `convert/onnx/attention.ts`, with the query's heads already turned. */
function attentionNodes(): readonly OnnxNode[] {
  const node = (opType: string, inputs: string[], output: string): OnnxNode => {
    return { name: `/attention/${output}`, opType, inputs, outputs: [output] };
  };
  return [
    ...["key", "value"].map((tensor) => ({
      ...node("Concat", [`past_${tensor}`, tensor], `present_${tensor}`),
      attributes: { axis: { int: 2 } },
    })),
    node("MatMul", ["present_key", "query"], "columns"), // [1, H, T, S]
    {
      ...node("Transpose", ["columns"], "scores"),
      attributes: { perm: { ints: [0, 1, 3, 2] } },
    },
    { ...node("Softmax", ["scores"], "weights"), attributes: { axis: { int: -1 } } },
    node("MatMul", ["weights", "present_value"], "attention"),
  ];
}

const SPEED_WIDTH = 512;
const SPEED_LAYERS = 8;

/** A chain of products, [rows, 512] × [512, 512] eight times, whose rows are chosen at each run. */
export function speedGraph(): {
  readonly graph: Uint8Array;
  readonly feedsOf: (rows: number) => TensorMap;
  /** Floating-point operations of one run. */
  readonly operationsOf: (rows: number) => number;
} {
  const random = randomNumbers();
  const dims = ["rows", SPEED_WIDTH];
  const names = ["x", ...Array.from({ length: SPEED_LAYERS }, (_, layer) => `y${layer}`)];
  const last = `y${SPEED_LAYERS - 1}`;
  const scale = Math.sqrt(3 / SPEED_WIDTH); // Keeps the variance of the values from layer to layer.
  const weight = random(SPEED_WIDTH * SPEED_WIDTH).map((value) => value * scale);
  const graph = encodeOnnxModel({
    name: "speed",
    nodes: names.slice(1).map((output, layer) => ({
      name: `/layers.${layer}/MatMul`,
      opType: "MatMul",
      inputs: [names[layer] ?? "", "weight"],
      outputs: [output],
    })),
    inputs: [{ name: "x", dataType: "float32", dims }],
    outputs: [{ name: last, dataType: "float32", dims }],
    initializers: [floatInitializer("weight", [SPEED_WIDTH, SPEED_WIDTH], weight)],
  });
  return {
    graph,
    feedsOf: (rows) => ({ x: cpuTensor(random(rows * SPEED_WIDTH), [rows, SPEED_WIDTH]) }),
    operationsOf: (rows) => 2 * SPEED_LAYERS * rows * SPEED_WIDTH * SPEED_WIDTH,
  };
}

/** Sizes that fill no kernel: 64 products at a time of 16 to 64 columns. */
const SATURATION_WIDTH = 200;
const SATURATION_COLUMNS = 75;

/**
 * A product of the largest activations, 255, with the largest signed weights, 127: two of them are
 * 64,770, which is more than 16 bits hold. Every element of the result is `expected`.
 */
export function saturationGraph(): {
  readonly graph: Uint8Array;
  readonly feedsOf: (rows: number) => TensorMap;
  readonly expected: number;
} {
  const [width, columns] = [SATURATION_WIDTH, SATURATION_COLUMNS];
  const codes = new Uint8Array(width * columns).fill(127);
  const graph = encodeOnnxModel({
    name: "saturation",
    nodes: [
      {
        name: "/product",
        opType: "DynamicQuantizeMatMul",
        domain: "com.microsoft",
        inputs: ["x", "codes", "scales"],
        outputs: ["product"],
      },
    ],
    inputs: [{ name: "x", dataType: "float32", dims: ["rows", width] }],
    outputs: [{ name: "product", dataType: "float32", dims: ["rows", columns] }],
    initializers: [
      { name: "codes", dataType: "int8", dims: [width, columns], data: codes },
      floatInitializer("scales", [columns], new Float32Array(columns).fill(1 / 127)),
    ],
  });
  return {
    graph,
    feedsOf: (rows) => ({
      // The operator maps 0 to 1, of which all are the end, to 0 to 255.
      x: cpuTensor(new Float32Array(rows * width).fill(1), [rows, width]),
    }),
    expected: width,
  };
}

/** The right result of `float16Graph`, output `y`; exact in half precision. */
export const FLOAT16_RESULT: readonly number[] = [-1.5, 7.75];

/** [1, 2] × [2, 2] in half precision; inputs and outputs are f32, as in a model of precision f16. */
export function float16Graph(): ProbeGraph {
  // IEEE 754 binary16: 0.5, -2, -1, 4.875.
  const weight = Uint16Array.of(0x3800, 0xc000, 0xbc00, 0x44e0);
  const graph = encodeOnnxModel({
    name: "float16",
    nodes: [
      cast({ from: "x", to: "x_f16", dataType: FLOAT16 }),
      { name: "/MatMul", opType: "MatMul", inputs: ["x_f16", "weight"], outputs: ["y_f16"] },
      cast({ from: "y_f16", to: "y", dataType: FLOAT32 }),
    ],
    inputs: [{ name: "x", dataType: "float32", dims: [1, 2] }],
    outputs: [{ name: "y", dataType: "float32", dims: [1, 2] }],
    initializers: [
      { name: "weight", dataType: "float16", dims: [2, 2], data: new Uint8Array(weight.buffer) },
    ],
  });
  return { graph, feeds: { x: cpuTensor(Float32Array.of(1, 2), [1, 2]) } };
}

// onnx.proto: TensorProto.DataType, for the `to` of Cast.
const FLOAT32 = 1;
const FLOAT16 = 10;

function cast(of: { from: string; to: string; dataType: number }): OnnxNode {
  return {
    name: `/${of.to}/Cast`,
    opType: "Cast",
    inputs: [of.from],
    outputs: [of.to],
    attributes: { to: { int: of.dataType } },
  };
}

interface QuantizedProduct {
  readonly bits: 4 | 8;
  readonly blockSize: number;
  /** `MatMulNBits`: 0 keeps activations in f32, 4 lets the kernel round them to int8. */
  readonly accuracyLevel: 0 | 4;
  readonly random: RandomNumbers;
}

/** `x` times made-up block-quantised weights; every bit pattern is a valid weight. */
function quantizedProduct({ bits, blockSize, accuracyLevel, random }: QuantizedProduct): {
  readonly node: OnnxNode;
  readonly output: string;
  readonly initializers: readonly OnnxInitializer[];
} {
  const output = `int${bits}_product`;
  const nBlocks = WIDTH / blockSize;
  const blockBytes = (blockSize * bits) / 8;
  const packed = Uint8Array.from(random(COLUMNS * nBlocks * blockBytes), (value) =>
    Math.floor((value + 1) * 128),
  );
  const scales = random(COLUMNS * nBlocks).map((value) => (2 + value) / 2 ** bits);
  return {
    output,
    node: {
      name: `/${output}`,
      opType: "MatMulNBits",
      domain: "com.microsoft",
      inputs: ["x", `${output}.weight`, `${output}.scales`],
      outputs: [output],
      attributes: {
        K: { int: WIDTH },
        N: { int: COLUMNS },
        bits: { int: bits },
        block_size: { int: blockSize },
        accuracy_level: { int: accuracyLevel },
      },
    },
    initializers: [
      {
        name: `${output}.weight`,
        dataType: "uint8",
        dims: [COLUMNS, nBlocks, blockBytes],
        data: packed,
      },
      floatInitializer(`${output}.scales`, [COLUMNS, nBlocks], scales),
    ],
  };
}

function floatInitializer(
  name: string,
  dims: readonly number[],
  values: Float32Array,
): OnnxInitializer {
  return { name, dataType: "float32", dims, data: new Uint8Array(values.buffer) };
}

function floatValues(
  feeds: TensorMap,
): { name: string; dataType: "float32"; dims: readonly number[] }[] {
  return Object.entries(feeds).map(([name, { dims }]) => ({ name, dataType: "float32", dims }));
}

type RandomNumbers = (count: number) => Float32Array;

/** Numbers in [-1, 1) that are the same at each start (Numerical Recipes' linear congruence). */
function randomNumbers(): RandomNumbers {
  let state = 1;
  return (count) =>
    Float32Array.from({ length: count }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.fround(state / 2 ** 31 - 1);
    });
}
