/**
 * BLIP-2 from a model folder to an answer: the order of the stages, and what is kept between questions.
 * Knows no queue, no process boundary and no editor.
 */

import { invariant } from "../base/assert";
import { AppError, throwIfAborted } from "../base/errors";
import type { Logger } from "../base/logger";
import { FeatureCache, featureFolder } from "./picture/featureCache";
import type { ModelFolder } from "./session/modelFolder";
import { loadModelParts, type ModelParts, releaseParts } from "./session/modelParts";
import { createOrtSessionFactory } from "./session/ortSession";
import type { ElsewhereSessions, OpenRun } from "./session/partSessions";
import { rememberedDeviceIn } from "./device/rememberedDevice";
import type { RunOptions } from "./runOptions";
import type { SessionFactory } from "./session/session";
import {
  CAPABILITIES,
  type Capability,
  capabilityFor,
  cannotText,
} from "../model/ask/capabilities";
import type { DeviceChoice } from "../model/ask/device";
import type { EngineInfo } from "../model/ask/models";
import type { Scorer } from "./scorer";
import type {
  EmbeddedPicture,
  EmbeddedText,
  GenerateRequest,
  GenerateResult,
  MatchRequest,
  PictureMatch,
  PictureRequest,
  PrepareResult,
  ScoreRequest,
  ScoreResult,
} from "../model/ask/request";
import type { FreeBytes } from "./session/stagedSession";
import { precisionName } from "../model/folder/precisionName";

export interface EngineOptions {
  /** A converted model. */
  readonly folder: string;
  /** What to call the model. @default the folder's own name */
  readonly name?: string;
  readonly device: DeviceChoice;
  readonly logger: Logger;
  /** Where image features are kept on disk; none keeps them in memory only. */
  readonly featureCacheDir?: string;
  /** File that remembers a useless GPU; none probes at each start. */
  readonly deviceMemoryFile?: string;
  /** @default ONNX Runtime */
  readonly factory?: SessionFactory;
  /** As in `ModelPartsOptions`. */
  readonly inFileFromBytes?: number;
  /** As in `ModelPartsOptions`. */
  readonly freeBytes?: FreeBytes;
  /** As in `ModelPartsOptions`. */
  readonly elsewhere?: ElsewhereSessions | undefined;
}

/** One call at a time: its caches belong to the question that is being answered. */
export interface Blip2Engine {
  readonly info: EngineInfo;
  /** Pictures that may be embedded at once, where their graphs run somewhere else; otherwise one. */
  readonly picturesAtOnce: number;
  /**
   * Reads all weights now rather than when a stage first needs them.
   * @throws AppError `model.corrupt`, `device.unavailable`, `device.failed`, `request.cancelled`.
   */
  open(run?: OpenRun): Promise<void>;
  /**
   * Does for a picture what does not depend on the question, and keeps it. Once it has begun, the picture
   * is seen through even when it is cancelled, because the question to come can use it.
   * @throws AppError `image.*`, `model.corrupt`, `device.*`, `request.cancelled`.
   */
  prepare(request: PictureRequest, run?: Pick<RunOptions, "signal">): Promise<PrepareResult>;
  /**
   * Generates text about a picture, or chooses among given answers.
   * @throws AppError `image.*`, `prompt.tooLong`, `option.invalid`, `model.unsupported` for a
   * retrieval model, `model.corrupt`, `device.failed`, `request.cancelled`.
   */
  generate(request: GenerateRequest, run?: RunOptions): Promise<GenerateResult>;
  /**
   * Scores texts against a picture.
   * @throws AppError as `generate`; `model.unsupported` for a generation model.
   */
  score(request: ScoreRequest, run?: RunOptions): Promise<ScoreResult>;
  /**
   * A text in the space where pictures are found, cleaned and cut as LAVIS does it.
   * @throws AppError as `score`.
   */
  embedText(text: string, run?: Pick<RunOptions, "signal">): Promise<EmbeddedText>;
  /** A picture in that space. @throws AppError as `score`. */
  embedPicture(request: PictureRequest, run?: Pick<RunOptions, "signal">): Promise<EmbeddedPicture>;
  /** How well one text fits each of some pictures. @throws AppError as `score`. */
  match(request: MatchRequest, run?: Pick<RunOptions, "signal">): Promise<readonly PictureMatch[]>;
  /** Waits for the running request, then frees everything. */
  release(): Promise<void>;
}

/**
 * Opens a model. Weights are read when a stage first needs them.
 * @throws AppError `model.*`, `device.unavailable`.
 */
export async function loadEngine(options: EngineOptions): Promise<Blip2Engine> {
  const { folder, device, logger, deviceMemoryFile, inFileFromBytes, freeBytes } = options;
  const parts = await loadModelParts({
    folder,
    device,
    logger,
    factory: options.factory ?? createOrtSessionFactory(),
    featureCacheOf: (model) => featureCacheFor(model, options),
    ...{ freeBytes, inFileFromBytes, elsewhere: options.elsewhere },
    rememberedDevice:
      deviceMemoryFile === undefined ? undefined : rememberedDeviceIn({ file: deviceMemoryFile }),
  });
  return new LoadedEngine(parts, options.name ?? parts.model.name);
}

function featureCacheFor(model: ModelFolder, options: EngineOptions): FeatureCache {
  if (options.featureCacheDir === undefined) return new FeatureCache();
  // Device and precision change the values a little; the identity covers the precision.
  return new FeatureCache({ folder: featureFolder(options.featureCacheDir, model.identity) });
}

class LoadedEngine implements Blip2Engine {
  readonly info: EngineInfo;
  readonly #parts: ModelParts;
  /** What is being worked on alone. */
  #running: Promise<unknown> | undefined;
  /** What is being worked on beside each other. */
  readonly #beside = new Set<Promise<unknown>>();
  #isReleased = false;

  constructor(parts: ModelParts, name: string) {
    const { device, deviceReason, model } = parts;
    const precision = precisionName(model.manifest);
    this.info = {
      ...{ name, device, deviceReason, kind: model.config.kind, world: model.config.world },
      ...(precision === undefined ? {} : { precision }),
    };
    this.#parts = parts;
  }

  get picturesAtOnce(): number {
    return this.#parts.sessions.nAtOnce;
  }

  open(run: OpenRun = {}): Promise<void> {
    return this.#alone(run, () => this.#parts.sessions.openAll(run));
  }

  prepare(request: PictureRequest, run: Pick<RunOptions, "signal"> = {}): Promise<PrepareResult> {
    const { images, queries, sessions, languageModel } = this.#parts;
    return this.#alone(run, async () => {
      const picture = await images.features(request);
      await sessions.openAll({ signal: run.signal });
      throwIfAborted(run.signal);
      const rows = languageModel && queries.common(picture);
      if (rows !== undefined) await languageModel?.prepare(rows);
      return { cached: { imageFeatures: picture.from } };
    });
  }

  generate(request: GenerateRequest, run: RunOptions = {}): Promise<GenerateResult> {
    const { generator } = this.#parts;
    return this.#alone(run, async () => {
      const needed = capabilityFor(request.prompt);
      if (generator === undefined) throw this.#cannot(needed ?? "answers");
      if (needed !== undefined) this.#expect(needed);
      if (request.answers !== undefined) this.#expect("ranks");
      return generator.generate(request, run);
    });
  }

  score(request: ScoreRequest, run: RunOptions = {}): Promise<ScoreResult> {
    return this.#scoring(run, (scorer) => scorer.score(request, run));
  }

  embedText(text: string, run: RunOptions = {}): Promise<EmbeddedText> {
    return this.#scoring(run, (scorer) => scorer.embedText(text));
  }

  embedPicture(request: PictureRequest, run: RunOptions = {}): Promise<EmbeddedPicture> {
    const { scorer, sessions } = this.#parts;
    if (scorer === undefined || sessions.nAtOnce === 1) {
      return this.#scoring(run, (one) => one.embedPicture(request, run));
    }
    const work = scorer.embedPicture(request, run);
    this.#beside.add(work);
    return work.finally(() => this.#beside.delete(work));
  }

  match(request: MatchRequest, run: RunOptions = {}): Promise<readonly PictureMatch[]> {
    return this.#scoring(run, (scorer) => scorer.match(request, run));
  }

  async release(): Promise<void> {
    if (this.#isReleased) return;
    this.#isReleased = true;
    await Promise.allSettled([this.#running, ...this.#beside]);
    await releaseParts(this.#parts);
  }

  async #alone<T>(run: Pick<OpenRun, "signal">, work: () => Promise<T>): Promise<T> {
    throwIfAborted(run.signal);
    if (this.#isReleased) throw new AppError("model.missing", "The model was unloaded.");
    invariant(
      this.#running === undefined,
      "The model was asked while it answers another question.",
    );
    const running = work();
    this.#running = running;
    try {
      return await running;
    } finally {
      this.#running = undefined;
    }
  }

  #scoring<T>(run: RunOptions, work: (scorer: Scorer) => Promise<T>): Promise<T> {
    const { scorer } = this.#parts;
    return this.#alone(run, async () => {
      if (scorer === undefined) throw this.#cannot("scores");
      return work(scorer);
    });
  }

  #expect(capability: Capability): void {
    if (!CAPABILITIES[this.info.kind][capability]) throw this.#cannot(capability);
  }

  #cannot(capability: Capability): AppError {
    return new AppError("model.unsupported", cannotText(this.info.name, capability));
  }
}
