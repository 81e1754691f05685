/** The sessions of one model, opened when a stage first needs them and released together. */

import { PART, type PartName } from "../model/graphContract";
import { graphFile, type ModelFolder } from "./modelFolder";
import type { Device, Session, SessionFactory } from "./session";

export interface PartSessionsOptions {
  readonly model: ModelFolder;
  readonly factory: SessionFactory;
  readonly device: Device;
  /** Outputs that stay on the device, by part. */
  readonly outputsOnDevice: ReadonlyMap<PartName, readonly string[]>;
  /** Fail rather than run a node on the CPU. @default false */
  readonly forbidCpuFallback?: boolean;
}

export class PartSessions {
  readonly #options: PartSessionsOptions;
  readonly #sessions = new Map<PartName, Promise<Session>>();

  constructor(options: PartSessionsOptions) {
    this.#options = options;
  }

  /** @throws AppError as `SessionFactory.open`; the next call tries again. */
  async open(part: PartName): Promise<Session> {
    const present = this.#sessions.get(part);
    if (present !== undefined) return present;
    const opening = this.#openNew(part);
    this.#sessions.set(part, opening);
    try {
      return await opening;
    } catch (thrown) {
      this.#sessions.delete(part);
      throw thrown;
    }
  }

  #openNew(part: PartName): Promise<Session> {
    const { model, factory, device, outputsOnDevice } = this.#options;
    const { file, precision } = graphFile(model, part);
    // The embedding table is read a row at a time: copying it to a device would waste its memory.
    const isTable = part === PART.embedTokens;
    const kept = outputsOnDevice.get(part);
    return factory.open(file, {
      device: isTable ? "cpu" : device,
      keepWeightsMapped: isTable || precision.kind === "f32",
      forbidCpuFallback: !isTable && this.#options.forbidCpuFallback === true,
      ...(kept === undefined ? {} : { outputsOnDevice: kept }),
    });
  }

  /** Frees everything; device tensors must have been disposed before. */
  async release(): Promise<void> {
    const opening = [...this.#sessions.values()];
    this.#sessions.clear();
    for (const session of await Promise.allSettled(opening)) {
      if (session.status === "fulfilled") await session.value.release();
    }
  }
}
