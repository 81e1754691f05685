/** Training where the model lies on a device: parameters, moments and gradients stay in its memory. */

import { defined } from "../../base/assert";
import { floats, type Tensor, type TensorMap } from "../../engine/session/session";
import { decays, DEFAULTS, type Moments } from "../optimise/adamW";
import { DeviceMath } from "./deviceMath";
import { TrainingSession, type Objectives, type StepResult } from "../session";
import { addLosses, type Trainer, type TrainerOptions } from "./trainer";

/** Of a tensor that is trained. */
interface Held {
  readonly first: Tensor;
  readonly second: Tensor;
  readonly steps: number;
}

/** WGSL has no infinity. */
const LEAST = -3.4e38;

export class DeviceTrainer implements Trainer {
  readonly #session: TrainingSession;
  readonly #math: DeviceMath;
  readonly #options: TrainerOptions;
  /** What the graph reads. */
  readonly #weights = new Map<string, Tensor>();
  readonly #moments = new Map<string, Held>();

  private constructor(session: TrainingSession, math: DeviceMath, options: TrainerOptions) {
    this.#session = session;
    this.#math = math;
    this.#options = options;
  }

  /** Brings parameters and moments to the device. @throws AppError as `TrainingSession.open`. */
  static async open(objectives: Objectives, options: TrainerOptions): Promise<DeviceTrainer> {
    const session = await TrainingSession.open(objectives, { ...options, keepsGradients: true });
    const math = new DeviceMath(options.factory, options.device);
    const trainer = new DeviceTrainer(session, math, options);
    try {
      await trainer.#upload();
      return trainer;
    } catch (error) {
      await trainer.release();
      throw error;
    }
  }

  async #upload(): Promise<void> {
    const { parameters, moments } = this.#options;
    for (const name of this.#session.reads) {
      const values = parameters.values(name);
      this.#weights.set(name, await this.#math.upload(values, parameters.shape(name)));
    }
    for (const [name, { first, second, steps }] of moments ?? []) {
      const shape = parameters.shape(name);
      this.#moments.set(name, {
        first: await this.#math.upload(first, shape),
        second: await this.#math.upload(second, shape),
        steps,
      });
    }
  }

  async step(
    batches: readonly TensorMap[],
    rate: number,
  ): Promise<Readonly<Record<string, number>>> {
    const losses: Record<string, number> = {};
    const sums = new Map<string, Tensor>();
    const scalars = new Scalars(this.#math);
    try {
      for (const batch of batches) {
        const result = await this.#session.run(batch, this.#weights);
        addLosses(losses, result, batches.length);
        await this.#add(sums, result);
      }
      const factor = await this.#factor(sums, { scalars, scale: 1 / batches.length });
      for (const [name, gradient] of sums) {
        await this.#update(name, { gradient, factor, rate, scalars });
      }
    } finally {
      for (const tensor of sums.values()) tensor.dispose();
      scalars.dispose();
    }
    return losses;
  }

  async #add(sums: Map<string, Tensor>, { deviceGradients }: StepResult): Promise<void> {
    for (const [name, gradient] of deviceGradients) {
      const sum = sums.get(name);
      if (sum === undefined) sums.set(name, gradient);
      else {
        sums.set(name, await this.#math.only("add", { a: sum, b: gradient }));
        sum.dispose();
        gradient.dispose();
      }
    }
  }

  /** What the sums are multiplied with: to be means, and no longer than the longest norm. */
  async #factor(
    sums: ReadonlyMap<string, Tensor>,
    { scalars, scale }: { readonly scalars: Scalars; readonly scale: number },
  ): Promise<Tensor> {
    const { maxNorm } = this.#options;
    if (maxNorm === undefined) return await scalars.of(scale);
    let sum = await scalars.of(0);
    for (const x of sums.values()) {
      sum = scalars.keep(await this.#math.only("addSquares", { x, sum }));
    }
    const most = await scalars.of(maxNorm);
    return scalars.keep(
      await this.#math.only("clip", { sum, scale: await scalars.of(scale), most }),
    );
  }

  async #update(name: string, { gradient, factor, rate, scalars }: Update): Promise<void> {
    const p = defined(this.#weights.get(name), `The trained tensor ${name}`);
    const { first, second, steps } = this.#moments.get(name) ?? (await this.#fresh(p));
    const { adamW = {} } = this.#options;
    const { beta1, beta2, eps, weightDecay } = { ...DEFAULTS, ...adamW };
    const results = await this.#math.run("adamW", {
      ...{ p, m: first, v: second, g: gradient, factor },
      beta1: await scalars.of(beta1),
      rest1: await scalars.of(1 - beta1),
      beta2: await scalars.of(beta2),
      rest2: await scalars.of(1 - beta2),
      eps: await scalars.of(eps),
      kept: await scalars.of(decays(name, p.dims) ? 1 - rate * weightDecay : 1),
      size: await scalars.of(rate / (1 - beta1 ** (steps + 1))),
      root: await scalars.of(1 / Math.sqrt(1 - beta2 ** (steps + 1))),
      floor: await scalars.of(adamW.floors?.[name] ?? LEAST),
    });
    for (const before of [p, first, second]) before.dispose();
    this.#weights.set(name, defined(results["p'"], "The parameter"));
    this.#moments.set(name, {
      first: defined(results["m'"], "The first moment"),
      second: defined(results["v'"], "The second moment"),
      steps: steps + 1,
    });
  }

  async #fresh({ dims }: Tensor): Promise<Held> {
    const zeros = new Float32Array(dims.reduce((product, dim) => product * dim, 1));
    return {
      first: await this.#math.upload(zeros, dims),
      second: await this.#math.upload(zeros, dims),
      steps: 0,
    };
  }

  async state(): Promise<ReadonlyMap<string, Moments>> {
    const { parameters } = this.#options;
    const state = new Map<string, Moments>();
    for (const [name, { first, second, steps }] of this.#moments) {
      const weights = defined(this.#weights.get(name), `The trained tensor ${name}`);
      parameters.values(name).set(await this.#download(weights));
      state.set(name, {
        first: await this.#download(first),
        second: await this.#download(second),
        steps,
      });
    }
    return state;
  }

  async #download(tensor: Tensor): Promise<Float32Array> {
    return floats(await this.#math.only("download", { x: tensor }));
  }

  async release(): Promise<void> {
    await this.#math.release();
    await this.#session.release();
  }
}

interface Update {
  readonly gradient: Tensor;
  readonly factor: Tensor;
  readonly rate: number;
  readonly scalars: Scalars;
}

/** Numbers of one step on the device, each brought there once. */
class Scalars {
  readonly #math: DeviceMath;
  readonly #tensors = new Map<number, Tensor>();
  readonly #kept: Tensor[] = [];

  constructor(math: DeviceMath) {
    this.#math = math;
  }

  async of(value: number): Promise<Tensor> {
    const known = this.#tensors.get(value);
    if (known !== undefined) return known;
    const tensor = await this.#math.upload(Float32Array.of(value), []);
    this.#tensors.set(value, tensor);
    return tensor;
  }

  /** Frees a result together with the numbers. */
  keep(tensor: Tensor): Tensor {
    this.#kept.push(tensor);
    return tensor;
  }

  dispose(): void {
    for (const tensor of [...this.#tensors.values(), ...this.#kept]) tensor.dispose();
  }
}
