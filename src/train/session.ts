/** Runs a graph that learns: losses and gradients of one batch. */

import { writeFile } from "node:fs/promises";
import path from "node:path";
import { AppError } from "../base/errors";
import { defined } from "../base/assert";
import {
  cpuTensor,
  floats,
  type Session,
  type SessionFactory,
  type Tensor,
  type TensorMap,
} from "../engine/session/session";
import type { Device } from "../model/ask/device";
import { elementsOf } from "../convert/checkpoint/tensorInfo";
import type { ValueName } from "../convert/graph/graphBuilder";
import { backward } from "./grad/backward";
import type { TrainingGraph } from "./grad/trainingGraph";
import type { Parameters } from "./parameters";

/** What a graph of a stage gives. */
export interface Objectives {
  readonly g: TrainingGraph;
  /** Folder with the files of frozen parts, which the graph is written beside. @default it has none */
  readonly folder?: string;
  readonly losses: Readonly<Partial<Record<string, ValueName>>>;
  /** Their sum. */
  readonly loss: ValueName;
}

export interface StepResult {
  readonly losses: Readonly<Record<string, number>>;
  /** In the shape of each tensor; one that the loss does not depend on has none. */
  readonly gradients: ReadonlyMap<string, Float32Array>;
  /** In their place where they are kept on the device; the caller's. */
  readonly deviceGradients: ReadonlyMap<string, Tensor>;
  /** Further outputs of the graph. */
  readonly details: Readonly<Record<string, Float32Array>>;
  /** Gives the memory of gradients and details back at once. */
  dispose(): void;
}

/**
 * Trained numbers from which the runtime gives back what a run took: at full size 3 % more of the processor's time for
 * 1.6 GB less (measured, stage 1, batch 4). A small model needs the time more.
 */
const MANY_NUMBERS = 64e6;

const LOSS = "loss/";
const GRADIENT = "grad/";

export interface TrainingSessionOptions {
  readonly factory: SessionFactory;
  readonly device: Device;
  readonly parameters: Parameters;
  readonly trained: Iterable<string>;
  readonly keepsGradients?: boolean;
}

export class TrainingSession {
  readonly #session: Session;
  readonly #parameters: Parameters;
  /** Names of the checkpoint's tensors that the graph reads. */
  readonly reads: readonly string[];
  readonly #narrow: ReadonlySet<string>;

  private constructor(session: Session, parameters: Parameters, g: TrainingGraph) {
    this.#session = session;
    this.#parameters = parameters;
    this.reads = [...g.parameters.keys()];
    this.#narrow = g.narrow;
  }

  /**
   * Adds the backward of a graph and opens it.
   * @param options `trained` are the tensors whose gradients are wanted; `keepsGradients` leaves them in the memory
   * of the device.
   * @throws AppError `model.unsupported` for an operator without a derivative, and as the factory.
   */
  static async open(
    { g, losses, loss, folder }: Objectives,
    options: TrainingSessionOptions,
  ): Promise<TrainingSession> {
    const { factory, device, parameters, trained, keepsGradients = false } = options;
    const wanted = [...trained].filter((name) => g.parameters.has(name));
    const gradients = backward(g, loss, { wanted });
    for (const [name, value] of Object.entries(losses)) {
      if (value !== undefined) g.result(LOSS + name, value);
    }
    for (const [name, value] of gradients) g.result(GRADIENT + name, value);
    await parameters.load(g.parameters.keys());
    const size = wanted.reduce((sum, name) => sum + elementsOf(parameters.shape(name)), 0);
    const session = await factory.open(await graphOf(g, folder), {
      device,
      keepsArena: size < MANY_NUMBERS,
      // Packed, frozen weights would take as much memory once more.
      keepWeightsMapped: folder !== undefined,
      forbidCpuFallback: device !== "cpu",
      ...(keepsGradients && {
        outputsOnDevice: [...gradients.keys()].map((name) => GRADIENT + name),
      }),
    });
    return new TrainingSession(session, parameters, g);
  }

  /**
   * @param weights Those on the device; the parameters' own for all others.
   * @throws AppError `device.failed`, also when a loss is no number any more.
   */
  async run(batch: TensorMap, weights?: ReadonlyMap<string, Tensor>): Promise<StepResult> {
    const feeds: Record<string, Tensor> = {};
    for (const name of this.reads) {
      feeds[name] =
        weights?.get(name) ??
        cpuTensor(this.#parameters.values(name), this.#parameters.shape(name));
    }
    for (const [name, tensor] of Object.entries(batch)) {
      feeds[name] = this.#narrow.has(name) ? narrowed(tensor) : tensor;
    }
    const results = await this.#session.run(feeds);
    const tensorsOf = (prefix: string, location: Tensor["location"]): [string, Tensor][] =>
      Object.entries(results).flatMap(([name, tensor]) =>
        name.startsWith(prefix) && tensor.location === location
          ? [[name.slice(prefix.length), tensor]]
          : [],
      );
    const of = (prefix: string): [name: string, values: Float32Array][] =>
      tensorsOf(prefix, "cpu").map(([name, tensor]) => [name, floats(tensor)]);
    const losses = Object.fromEntries(
      of(LOSS).map(([name, values]) => [name, defined(values[0], `The loss ${name}`)]),
    );
    const bad = Object.entries(losses).find(([, value]) => !Number.isFinite(value));
    if (bad !== undefined) {
      throw new AppError(
        "device.failed",
        `Training went astray: the loss "${bad[0]}" is ${bad[1]}. Use a lower learning rate.`,
      );
    }
    const isDetail = (name: string): boolean =>
      !name.startsWith(LOSS) && !name.startsWith(GRADIENT);
    return {
      losses,
      gradients: new Map(of(GRADIENT)),
      deviceGradients: new Map(tensorsOf(GRADIENT, "device")),
      details: Object.fromEntries(of("").filter(([name]) => isDetail(name))),
      dispose: () => {
        for (const tensor of Object.values(results)) tensor.dispose();
      },
    };
  }

  async release(): Promise<void> {
    await this.#session.release();
  }
}

/** Whole numbers in 32 bits. */
function narrowed({ data, dims }: Tensor): Tensor {
  return cpuTensor(Int32Array.from(data, Number), dims);
}

/** A graph refers to files from where it lies itself. */
async function graphOf(g: TrainingGraph, folder: string | undefined): Promise<string | Uint8Array> {
  if (folder === undefined) return g.encode();
  const file = path.join(folder, `${g.name}.onnx`);
  await writeFile(file, g.encode());
  return file;
}
