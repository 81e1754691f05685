/** Every derivative against central differences, and a mutant of each, which must be seen. */

import assert from "node:assert/strict";
import { createOrtSessionFactory } from "../../../../src/engine/session/ortSession";
import { cpuTensor, floats, type TensorMap } from "../../../../src/engine/session/session";
import { backward, RULES } from "../../../../src/train/grad/backward";
import { channelsLastConv } from "../../../../src/train/grad/channelsLast";
import { sizeOf, type Shape } from "../../../../src/train/grad/shapes";
import { TrainingGraph } from "../../../../src/train/grad/trainingGraph";
import type { AttributeValue } from "../../../../src/model/graph/onnxProto";
import type { Rule } from "../../../../src/train/grad/emitter";
import type { ValueName } from "../../../../src/convert/graph/graphBuilder";
import { SeededRandom } from "../../../helpers/random";

interface Case {
  readonly rule: string;
  readonly what?: string;
  /** Of the inputs that the gradient is asked for. */
  readonly shapes: readonly Shape[];
  /** Values are drawn from here. @default from -1 to 1 */
  readonly range?: readonly [low: number, high: number];
  readonly build: (op: Op, inputs: readonly ValueName[], g: TrainingGraph) => ValueName;
}

type Op = (
  opType: string,
  inputs: readonly ValueName[],
  attributes?: Readonly<Record<string, AttributeValue>>,
) => ValueName;

const unary = (rule: string, range?: Case["range"], attributes = {}): Case => ({
  rule,
  shapes: [[2, 3]],
  ...(range === undefined ? {} : { range }),
  build: (op, inputs) => op(rule, inputs, attributes),
});
const binary = (rule: string, range?: Case["range"]): Case => ({
  rule,
  what: "repeated to meet",
  shapes: [
    [2, 1, 3],
    [4, 1],
  ],
  ...(range === undefined ? {} : { range }),
  build: (op, inputs) => op(rule, inputs),
});
const reduction = (rule: string, keep: number): Case => ({
  rule,
  what: keep === 1 ? "axes kept" : "axes gone",
  shapes: [[2, 3, 4]],
  build: (op, [x = ""], g) => op(rule, [x, g.int64Constant("", [-1])], { keepdims: { int: keep } }),
});
const convolution = (stride: number, pad: number, side: number): Case => ({
  rule: "Conv",
  what: `stride ${stride}, padding ${pad}`,
  shapes: [[2, 2, side, side], [3, 2, 3, 3], [3]],
  build: (op, inputs) =>
    op("Conv", inputs, {
      kernel_shape: { ints: [3, 3] },
      strides: { ints: [stride, stride] },
      pads: { ints: [pad, pad, pad, pad] },
    }),
});

const CASES: readonly Case[] = [
  binary("Add"),
  binary("Sub"),
  binary("Mul"),
  binary("Div", [0.5, 1.5]),
  binary("Max"),
  binary("Min"),
  unary("Neg"),
  unary("Exp"),
  unary("Tanh"),
  unary("Sigmoid"),
  unary("Erf"),
  unary("Relu"),
  unary("Identity"),
  unary("Log", [0.5, 1.5]),
  unary("Sqrt", [0.5, 1.5]),
  unary("Reciprocal", [0.5, 1.5]),
  unary("Gelu", [-2, 2], { approximate: { string: "none" } }),
  unary("Gelu", [-2, 2], { approximate: { string: "tanh" } }),
  unary("Softmax", [-2, 2], { axis: { int: -1 } }),
  {
    rule: "QuickGelu",
    shapes: [[2, 3]],
    build: (_, inputs, g) =>
      g.node("/y", {
        ...{ opType: "QuickGelu", domain: "com.microsoft", inputs },
        attributes: { alpha: { float: 1.702 } },
      }),
  },
  {
    rule: "Pow",
    shapes: [[2, 3]],
    range: [0.5, 1.5],
    build: (op, [x = ""], g) => op("Pow", [x, g.floatConstant("", 3)]),
  },
  {
    rule: "Where",
    shapes: [[2, 3], [3]],
    build: (op, [a = "", b = ""], g) =>
      op("Where", [op("Greater", [a, g.floatConstant("", 0)]), a, b]),
  },
  {
    rule: "MatMul",
    what: "batches",
    shapes: [
      [2, 2, 3, 4],
      [2, 2, 4, 2],
    ],
    build: (op, inputs) => op("MatMul", inputs),
  },
  {
    rule: "MatMul",
    what: "one matrix for a batch",
    shapes: [
      [2, 3, 4],
      [4, 2],
    ],
    build: (op, inputs) => op("MatMul", inputs),
  },
  {
    rule: "Gemm",
    shapes: [[3, 4], [2, 4], [2]],
    build: (op, inputs) => op("Gemm", inputs, { transB: { int: 1 } }),
  },
  {
    rule: "Gemm",
    what: "with a matrix that is not turned",
    shapes: [[3, 4], [4, 2], [2]],
    build: (op, inputs) => op("Gemm", inputs),
  },
  {
    rule: "LayerNormalization",
    shapes: [[2, 2, 5], [5], [5]],
    build: (op, inputs) =>
      op("LayerNormalization", inputs, { axis: { int: -1 }, epsilon: { float: 0.1 } }),
  },
  {
    rule: "SimplifiedLayerNormalization",
    shapes: [[2, 2, 5], [5]],
    build: (op, inputs) =>
      op("SimplifiedLayerNormalization", inputs, {
        axis: { int: -1 },
        epsilon: { float: 0.1 },
        stash_type: { int: 1 },
      }),
  },
  ...["ReduceSum", "ReduceMean", "ReduceMax"].flatMap((rule) => [
    reduction(rule, 0),
    reduction(rule, 1),
  ]),
  {
    rule: "Reshape",
    shapes: [[2, 3, 4]],
    build: (op, [x = ""], g) => op("Reshape", [x, g.int64Constant("", [0, -1])]),
  },
  {
    rule: "Unsqueeze",
    shapes: [[2, 3]],
    build: (op, [x = ""], g) => op("Unsqueeze", [x, g.int64Constant("", [1])]),
  },
  {
    rule: "Transpose",
    shapes: [[2, 3, 4]],
    build: (op, inputs) => op("Transpose", inputs, { perm: { ints: [1, 2, 0] } }),
  },
  {
    rule: "Concat",
    shapes: [
      [2, 3],
      [2, 1],
    ],
    build: (op, inputs) => op("Concat", inputs, { axis: { int: 1 } }),
  },
  {
    rule: "Split",
    what: "one part unread",
    shapes: [[2, 5]],
    build: (op, [x = ""], g) => {
      const [, middle = "", last = ""] = g.nodes("/parts", {
        opType: "Split",
        inputs: [x, g.int64Constant("", [2, 1, 2])],
        attributes: { axis: { int: 1 } },
        outputs: 3,
      });
      return op("Mul", [middle, last]);
    },
  },
  {
    rule: "Slice",
    shapes: [[2, 5, 4]],
    build: (op, [x = ""], g) =>
      op("Slice", [
        x,
        ...[
          [1, -3],
          [4, 99],
          [1, 2],
        ].map((ints) => g.int64Constant("", ints)),
      ]),
  },
  {
    rule: "Expand",
    shapes: [[1, 3]],
    build: (op, [x = ""], g) => op("Expand", [x, g.int64Constant("", [2, 4, 3])]),
  },
  {
    rule: "Gather",
    what: "a row twice",
    shapes: [[4, 3]],
    build: (op, [x = ""], g) => op("Gather", [x, g.int64Constant("", [2, 0, 2])]),
  },
  {
    rule: "ChannelsLastConv",
    shapes: [[2, 9, 2], [3, 18], [3]],
    build: (_, [x = "", weight = "", bias = ""], g) =>
      channelsLastConv(g, "/y", { x, weight, bias }),
  },
  convolution(1, 1, 4),
  convolution(2, 0, 5),
  convolution(3, 0, 6),
];

const factory = createOrtSessionFactory();

describe("derivatives", () => {
  for (const example of CASES) {
    const { rule, what } = example;
    it(`${rule}${what === undefined ? "" : `, ${what}`}`, async () => {
      assert.ok((await errorOf(example, RULES)) < 2e-3);
      const mutant: Rule = (e, given) =>
        RULES[rule]!(e, given).map((gradient) =>
          gradient === undefined ? undefined : e.mul(gradient, e.number(1.02)),
        );
      assert.ok((await errorOf(example, { ...RULES, [rule]: mutant })) > 1e-2, "a mutant passes");
    });
  }

  it("are tried for every operator that has one", () => {
    const tried = new Set<string>(CASES.map(({ rule }) => rule));
    assert.deepEqual(
      Object.keys(RULES).filter((rule) => !tried.has(rule)),
      [],
    );
  });
});

/** How far gradients are from central differences, relative L2 over all inputs. */
async function errorOf(example: Case, rules: typeof RULES): Promise<number> {
  const { shapes, range: [low, high] = [-1, 1] } = example;
  const g = new TrainingGraph("derivative", { batch: 1 });
  const names = shapes.map((shape, i) => g.fixedInput(`x${i}`, "float32", shape));
  const op: Op = (opType, inputs, attributes = {}) => g.node("/y", { opType, inputs, attributes });
  const y = example.build(op, names, g);
  const random = new SeededRandom(11);
  const draw = (count: number): Float32Array =>
    Float32Array.from({ length: count }, () => low + (high - low) * random.next());
  // Squares, so that a gradient depends on the values that flow back.
  const weight = g.tensorConstant("weight", draw(sizeOf(g.shape(y))), g.shape(y));
  const weighted = op("Mul", [op("Mul", [y, y]), weight]);
  const axes = g.int64Constant(
    "",
    g.shape(y).map((_, axis) => axis),
  );
  const loss = op("ReduceSum", [weighted, axes], { keepdims: { int: 0 } });
  const gradients = backward(g, loss, { wanted: names, rules });
  g.result("loss", loss);
  for (const [name, value] of gradients) g.result(`grad/${name}`, value);
  const session = await factory.open(g.encode(), { device: "cpu" });
  try {
    const values = shapes.map((shape) => draw(sizeOf(shape)));
    const feeds = (): TensorMap =>
      Object.fromEntries(names.map((name, i) => [name, cpuTensor(values[i]!, shapes[i]!)]));
    const results = await session.run(feeds());
    let [square, total] = [0, 0];
    for (const [i, array] of values.entries()) {
      const gradient = floats(results[`grad/x${i}`]);
      for (const [at, value] of array.entries()) {
        const step = 4e-3;
        const lossAt = async (moved: number): Promise<number> => {
          array[at] = moved;
          return floats((await session.run(feeds()))["loss"])[0]!;
        };
        const slope = ((await lossAt(value + step)) - (await lossAt(value - step))) / (2 * step);
        array[at] = value;
        square += (slope - gradient[at]!) ** 2;
        total += slope ** 2;
      }
    }
    return Math.sqrt(square / total);
  } finally {
    await session.release();
  }
}
