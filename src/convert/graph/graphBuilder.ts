/**
 * Collects the nodes, inputs, outputs and weights of one ONNX graph.
 * Names are paths: the node `/layers.0/mlp/fc1/MatMul` gives the value `/layers.0/mlp/fc1/MatMul/output_0`.
 */

import { invariant } from "../../base/assert";
import {
  encodeOnnxModel,
  type AttributeValue,
  type OnnxDataType,
  type OnnxInitializer,
  type OnnxNode,
  type OnnxValue,
} from "../../model/graph/onnxProto";
import type { WeightSource } from "../checkpoint/weightSource";
import type { DataEntry, DataFilePlan } from "../weights/dataFile";

/** The name of a value inside a graph. */
export type ValueName = string;

/**
 * What a graph is for, where one graph does not serve all: the CPU, a CPU whose products of signed weights
 * overflow, or any other device.
 */
export type GraphTarget = "cpu" | "exactCpu" | "accelerator";

export interface NodeSpec {
  readonly opType: string;
  /** @default the ai.onnx domain */
  readonly domain?: string;
  /** An empty name leaves an optional input out. */
  readonly inputs: readonly ValueName[];
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  /** Names for the outputs, where a graph output is meant; otherwise a count. @default 1 */
  readonly outputs?: number | readonly ValueName[];
}

/** How a graph that learns takes its weights: as inputs, each a tensor of the checkpoint. */
export interface TrainingWeights {
  /** Samples at a time. */
  readonly batch: number;
  /** The values of a source as a value of these dims. */
  parameter(path: string, source: WeightSource, dims: readonly number[]): ValueName;
  /** [B, S, in] → [B, S, out]; the weight stays [out, in]. */
  linear(
    path: string,
    x: ValueName,
    spec: {
      readonly weight: WeightSource;
      readonly bias?: WeightSource;
      /** How the weight lies in the file of a model that only computes. */
      readonly stored: () => DataEntry;
    },
  ): ValueName;
}

export class GraphBuilder {
  readonly name: string;
  readonly target: GraphTarget;
  /** Version of the standard operators. @default as `encodeOnnxModel` */
  readonly opset?: number;
  /** Nothing in a graph that only computes, whose weights are constants. */
  readonly training?: TrainingWeights;
  readonly #data: DataFilePlan | undefined;
  readonly #nodes: OnnxNode[] = [];
  readonly #nodeNames = new Set<string>();
  readonly #inputs: OnnxValue[] = [];
  readonly #outputs: OnnxValue[] = [];
  readonly #initializers = new Map<string, OnnxInitializer>();

  constructor(name: string, data?: DataFilePlan, target: GraphTarget = "cpu") {
    this.name = name;
    this.#data = data;
    this.target = target;
  }

  input(name: ValueName, dataType: OnnxDataType, dims: readonly (number | string)[]): ValueName {
    this.#inputs.push({ name, dataType, dims });
    return name;
  }

  /** Declares a value of that name, which a node gives, as an output. */
  output(name: ValueName, dataType: OnnxDataType, dims: readonly (number | string)[]): void {
    this.#outputs.push({ name, dataType, dims });
  }

  /** Adds a node below `path` and gives the name of its first output. */
  node(path: string, spec: NodeSpec): ValueName {
    const [first] = this.nodes(path, spec);
    invariant(first !== undefined, `${path}/${spec.opType} has no output.`);
    return first;
  }

  /** Adds a node below `path` and gives the names of all its outputs. */
  nodes(path: string, spec: NodeSpec): readonly ValueName[] {
    const name = this.#uniqueName(`${path}/${spec.opType}`);
    const outputs = outputNames(name, spec.outputs ?? 1);
    const inputs = [...spec.inputs];
    while (inputs.at(-1) === "") inputs.pop();
    this.#nodes.push({
      name,
      opType: spec.opType,
      inputs,
      outputs,
      ...(spec.domain === undefined ? {} : { domain: spec.domain }),
      ...(spec.attributes === undefined ? {} : { attributes: spec.attributes }),
    });
    return outputs;
  }

  #uniqueName(wanted: string): string {
    let name = wanted;
    for (let n = 1; this.#nodeNames.has(name); n++) name = `${wanted}_${n}`;
    this.#nodeNames.add(name);
    return name;
  }

  /** A small integer constant inside the graph, such as the bounds of a slice. */
  int64Constant(path: string, values: readonly number[]): ValueName {
    if (!this.#initializers.has(path)) {
      const data = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
      this.#initializers.set(path, { name: path, dataType: "int64", dims: [values.length], data });
    }
    return path;
  }

  /** A scalar constant inside the graph. */
  floatConstant(path: string, value: number): ValueName {
    if (!this.#initializers.has(path)) {
      const data = new Uint8Array(Float32Array.of(value).buffer);
      this.#initializers.set(path, { name: path, dataType: "float32", dims: [], data });
    }
    return path;
  }

  /** A scalar constant of a byte inside the graph, such as the code of zero. */
  byteConstant(path: string, value: number): ValueName {
    if (!this.#initializers.has(path)) {
      const data = Uint8Array.of(value);
      this.#initializers.set(path, { name: path, dataType: "uint8", dims: [], data });
    }
    return path;
  }

  /** A constant inside the graph. */
  constant(initializer: OnnxInitializer): ValueName {
    this.#initializers.set(initializer.name, initializer);
    return initializer.name;
  }

  /** Weights in the part's data file; gives the names of the entry's initializers. */
  weights(entry: DataEntry): readonly ValueName[] {
    invariant(this.#data !== undefined, `${this.name} has no data file.`);
    return this.#data.place(entry).map((initializer) => {
      this.#initializers.set(initializer.name, initializer);
      return initializer.name;
    });
  }

  /** Takes the bytes of an initializer for values without a sign. */
  takeUnsigned(name: ValueName): void {
    const initializer = this.#initializers.get(name);
    invariant(initializer !== undefined, `${name} is no initializer of ${this.name}.`);
    this.#initializers.set(name, { ...initializer, dataType: "uint8" });
  }

  /** The graph as the bytes of an .onnx file. */
  encode(): Uint8Array {
    return encodeOnnxModel({
      name: this.name,
      ...(this.opset === undefined ? {} : { opset: this.opset }),
      nodes: this.#nodes,
      inputs: this.#inputs,
      outputs: this.#outputs,
      initializers: [...this.#initializers.values()],
    });
  }
}

function outputNames(node: string, outputs: number | readonly ValueName[]): readonly ValueName[] {
  if (typeof outputs !== "number") return outputs;
  return Array.from({ length: outputs }, (_, i) => `${node}/output_${i}`);
}
