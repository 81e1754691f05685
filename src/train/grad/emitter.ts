/** What the rules write backward nodes with. */

import type { AttributeValue } from "../../model/graph/onnxProto";
import type { ValueName } from "../../convert/graph/graphBuilder";
import { MICROSOFT } from "../../convert/graph/ops";
import { inputOf, type Shape } from "./shapes";
import type { NamedNode, TrainingGraph } from "./trainingGraph";

/**
 * The derivative of an operator: from the gradients of its outputs (nothing where none flows back) to those
 * of its inputs, in their order; nothing where none is needed or there is none.
 */
export type Rule = (
  e: Emitter,
  given: readonly (ValueName | undefined)[],
) => readonly (ValueName | undefined)[];

export class Emitter {
  readonly g: TrainingGraph;
  readonly node: NamedNode;
  readonly #isNeeded: readonly boolean[];

  constructor(
    g: TrainingGraph,
    { node, isNeeded }: { node: NamedNode; isNeeded: readonly boolean[] },
  ) {
    this.g = g;
    this.node = node;
    this.#isNeeded = isNeeded;
  }

  input(index: number): ValueName {
    return inputOf(this.node, index);
  }

  output(index: number): ValueName {
    return this.node.outputs[index] ?? "";
  }

  shape(value: ValueName): Shape {
    return this.g.shape(value);
  }

  /** The gradient of an input, if it is needed. */
  ifNeeded(index: number, make: () => ValueName): ValueName | undefined {
    return this.#isNeeded[index] === true ? make() : undefined;
  }

  op(
    opType: string,
    inputs: readonly ValueName[],
    attributes: Readonly<Record<string, AttributeValue>> = {},
  ): ValueName {
    return this.g.node(this.#path, { opType, inputs, attributes });
  }

  ops(
    opType: string,
    spec: {
      inputs: readonly ValueName[];
      outputs: number;
      attributes: Readonly<Record<string, AttributeValue>>;
    },
  ): readonly ValueName[] {
    return this.g.nodes(this.#path, { opType, ...spec });
  }

  add(a: ValueName, b: ValueName): ValueName {
    return this.op("Add", [a, b]);
  }

  sub(a: ValueName, b: ValueName): ValueName {
    return this.op("Sub", [a, b]);
  }

  mul(a: ValueName, b: ValueName): ValueName {
    return this.op("Mul", [a, b]);
  }

  div(a: ValueName, b: ValueName): ValueName {
    return this.op("Div", [a, b]);
  }

  neg(x: ValueName): ValueName {
    return this.op("Neg", [x]);
  }

  number(value: number): ValueName {
    return this.g.floatConstant("", value);
  }

  ints(values: readonly number[]): ValueName {
    return this.g.int64Constant("", values);
  }

  reshape(x: ValueName, shape: Shape): ValueName {
    const from = this.shape(x);
    if (from.length === shape.length && from.every((dim, i) => dim === shape[i])) return x;
    return this.op("Reshape", [x, this.ints(shape)]);
  }

  transpose(x: ValueName, perm: readonly number[]): ValueName {
    return this.op("Transpose", [x], { perm: { ints: perm } });
  }

  /** @param keep Whether the axes stay, with length 1. */
  sum(x: ValueName, axes: readonly number[], keep: boolean): ValueName {
    return this.op("ReduceSum", [x, this.ints(axes)], { keepdims: { int: keep ? 1 : 0 } });
  }

  meanOfLast(x: ValueName): ValueName {
    return this.op("ReduceMean", [x, this.ints([-1])], { keepdims: { int: 1 } });
  }

  zeros(shape: Shape): ValueName {
    return this.op("Expand", [this.number(0), this.ints(shape)]);
  }

  /** Sums a gradient over the axes along which its value was repeated. */
  unbroadcast(gradient: ValueName, to: Shape): ValueName {
    const from = this.shape(gradient);
    const extra = from.length - to.length;
    const axes = from.flatMap((dim, i) => (i < extra || to[i - extra] !== dim ? [i] : []));
    return this.reshape(axes.length === 0 ? gradient : this.sum(gradient, axes, true), to);
  }

  /** Sums all rows: [..., d] → [d]. */
  sumRows(x: ValueName): ValueName {
    const shape = this.shape(x);
    const width = shape.at(-1) ?? 1;
    const rows = shape.slice(0, -1).reduce((product, dim) => product * dim, 1);
    return this.sum(this.reshape(x, [rows, width]), [0], false);
  }

  /** a·b of matrices in the last two axes, either of them turned. */
  product(a: ValueName, b: ValueName, turned: { a?: boolean; b?: boolean } = {}): ValueName {
    if (this.g.device === "cpu") {
      return this.g.node(this.#path, {
        opType: "FusedMatMul",
        domain: MICROSOFT,
        inputs: [a, b],
        attributes: {
          transA: { int: turned.a === true ? 1 : 0 },
          transB: { int: turned.b === true ? 1 : 0 },
        },
      });
    }
    const turn = (x: ValueName, isTurned: boolean | undefined): ValueName => {
      if (isTurned !== true) return x;
      const rank = this.shape(x).length;
      const axes = Array.from({ length: rank }, (_, i) => i);
      return this.transpose(x, [...axes.slice(0, -2), rank - 1, rank - 2]);
    };
    return this.op("MatMul", [turn(a, turned.a), turn(b, turned.b)]);
  }

  get #path(): string {
    return `/grad${this.node.outputs[0] ?? ""}`;
  }
}
