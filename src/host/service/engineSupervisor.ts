/**
 * The engine behind the editor's features: sees to it that the chosen model is loaded before a
 * question is asked, and tells how things stand. Knows no editor and no settings but those it is given.
 */

import { abortable } from "../../base/abortable";
import { AppError, throwIfAborted } from "../../base/errors";
import { TaskQueue } from "../../base/taskQueue";
import { optional } from "../../base/optional";
import type { OtherEngine } from "../../roll/engineRoll";
import { abandonAfter } from "../process/abandonAfter";
import type { Clock } from "../../base/clock";
import { systemClock } from "../process/clock";
import { DeviceRecovery, type Computation } from "./deviceRecovery";
import type { AskOptions, EngineApi, EngineStatus } from "./engine";
import type { EngineSupervisorOptions } from "./engineOptions";
import type { EngineClient } from "../process/engineClient";
import { isSameStatus, statusOf } from "./engineStatus";
import { ModelLoader } from "./modelLoader";
import { ForegroundGate } from "./foregroundGate";
import type { ProcessKind } from "../../model/ask/kinds";
import type { LoadRequest, RemoteTarget } from "../../model/ask/models";
import { remoteName } from "../../model/ask/remoteName";
import { setNamed, type Task, taskOf } from "../../model/ask/modelSets";
import type { Stage } from "../../model/ask/progress";
import type { HelperMethod, Params, Result } from "../../protocol/methods";
import type { CallOptions } from "../../protocol/rpcClient";

/** Starting a helper again takes a fraction of a second. */
const HELPER_IDLE_MS = 60_000;
/** Longer than a process that can be killed at all needs to go. */
const MAX_END_MS = 10_000;

export class EngineSupervisor implements EngineApi {
  readonly #options: EngineSupervisorOptions;
  readonly #clock: Clock;
  readonly #clients = new Map<ProcessKind, EngineClient>();
  readonly #loader: ModelLoader;
  readonly #recovery: DeviceRecovery;
  readonly #foregroundGate = new ForegroundGate(() => {
    if (!this.#foregroundGate.isAsked) this.#step = undefined;
    this.#update();
  });
  readonly #listeners = new Set<(status: EngineStatus) => void>();
  /** What is done for the question that is being answered. */
  #step: EngineStatus["step"];
  /** What the listeners know. */
  #told: EngineStatus;
  #rssBytes: number | undefined;
  /** Which runtime the child that answers has loaded or is to load; undefined without a child. */
  #runtime: Runtime | undefined;
  /** What computes in that child. */
  readonly #uses = new Set<Promise<unknown>>();
  /** Whom the user forbade to go on. */
  readonly #forbidden = new WeakSet<EngineClient>();
  readonly #setTurns = new TaskQueue();
  /** Settles when the processes before a restart are gone. */
  #gone: Promise<unknown> = Promise.resolve();
  /** Of a server, for finding pictures. */
  #hasGraphs = false;
  #isDisposed = false;

  constructor(options: EngineSupervisorOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#recovery = this.#createRecovery();
    this.#loader = new ModelLoader({
      chosen: () => this.#recovery.applied,
      memory: options.memory,
      onChanged: () => {
        this.#update();
      },
    });
    this.#told = this.status;
  }

  get status(): EngineStatus {
    return statusOf({
      model: this.#options.chosen().model,
      overruled: this.#recovery.overruled,
      unsupported: this.#options.unsupported,
      client: this.#clients.get(this.#answering)?.state,
      isAsked: this.#foregroundGate.isAsked,
      step: this.#step,
      loader: this.#loader,
      rssBytes: this.#rssBytes,
    });
  }

  /** The process for what was chosen. */
  get #answering(): "answers" | "remote" {
    return remoteName(this.#options.chosen().model) === undefined ? "answers" : "remote";
  }

  onStatusChanged(listener: (status: EngineStatus) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** To be called when `chosen` may say something else than before. Loads nothing. */
  choiceChanged(): void {
    this.#recovery.choiceChanged();
    this.#loader.choiceChanged();
    this.#update();
  }

  async generate(
    params: Params<"generate">,
    options: AskOptions = {},
  ): Promise<Result<"generate">> {
    const result = await this.#foregroundGate.question(() =>
      this.#recovery.run(options, (place) =>
        this.#withModel(options, (client) => this.#answer(client, params, options), {
          place,
          task: taskOf(params.prompt),
        }),
      ),
    );
    if (result.doubts !== undefined) this.#options.onDoubted?.(result.doubts);
    return result;
  }

  async score(params: Params<"score">, options: CallOptions = {}): Promise<Result<"score">> {
    return await this.#foregroundGate.question(() =>
      this.#recovery.run(options, (place) =>
        this.#withModel(options, (client) => client.call("score", params, options), { place }),
      ),
    );
  }

  async prepare(params: Params<"prepare">, options: CallOptions = {}): Promise<void> {
    // A server sees a picture with its question, and not before.
    if (this.#answering === "remote") return;
    // Whatever becomes of the picture, a model that is wanted is loaded to the end.
    await this.warmUp();
    await this.#foregroundGate.background(options.signal, (signal) =>
      this.#recovery.runOnce((place) =>
        this.#withModel({ signal }, (client) => client.call("prepare", params, { signal }), {
          place,
        }),
      ),
    );
  }

  async call<M extends HelperMethod>(
    method: M,
    params: Params<M>,
    options: CallOptions = {},
  ): Promise<Result<M>> {
    const { entryOf } = await import("../../protocol/methods");
    const { process, frees, renews, needs } = entryOf(method);
    const client = await this.#client(process);
    if (needs === "finder") {
      const { nameGraphs } = await import("./remoteWay");
      this.#hasGraphs = await nameGraphs(client, this.#options.remote, options);
    }
    if (frees === "model" && "name" in params) {
      await this.#releaseModel(params.name);
      // It may have the model's files open; one that is at work sees on its own that they are gone.
      if (this.#clients.get("search")?.state.kind === "ready") await this.end("search");
    }
    if (frees === "cuda") this.#leaveCuda();
    if (frees === "everything" && !(await this.releaseIdle())) {
      const text = "Sightline is answering or loads a model. Wait until it is done, and try again.";
      throw new AppError("model.busy", text);
    }
    const result = await client.call(method, params, options);
    if (renews === "cuda") this.#leaveCuda();
    return result;
  }

  async otherEngines(): Promise<readonly OtherEngine[]> {
    return (await this.#options.otherEngines?.()) ?? [];
  }

  async warmUp(options: CallOptions = {}): Promise<void> {
    await this.#recovery.run(options, (place) =>
      this.#withModel(options, () => Promise.resolve(), { place }),
    );
  }

  async restart(): Promise<void> {
    const clients = [...this.#clients.values()];
    this.#clients.clear();
    await this.#endAll(clients);
  }

  /** Ends a process beside the one that answers; what needs it next starts another. */
  async end(kind: "search"): Promise<void> {
    const client = this.#clients.get(kind);
    this.#clients.delete(kind);
    await client?.dispose();
  }

  /**
   * Ends the process that answers, as when it has been idle for long, for somebody who needs its memory
   * or its files.
   * @returns false while somebody is being answered or a model is being loaded.
   */
  async releaseIdle(): Promise<boolean> {
    const client = this.#clients.get("answers");
    if (client === undefined) return true;
    const isIdle = client.state.kind === "ready" || client.state.kind === "stopped";
    if (!isIdle || this.#uses.size > 0 || this.#loader.isLoading) return false;
    this.#options.logger.info("The idle engine is ended for somebody who needs what it holds.");
    this.#clients.delete("answers");
    await this.#endAll([client]);
    return true;
  }

  async endRemote(): Promise<void> {
    if (this.#hasGraphs) await this.end("search");
    const client = this.#clients.get("remote");
    if (client === undefined) return;
    this.#forbidden.add(client);
    this.#clients.delete("remote");
    this.#loader.lose();
    await client.dispose();
  }

  /** Ends these processes for good, with what was loaded in them; settles when they are gone. */
  async #endAll(clients: readonly EngineClient[]): Promise<void> {
    this.#rssBytes = undefined;
    this.#runtime = undefined;
    this.#loader.forget();
    const ended = Promise.all([this.#gone, ...clients.map((client) => client.dispose())]);
    this.#gone = abandonAfter(ended, MAX_END_MS, this.#clock);
    this.#update();
    await this.#gone;
  }

  async dispose(): Promise<void> {
    this.#isDisposed = true;
    this.#listeners.clear();
    await this.restart();
  }

  /**
   * Uses a child that holds the chosen model, without anything in between that could change it. Work on a
   * set takes turns: one model at a time is held.
   */
  async #withModel<T>(
    options: CallOptions,
    use: (client: EngineClient) => Promise<T>,
    need: ModelNeed,
  ): Promise<T> {
    const work = (): Promise<T> => this.#withLoaded(options, use, need);
    if (setNamed(this.#options.chosen().model) === undefined) return await work();
    return await this.#setTurns.add(work, options.signal);
  }

  async #withLoaded<T>(
    options: CallOptions,
    use: (client: EngineClient) => Promise<T>,
    { place, task = "answers" }: ModelNeed,
  ): Promise<T> {
    for (;;) {
      const kind = this.#answering;
      const remote = await this.#permitRemote(kind, options);
      const client = await this.#client(kind);
      place.holder = client;
      throwIfAborted(options.signal);
      if (kind !== this.#answering) continue;
      if (kind === "answers" && !(await this.#hasRuntime(options))) continue;
      const load = this.#loader.neededLoad(client, { task, remote });
      if (load === undefined) {
        place.device = this.#loader.loaded?.device;
        return await this.#whileAllowed(client, this.#inUse(use(client)));
      }
      options.onStage?.({ stage: "load" });
      // The user may have chosen another model meanwhile, so the loop looks again.
      await this.#whileAllowed(client, load.join(options));
    }
  }

  async #whileAllowed<T>(client: EngineClient, work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (thrown) {
      if (!this.#forbidden.has(client)) throw thrown;
      throw new AppError("request.cancelled", "The user would rather send nothing.");
    }
  }

  /** Before the user agreed, nothing starts. */
  async #permitRemote(
    kind: "answers" | "remote",
    { signal }: CallOptions,
  ): Promise<RemoteTarget | undefined> {
    const { chosen, remote } = this.#options;
    if (kind === "answers") return undefined;
    if (remote === undefined) throw new AppError("model.missing", "There is no server.");
    return await abortable(remote.permit(chosen().model), signal);
  }

  /** False when the child had another one. */
  async #hasRuntime(options: CallOptions): Promise<boolean> {
    const runtime = runtimeOf(this.#recovery.applied);
    if (this.#runtime !== undefined && this.#runtime !== runtime) {
      await this.#leaveRuntime(options);
      return false;
    }
    this.#runtime = runtime;
    return true;
  }

  async #answer(
    client: EngineClient,
    params: Params<"generate">,
    options: AskOptions,
  ): Promise<Result<"generate">> {
    const onStage = (stage: Stage): void => {
      if (stage.stage === "look" || stage.stage === "write") this.#step = stage.stage;
      this.#update();
      options.onStage?.(stage);
    };
    // A process that looks at a picture ahead says nothing until that is done, and the answer waits for it.
    if (!this.#foregroundGate.hasOthers) onStage({ stage: "look" });
    return await client.call("generate", params, { ...options, onStage });
  }

  async #releaseModel(name: string): Promise<void> {
    const isLoaded = await this.#loader.release(name);
    const client = this.#clients.get("answers");
    if (isLoaded && client !== undefined && isRunning(client)) await client.call("unload", {});
  }

  #leaveCuda(): void {
    if (this.#runtime === "cuda") this.#endAnswers();
  }

  /** The next question starts another child. */
  #endAnswers(): void {
    this.#runtime = undefined;
    this.#loader.lose();
    this.#clients.get("answers")?.stop();
  }

  async #inUse<T>(work: Promise<T>): Promise<T> {
    this.#uses.add(work);
    try {
      return await work;
    } finally {
      this.#uses.delete(work);
    }
  }

  /** Ends the child, because a process cannot load a second runtime. */
  async #leaveRuntime({ signal }: CallOptions): Promise<void> {
    if (this.#uses.size > 0) {
      // Whoever is being answered is answered to the end, and then the caller looks again.
      await abortable(Promise.allSettled([...this.#uses]), signal);
      return;
    }
    this.#options.logger.info(
      "The engine is started again, because the device needs another runtime.",
    );
    this.#endAnswers();
  }

  #createRecovery(): DeviceRecovery {
    const { chosen, logger, onDeviceOverruled } = this.#options;
    return new DeviceRecovery({
      chosen,
      clock: this.#clock,
      onFailed: (advice, error) => {
        logger.warn(`The device failed while it computed: ${error.message}`);
        // A device that failed once, such as a GPU that was lost, works only after a new start.
        this.#loader.lose(advice === "giveUp" ? error : undefined);
        if (advice !== "giveUp") this.#clients.get("answers")?.stop();
        this.#update();
      },
      onOverruled: (device, error) => {
        onDeviceOverruled?.(device, error);
      },
    });
  }

  async #client(kind: ProcessKind): Promise<EngineClient> {
    // Who audits needs no runtime of the engine.
    if (this.#options.unsupported !== undefined && kind !== "audit") {
      throw this.#options.unsupported;
    }
    // Two models at once would need the memory of both.
    await this.#gone;
    const { EngineClient: Client } = await import("../process/engineClient");
    if (this.#isDisposed) {
      const text = "The engine was shut down. Reload the window to start it.";
      throw new AppError("engine.exited", text);
    }
    const known = this.#clients.get(kind);
    if (known !== undefined) return known;
    const client = this.#createClient(kind, Client);
    this.#clients.set(kind, client);
    return client;
  }

  #createClient(kind: ProcessKind, Client: typeof EngineClient): EngineClient {
    const { startProcess, logger, limits, restart } = this.#options;
    const client = new Client({
      startProcess: () => startProcess(kind),
      logger,
      clock: this.#clock,
      idleMs: isAnswering(kind) ? this.#options.idleMs : () => HELPER_IDLE_MS,
      ...optional({ limits, restart }),
    });
    if (!isAnswering(kind)) return client;
    client.onStateChanged((state) => {
      if (state.kind !== "ready" && state.kind !== "busy") {
        this.#rssBytes = undefined;
        if (state.kind !== "starting" && kind === "answers") this.#runtime = undefined;
        // The next question then loads it again where its progress can be seen and cancelled.
        if (kind === "answers" || kind === this.#answering) this.#loader.lose();
      }
      this.#update();
      if (state.kind === "ready") this.#askMemory(client);
    });
    return client;
  }

  #askMemory(client: EngineClient): void {
    const note = (rssBytes: number | undefined): void => {
      if (this.#clients.get(this.#answering) !== client || !isRunning(client)) return;
      this.#rssBytes = rssBytes;
      this.#update();
    };
    // Only a fact for the status; a child that died meanwhile is reported by its calls.
    client.status().then(
      (reply) => {
        note(reply?.rssBytes);
      },
      () => undefined,
    );
  }

  #update(): void {
    const status = this.status;
    if (isSameStatus(status, this.#told)) return;
    this.#told = status;
    for (const listener of [...this.#listeners]) listener(status);
  }
}

/** What is computed with, and what for, which tells the model of a set. */
interface ModelNeed {
  readonly place: Computation;
  /** @default "answers" */
  readonly task?: Task;
}

/** CUDA is part of a runtime of its own, and a process can load only one. */
type Runtime = "cuda" | "usual";

function runtimeOf({ device }: LoadRequest): Runtime {
  return device === "cuda" ? "cuda" : "usual";
}

/** True for the processes that questions go to. */
function isAnswering(kind: ProcessKind): boolean {
  return kind === "answers" || kind === "remote";
}

function isRunning({ state }: EngineClient): boolean {
  return state.kind === "ready" || state.kind === "busy";
}
