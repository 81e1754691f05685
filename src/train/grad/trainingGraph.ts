/**
 * A graph that learns. The builders of `src/convert` write their nodes into it as into any other; here each
 * tensor of the checkpoint is an input, in the checkpoint's own shape and order, so that its gradient has that
 * shape too and no new weight needs another graph. All sizes are known.
 */

import { defined, invariant } from "../../base/assert";
import { AppError } from "../../base/errors";
import {
  GraphBuilder,
  type NodeSpec,
  type TrainingWeights,
  type ValueName,
} from "../../convert/graph/graphBuilder";
import type { OnnxDataType, OnnxInitializer } from "../../model/graph/onnxProto";
import type { WeightSource } from "../../convert/checkpoint/weightSource";
import type { DataEntry, DataFilePlan } from "../../convert/weights/dataFile";
import { plainEntry } from "../../convert/weights/weightEntries";
import { frozenMatrix, type FrozenMatrix } from "./frozenMatrix";
import { outputShapes, sizeOf, type Known, type Shape } from "./shapes";

/** What runs the graph. */
export type TrainingDevice = "cpu" | "accelerator";

/** A node whose outputs have names. */
export interface NamedNode extends NodeSpec {
  readonly outputs: readonly ValueName[];
}

/** @param sizes Lengths of the axes that builders name, such as "sequence". */
export interface TrainingGraphOptions {
  readonly batch: number;
  readonly sizes?: Readonly<Record<string, number>>;
  readonly device?: TrainingDevice;
}

export class TrainingGraph extends GraphBuilder implements Known {
  override readonly training: TrainingWeights;
  /** DequantizeLinear takes blocks since then. */
  override readonly opset = 21;
  readonly device: TrainingDevice;
  /** Samples at a time: what a leading 1 of an input means. */
  batch: number;
  /** Values that count as constants. */
  readonly stopped = new Set<ValueName>();
  /** Inputs of whole numbers, which accelerators read but do not convert from 64 bits: there they have 32. */
  readonly narrow = new Set<ValueName>();
  #sizes: Readonly<Record<string, number>>;
  #prefix = "";
  readonly #nodes: NamedNode[] = [];
  readonly #shapes = new Map<ValueName, Shape>();
  readonly #ints = new Map<ValueName, readonly number[]>();
  readonly #parameters = new Map<string, Shape>();
  readonly #parts = new Map<string, ValueName>();
  /** The file of a part that only computes, while it is being written. */
  #frozen: DataFilePlan | undefined;
  /** Matrices that are worked out anew where they are read again. */
  readonly #anew = new Map<ValueName, (after: ValueName) => ValueName>();

  constructor(name: string, { batch, sizes = {}, device = "cpu" }: TrainingGraphOptions) {
    // The operators of accelerators are those that have derivatives.
    super(name, undefined, "accelerator");
    this.device = device;
    this.batch = batch;
    this.#sizes = sizes;
    this.training = {
      batch,
      parameter: (path, source, dims) => this.#parameter(path, source, dims),
      linear: (path, x, spec) => this.#linear(path, x, spec),
    };
  }

  /** The tensors of the checkpoint that the graph reads, with their shapes. */
  get parameters(): ReadonlyMap<string, Shape> {
    return this.#parameters;
  }

  /** In the order in which they run. */
  get allNodes(): readonly NamedNode[] {
    return this.#nodes;
  }

  shape(value: ValueName): Shape {
    const shape = this.#shapes.get(value);
    invariant(shape !== undefined, `No node gives ${value}.`);
    return shape;
  }

  ints(value: ValueName): readonly number[] {
    const ints = this.#ints.get(value);
    invariant(ints !== undefined, `${value} is no constant of integers.`);
    return ints;
  }

  /**
   * Builders name their inputs by what they are, and several passes have the same ones: within `make` they get
   * names below `prefix`, and axes these lengths.
   */
  within<T>(prefix: string, sizes: Readonly<Record<string, number>>, make: () => T): T {
    const before = { prefix: this.#prefix, sizes: this.#sizes };
    this.#prefix = `${prefix}/`;
    this.#sizes = { ...before.sizes, ...sizes };
    try {
      return make();
    } finally {
      this.#prefix = before.prefix;
      this.#sizes = before.sizes;
    }
  }

  /**
   * Within `make` weights are those of a converted model's part, read from its file as the model reads them, whatever
   * their precision; nothing of them can be trained.
   * @param data Planned for the same part.
   */
  frozen<T>(data: DataFilePlan, make: () => T): T {
    const before = this.#frozen;
    const { bytes } = data;
    this.#frozen = data;
    try {
      return make();
    } finally {
      this.#frozen = before;
      invariant(data.bytes === bytes, `${data.fileName} has no place for a weight of this graph.`);
    }
  }

  /** Weights of a part that only computes; parts have the same names. */
  override weights(
    entry: DataEntry,
    retyped: (initializer: OnnxInitializer) => OnnxInitializer = (same) => same,
  ): readonly ValueName[] {
    const data = defined(this.#frozen, "The file of a frozen part");
    return data.place(entry).map((placed) => {
      const name = `${data.fileName}${placed.name}`;
      return this.constantOf({ ...retyped(placed), name });
    });
  }

  /** A constant whose shape is known from then on. */
  constantOf(initializer: OnnxInitializer): ValueName {
    this.#shapes.set(initializer.name, initializer.dims);
    return this.constant(initializer);
  }

  /** A matrix for a second reader, which may have to wait for it until `after` is there. */
  anew(matrix: ValueName, after: ValueName): ValueName {
    return this.#anew.get(matrix)?.(after) ?? matrix;
  }

  /** A leading 1 is the batch, because a graph for answers takes one picture. */
  override input(
    name: ValueName,
    dataType: OnnxDataType,
    dims: readonly (number | string)[],
  ): ValueName {
    const shape = dims.map((dim, i) => {
      if (typeof dim === "number") return i === 0 && dim === 1 ? this.batch : dim;
      const size = dim === "batch" ? this.batch : this.#sizes[dim];
      invariant(size !== undefined, `The length of the axis "${dim}" is not given.`);
      return size;
    });
    return this.fixedInput(this.#prefix + name, dataType, shape);
  }

  /** An input of exactly this shape. */
  fixedInput(name: ValueName, dataType: OnnxDataType, shape: Shape): ValueName {
    if (!this.#shapes.has(name)) {
      this.#shapes.set(name, shape);
      const isNarrow = dataType === "int64" && this.device === "accelerator";
      if (isNarrow) this.narrow.add(name);
      super.input(name, isNarrow ? "int32" : dataType, shape);
    }
    return name;
  }

  /** Parts of the model name outputs of their own; which there are is said with `result`. */
  override output(): void {
    return;
  }

  /** Makes a value an output of the graph. */
  result(name: ValueName, value: ValueName, dataType: OnnxDataType = "float32"): void {
    this.node(`/result/${name}`, { opType: "Identity", inputs: [value], outputs: [name] });
    super.output(name, dataType, this.shape(name));
  }

  override nodes(path: string, given: NodeSpec): readonly ValueName[] {
    const spec = this.#withStatistics(given);
    const outputs = super.nodes(path, spec);
    const inputs = spec.inputs.filter((value) => value !== "");
    const node = { ...spec, inputs, outputs };
    this.#nodes.push(node);
    outputShapes(node, this, outputs.length).forEach((shape, i) => {
      this.#shapes.set(outputs[i] ?? "", shape);
    });
    return outputs;
  }

  /** The mean and 1/σ of each row, which the way back needs; on WebGPU such outputs have been wrong. */
  #withStatistics(spec: NodeSpec): NodeSpec {
    const isNorm = spec.opType === "LayerNormalization" && spec.outputs === undefined;
    return isNorm && this.device === "cpu" ? { ...spec, outputs: 3 } : spec;
  }

  /** Passes share the paths of their nodes, so a constant goes by its value. */
  override int64Constant(_path: string, values: readonly number[]): ValueName {
    const name = super.int64Constant(`/ints/${values.join()}`, values);
    this.#shapes.set(name, [values.length]);
    this.#ints.set(name, values);
    return name;
  }

  override floatConstant(_path: string, value: number): ValueName {
    const name = super.floatConstant(`/float/${value}`, value);
    this.#shapes.set(name, []);
    return name;
  }

  /** Numbers of any shape that the graph holds. */
  tensorConstant(name: ValueName, data: Float32Array, dims: Shape): ValueName {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return this.constantOf({ name, dataType: "float32", dims, data: bytes });
  }

  /**
   * Writes nodes that count as one operator with a derivative of its own: the way back does not look into them.
   * @param make gives the operator's outputs; what its derivative reads again is among them.
   */
  asOne(spec: NodeSpec, make: () => readonly ValueName[]): ValueName {
    const begin = this.#nodes.length;
    const outputs = make();
    this.#nodes.splice(begin, Infinity, { ...spec, outputs });
    return defined(outputs[0], `The result of ${spec.opType}`);
  }

  /**
   * The same value, through which no gradient flows back.
   * @see backward
   */
  stopGradient(path: string, value: ValueName): ValueName {
    const stopped = this.node(`${path}/stopped`, { opType: "Identity", inputs: [value] });
    this.stopped.add(stopped);
    return stopped;
  }

  /** A trained scalar that no builder knows, such as the temperature. */
  scalarParameter(name: string): ValueName {
    this.#parameters.set(name, []);
    return this.fixedInput(name, "float32", []);
  }

  #parameter(path: string, source: WeightSource, dims: readonly number[]): ValueName {
    if (this.#frozen !== undefined) {
      const [value = ""] = this.weights(plainEntry(path, source, { dims, storage: "float32" }));
      return value;
    }
    const value = this.#valueOf(path, source);
    const shape = this.shape(value);
    const isSame = shape.length === dims.length && shape.every((dim, i) => dim === dims[i]);
    if (isSame) return value;
    const key = `${value} as ${dims.join()}`;
    const made = this.#parts.get(key) ?? this.#reshape(path, value, dims);
    this.#parts.set(key, made);
    return made;
  }

  /** A tensor in its own shape, whatever is made of tensors as rows × cols. */
  #valueOf(path: string, source: WeightSource): ValueName {
    const { form, rows, cols } = source;
    const matrix = (part: WeightSource): ValueName =>
      this.#parameter(path, part, [part.rows, part.cols]);
    switch (form?.kind) {
      case "tensor": {
        const { name, shape } = form.tensor;
        this.#parameters.set(name, shape);
        return this.fixedInput(name, "float32", shape);
      }
      case "same":
        return this.#parameter(path, form.of, [rows, cols]);
      case "stack": {
        const inputs = form.of.map(matrix);
        return this.#once(`stack ${inputs.join(" ")}`, () =>
          this.node(`${path}/stack`, {
            opType: "Concat",
            inputs,
            attributes: { axis: { int: 0 } },
          }),
        );
      }
      case "take": {
        const [first = ""] = this.#splitRows(path, matrix(form.of), rows);
        return first;
      }
      case "skip": {
        const [, rest = ""] = this.#splitRows(path, matrix(form.of), form.skipped);
        return rest;
      }
      case "addToFirst": {
        const [first = "", rest = ""] = this.#splitRows(path, matrix(form.of), 1);
        return this.#once(`addToFirst ${first}`, () => {
          const inputs = [first, matrix(form.row)];
          const sum = this.node(`${path}/first`, { opType: "Add", inputs });
          const attributes = { axis: { int: 0 } };
          return this.node(path, { opType: "Concat", inputs: [sum, rest], attributes });
        });
      }
      case "zeros":
        return this.tensorConstant(`/zeros/${rows}x${cols}`, new Float32Array(rows * cols), [
          rows,
          cols,
        ]);
      case undefined:
        throw new AppError("internal", `${path} cannot be trained: it is worked out of others.`);
    }
  }

  #splitRows(path: string, value: ValueName, count: number): readonly ValueName[] {
    const rows = this.shape(value)[0] ?? 0;
    const first = this.#once(`rows ${value} ${count}`, () => {
      const [head = "", rest = ""] = this.nodes(`${path}/rows`, {
        opType: "Split",
        inputs: [value, this.int64Constant("", [count, rows - count])],
        attributes: { axis: { int: 0 } },
        outputs: 2,
      });
      this.#parts.set(`rest ${value} ${count}`, rest);
      return head;
    });
    return [first, this.#parts.get(`rest ${value} ${count}`) ?? ""];
  }

  /** What is made of parameters is made once, however many passes read it. */
  #once(key: string, make: () => ValueName): ValueName {
    const made = this.#parts.get(key) ?? make();
    this.#parts.set(key, made);
    return made;
  }

  /** One product of matrices in the order of the checkpoint, which Gemm multiplies as fast in either. */
  #linear(
    path: string,
    x: ValueName,
    { weight, bias, stored }: Parameters<TrainingWeights["linear"]>[2],
  ): ValueName {
    const shape = this.shape(x);
    const rows = sizeOf(shape.slice(0, -1));
    const flat = shape.length === 2 ? x : this.#reshape(`${path}/rows`, x, [rows, weight.cols]);
    const matrix = this.#matrix(path, { weight, stored, x: flat });
    const inputs = [flat, matrix.value];
    if (bias !== undefined) inputs.push(this.#parameter(`${path}/bias`, bias, [bias.rows]));
    const product = this.node(path, {
      opType: "Gemm",
      inputs,
      attributes: { transB: { int: matrix.isByOutput ? 1 : 0 } },
    });
    if (shape.length === 2) return product;
    return this.#reshape(`${path}/back`, product, [...shape.slice(0, -1), weight.rows]);
  }

  #matrix(
    path: string,
    { weight, stored, x }: { weight: WeightSource; stored: () => DataEntry; x: ValueName },
  ): FrozenMatrix {
    if (this.#frozen === undefined) {
      const value = this.#parameter(`${path}/weight`, weight, [weight.rows, weight.cols]);
      return { value, isByOutput: true };
    }
    const matrix = frozenMatrix(this, path, { entry: stored(), x });
    if (matrix.anew !== undefined) this.#anew.set(matrix.value, matrix.anew);
    return matrix;
  }

  #reshape(path: string, x: ValueName, dims: readonly number[]): ValueName {
    return this.node(path, { opType: "Reshape", inputs: [x, this.int64Constant("", dims)] });
  }
}
