/**
 * What an optimiser computes where its numbers lie, in the memory of a device: tiny graphs, one for each operation and
 * number of axes, whose results stay there.
 */

import { invariant } from "../../base/assert";
import { GraphBuilder, type ValueName } from "../../convert/graph/graphBuilder";
import {
  cpuTensor,
  type Session,
  type SessionFactory,
  type Tensor,
} from "../../engine/session/session";
import type { Device } from "../../model/ask/device";

/** As `clipFactor` adds it. */
const CLIP_EPS = 1e-6;

interface Operation {
  /** Inputs with the axes of the tensor; the others are scalars. */
  readonly tensors: readonly string[];
  readonly scalars: readonly string[];
  /** Outputs by their names; those with a tensor's axes, and scalars. */
  readonly outputs: Readonly<Record<string, "tensor" | "scalar">>;
  /** Where the results lie. @default the device */
  readonly isReadBack?: boolean;
  readonly write: (g: GraphBuilder) => void;
}

/** Adds a node, whose result may be given a name. @param call an operator and its inputs */
function op(
  g: GraphBuilder,
  [opType, ...inputs]: readonly [string, ...ValueName[]],
  name?: string,
): ValueName {
  return g.node(`/${opType}`, {
    ...{ opType, inputs },
    ...(name === undefined ? {} : { outputs: [name] }),
  });
}

const OPERATIONS = {
  upload: {
    tensors: ["x"],
    scalars: [],
    outputs: { y: "tensor" },
    write: (g) => void op(g, ["Identity", "x"], "y"),
  },
  download: {
    tensors: ["x"],
    scalars: [],
    outputs: { y: "tensor" },
    isReadBack: true,
    write: (g) => void op(g, ["Identity", "x"], "y"),
  },
  /** y = a + b */
  add: {
    tensors: ["a", "b"],
    scalars: [],
    outputs: { y: "tensor" },
    write: (g) => void op(g, ["Add", "a", "b"], "y"),
  },
  /** y = sum + Σ x² */
  addSquares: {
    tensors: ["x"],
    scalars: ["sum"],
    outputs: { y: "scalar" },
    write: (g) => {
      const flat = op(g, ["Reshape", "x", g.int64Constant("flat", [-1])]);
      const squares = g.node("/squares", {
        opType: "ReduceSumSquare",
        inputs: [flat],
        attributes: { keepdims: { int: 0 } },
      });
      op(g, ["Add", "sum", squares], "y");
    },
  },
  /** y = scale · min(1, most / (√sum · scale + 1e-6)): of gradients whose squares have this sum. */
  clip: {
    tensors: [],
    scalars: ["sum", "scale", "most"],
    outputs: { y: "scalar" },
    write: (g) => {
      const norm = op(g, ["Mul", op(g, ["Sqrt", "sum"]), "scale"]);
      const above = op(g, ["Add", norm, g.floatConstant("eps", CLIP_EPS)]);
      const share = op(g, ["Min", op(g, ["Div", "most", above]), g.floatConstant("one", 1)]);
      op(g, ["Mul", share, "scale"], "y");
    },
  },
  /** As `AdamW` computes it; of β₁ and β₂ both they and what is left to 1. */
  adamW: {
    tensors: ["p", "m", "v", "g"],
    scalars: ["factor", "beta1", "rest1", "beta2", "rest2", "eps", "kept", "size", "root", "floor"],
    outputs: { "p'": "tensor", "m'": "tensor", "v'": "tensor" },
    write: (g) => {
      const gradient = op(g, ["Mul", "g", "factor"]);
      op(g, ["Add", op(g, ["Mul", "m", "beta1"]), op(g, ["Mul", gradient, "rest1"])], "m'");
      const square = op(g, ["Mul", gradient, gradient]);
      op(g, ["Add", op(g, ["Mul", "v", "beta2"]), op(g, ["Mul", square, "rest2"])], "v'");
      const below = op(g, ["Add", op(g, ["Mul", op(g, ["Sqrt", "v'"]), "root"]), "eps"]);
      const change = op(g, ["Div", op(g, ["Mul", "m'", "size"]), below]);
      const next = op(g, ["Sub", op(g, ["Mul", "p", "kept"]), change]);
      op(g, ["Max", next, "floor"], "p'");
    },
  },
} as const satisfies Readonly<Record<string, Operation>>;

export type DeviceOperation = keyof typeof OPERATIONS;

export class DeviceMath {
  readonly #factory: SessionFactory;
  readonly #device: Device;
  readonly #sessions = new Map<string, Session>();

  constructor(factory: SessionFactory, device: Device) {
    this.#factory = factory;
    this.#device = device;
  }

  /** Results are the caller's, until `release`. @throws AppError as sessions do. */
  async run(
    name: DeviceOperation,
    feeds: Readonly<Record<string, Tensor>>,
  ): Promise<Record<string, Tensor>> {
    const { tensors }: Operation = OPERATIONS[name];
    const nAxes = feeds[tensors[0] ?? ""]?.dims.length ?? 0;
    const key = `${name}/${nAxes}`;
    let session = this.#sessions.get(key);
    if (session === undefined) {
      session = await this.#open(name, nAxes);
      this.#sessions.set(key, session);
    }
    return await session.run(feeds);
  }

  /** The one result of an operation that has one. */
  async only(name: DeviceOperation, feeds: Readonly<Record<string, Tensor>>): Promise<Tensor> {
    const { y } = await this.run(name, feeds);
    invariant(y !== undefined, `${name} has no result y.`);
    return y;
  }

  async upload(values: Float32Array, shape: readonly number[]): Promise<Tensor> {
    return await this.only("upload", { x: cpuTensor(values, shape) });
  }

  /** Frees all results as well. */
  async release(): Promise<void> {
    for (const session of this.#sessions.values()) await session.release();
    this.#sessions.clear();
  }

  async #open(name: DeviceOperation, nAxes: number): Promise<Session> {
    const { tensors, scalars, outputs, isReadBack = false, write }: Operation = OPERATIONS[name];
    const g = new GraphBuilder(name, undefined, "accelerator");
    const axes = Array.from({ length: nAxes }, (_, i) => `axis${i}`);
    for (const input of tensors) g.input(input, "float32", axes);
    for (const input of scalars) g.input(input, "float32", []);
    write(g);
    for (const [output, kind] of Object.entries(outputs)) {
      g.output(output, "float32", kind === "tensor" ? axes : []);
    }
    return await this.#factory.open(g.encode(), {
      device: this.#device,
      outputsOnDevice: isReadBack ? [] : Object.keys(outputs),
    });
  }
}
