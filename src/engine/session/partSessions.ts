/** The sessions of one model, opened when a stage first needs them and released together. */

import { throwIfAborted } from "../../base/errors";
import { graphFile, type GraphPlace, type ModelFolder, stageFiles } from "./modelFolder";
import type { Session, SessionFactory } from "./session";
import { type FreeBytes, StagedSession } from "./stagedSession";
import type { Device } from "../../model/ask/device";
import { IO, PART, type PartName } from "../../model/graph/graphContract";
import { staysInFile } from "../../model/folder/memoryEstimate";
import type { Precision } from "../../model/precision/precision";

export interface PartSessionsOptions {
  readonly model: ModelFolder;
  readonly factory: SessionFactory;
  readonly device: Device;
  /** Outputs that stay on the device, by part. */
  readonly outputsOnDevice: ReadonlyMap<PartName, readonly string[]>;
  /** Fail rather than run a node on the CPU. @default false */
  readonly forbidCpuFallback?: boolean;
  /** On the CPU, the graphs whose products are exact on every processor (see `device/products.ts`). @default false */
  readonly exactProducts?: boolean;
  /**
   * On the CPU, a part of so many bytes stays in its file if it can: it runs in stages, mapped from the
   * file, and starts at once. What a stage takes is pages of the file, which the system can take back.
   * @default as in `staysInFile`
   */
  readonly inFileFromBytes?: number | undefined;
  /** Stages stay open for as long as memory is free. @default none is */
  readonly freeBytes?: FreeBytes | undefined;
  /** Parts that run somewhere else. @default none do */
  readonly elsewhere?: ElsewhereSessions | undefined;
}

/** What runs some parts of a model on another machine. */
export interface ElsewhereSessions {
  has(part: PartName): boolean;
  /** @throws AppError `model.*`, `remote.*`. */
  open(model: ModelFolder, part: PartName): Promise<Session>;
  /** Pictures whose graphs may run at once. */
  readonly nAtOnce: number;
}

/** How opening everything is stopped, and tells how far it is. */
export interface OpenRun {
  readonly signal?: AbortSignal | undefined;
  /** In bytes of the weights. */
  readonly onProgress?:
    ((progress: { readonly doneBytes: number; readonly totalBytes: number }) => void) | undefined;
}

export class PartSessions {
  readonly #options: PartSessionsOptions;
  readonly #sessions = new Map<PartName, Promise<Session>>();

  constructor(options: PartSessionsOptions) {
    this.#options = options;
  }

  /** Whether the model has such a part. */
  has(part: PartName): boolean {
    return this.#options.model.manifest.parts.some(({ name }) => name === part);
  }

  /** Pictures that are best looked at together. */
  get nAtOnce(): number {
    return this.#options.elsewhere?.nAtOnce ?? 1;
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

  /**
   * Opens every part that has weights to load, in the order in which a question needs them, and tells
   * before each, because the opening itself blocks the process for seconds.
   * @throws AppError as `open`; `request.cancelled` between two parts.
   */
  async openAll({ signal, onProgress }: OpenRun = {}): Promise<void> {
    const parts = weightedParts(this.#options.model).filter(
      (part) => !this.#staysInFile(part) && !this.#isElsewhere(part.name),
    );
    const totalBytes = parts.reduce((sum, { bytes }) => sum + bytes, 0);
    let doneBytes = 0;
    for (const { name, bytes } of parts) {
      onProgress?.({ doneBytes, totalBytes });
      // What was told leaves the process only between two pieces of work.
      await new Promise((resolve) => setImmediate(resolve));
      throwIfAborted(signal);
      await this.open(name);
      doneBytes += bytes;
    }
    onProgress?.({ doneBytes, totalBytes });
  }

  #isElsewhere(part: PartName): boolean {
    return this.#options.elsewhere?.has(part) === true;
  }

  #openNew(part: PartName): Promise<Session> {
    const { model, factory, device, outputsOnDevice, elsewhere } = this.#options;
    if (elsewhere !== undefined && this.#isElsewhere(part)) return elsewhere.open(model, part);
    // The embedding table is read a row at a time: copying it to a device would waste its memory.
    const isTable = part === PART.embedTokens;
    const place = isTable ? "cpu" : device;
    const { file, precision } = graphFile(model, part, this.#graphPlace(place));
    const weights = weightedParts(model).find(({ name }) => name === part);
    if (weights !== undefined && this.#staysInFile(weights)) {
      return Promise.resolve(this.#inStages(weights));
    }
    return factory.open(file, {
      device: place,
      keepWeightsMapped: isTable || precision.kind === "f32",
      forbidCpuFallback: !isTable && this.#options.forbidCpuFallback === true,
      outputsOnDevice: outputsOnDevice.get(part),
    });
  }

  #staysInFile(part: WeightedPart): boolean {
    const { device, inFileFromBytes } = this.#options;
    return device === "cpu" && staysInFile(part, inFileFromBytes);
  }

  /** The image encoder, which is the only part that can stay in its file. */
  #inStages({ name, bytes }: WeightedPart): Session {
    const { model, factory, device, freeBytes } = this.#options;
    const files = stageFiles(model, name, this.#graphPlace(device));
    const options = { device, keepWeightsMapped: true };
    return new StagedSession({
      inputNames: [IO.pixelValues],
      outputNames: [IO.imageFeatures],
      stages: files.map((file) => ({
        open: () => factory.open(file, options),
        bytes: bytes / files.length,
      })),
      freeBytes,
    });
  }

  #graphPlace(device: Device): GraphPlace {
    return device === "cpu" && this.#options.exactProducts === true ? "exactCpu" : device;
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

/** A question needs them in this order; a model has some of them. */
const OPENING_ORDER: readonly PartName[] = [
  PART.visionEncoder,
  PART.imageProjection,
  PART.imageReader,
  PART.qformer,
  PART.qformerText,
  PART.qformerItm,
  PART.textItc,
  PART.textItm,
  PART.embedTokens,
  PART.textEncoder,
  PART.decoder,
];

interface WeightedPart {
  readonly name: PartName;
  readonly precision: Precision;
  readonly bytes: number;
}

function weightedParts({ manifest }: ModelFolder): readonly WeightedPart[] {
  return OPENING_ORDER.flatMap((name) => {
    const part = manifest.parts.find((other) => other.name === name);
    if (part?.data === undefined) return [];
    const bytes = manifest.files.find(({ path }) => path === part.data)?.bytes ?? 0;
    return [{ name, precision: part.precision, bytes }];
  });
}
