/** What the model manager and the status bar are given, with an engine that follows a script. */

import { AppError } from "../../src/base/errors";
import { silentLogger } from "../../src/base/logger";
import type { Services } from "../../src/editor/shell/services";
import type { EngineApi, EngineStatus } from "../../src/host/service/engine";
import type { ImportPlan, ModelEntry } from "../../src/model/ask/models";
import type { CatalogEntryReply, Result } from "../../src/protocol/methods";
import { callsOf } from "./engineCalls";
import type { CallOptions } from "../../src/protocol/rpcClient";
import type { OtherEngine } from "../../src/roll/engineRoll";

export const GENERATION: ModelEntry = {
  name: "opt",
  folder: "/store/opt",
  bytes: 4e9,
  kind: "generation",
  architecture: "BLIP-2 OPT",
  precision: "int8",
};
export const RETRIEVAL: ModelEntry = {
  ...GENERATION,
  name: "itm",
  folder: "/store/itm",
  kind: "retrieval",
  architecture: "BLIP-2 ITM",
};
export const DAMAGED: ModelEntry = {
  name: "hurt",
  folder: "/store/hurt",
  bytes: 12,
  problem: "manifest.json is not valid JSON.",
};
export const PLAN: ImportPlan = {
  name: "new",
  out: "/store/new",
  precision: "int4",
  kind: "generation",
  architecture: "BLIP-2 T5",
  sourceBytes: 15.5e9,
  modelBytes: 2e9,
  freeBytes: 50e9,
};

export const OFFER: CatalogEntryReply = {
  name: "blip2-opt-2.7b",
  title: "BLIP-2 OPT-2.7B",
  kind: "generation",
  repository: "Salesforce/blip2-opt-2.7b",
  licence: "MIT",
  imageSize: 224,
  downloadBytes: 15.5e9,
  diskBytes: 4.4e9,
  memoryBytes: 5.3e9,
  costs: [
    { profile: "exact", diskBytes: 15.5e9, memoryBytes: 15.8e9 },
    { profile: "balanced", diskBytes: 4.4e9, memoryBytes: 5.3e9 },
    { profile: "small", diskBytes: 2.8e9, memoryBytes: 3.5e9 },
  ],
  use: "altTexts",
  goodAt: "Descriptions and simple questions; the fastest BLIP-2",
  models: [],
  partialBytes: 0,
  isUnfinished: false,
  isCached: false,
};

/** What a test arranges and what then happened. */
export interface ModelWorld {
  readonly services: Services;
  status: EngineStatus;
  /** Tells the listeners. */
  readonly tell: (status: EngineStatus) => void;
  models: ModelEntry[];
  plan: ImportPlan;
  /** The catalogue; none unless a test wants one. */
  offers: CatalogEntryReply[];
  /** Its sets; none unless a test wants one. */
  sets: CatalogEntryReply[];
  /** What cannot be had yet; nothing unless a test wants it. */
  later: Result<"catalog">["later"][number][];
  /** Free on the disk, in bytes. */
  freeBytes: number;
  /** What the whole store holds. */
  contents: Result<"storeContents">;
  /** Engines of other windows. */
  others: OtherEngine[];
  /** How often they were asked. */
  nAskedOthers: number;
  /** What there is of CUDA, before and after an installation. */
  cuda: {
    status: Result<"cudaStatus"> | AppError;
    readonly installed: Result<"cudaStatus">;
    readonly plan: Result<"planCuda">;
  };
  /** What the secret storage holds. */
  readonly secrets: Map<string, string>;
  /** Models that cannot be loaded. */
  readonly broken: Set<string>;
  /** What was shown by the notices. */
  readonly failures: readonly AppError[];
  /** Does once more what failed last. */
  again: (() => Promise<unknown>) | undefined;
  /** What `addModel` fails with, one for each call. */
  readonly downloadFailures: AppError[];
  /** Calls of the engine, such as `convert /store/new`, and changes of the setting. */
  readonly done: string[];
}

/** Services with the demo chosen. */
export function createModelWorld(): ModelWorld {
  const done: string[] = [];
  const listeners = new Set<(status: EngineStatus) => void>();
  let chosen = "demo";
  const settings = {
    get model() {
      return chosen;
    },
    device: "auto",
    setHubEndpoint: (address: string) => {
      settings.hub = { ...settings.hub, endpoint: address };
      done.push(`mirror ${address}`);
      return Promise.resolve();
    },
    setModel: (name: string) => {
      chosen = name;
      done.push(`choose ${name}`);
      return Promise.resolve();
    },
    searchModel: undefined as string | undefined,
    setSearchModel: (name: string | undefined) => {
      settings.searchModel = name;
      done.push(`find with ${name ?? "any"}`);
      return Promise.resolve();
    },
    hub: { endpoint: "https://huggingface.co", proxy: "http://proxy:3128" },
    remoteEndpoints: [] as readonly unknown[],
  };
  const secrets = new Map<string, string>();
  const memory = new Map<string, unknown>();
  const context = {
    globalState: {
      get: (key: string) => memory.get(key),
      update: (key: string, value: unknown) => Promise.resolve(void memory.set(key, value)),
    },
    secrets: {
      get: (key: string) => Promise.resolve(secrets.get(key)),
      store: (key: string, value: string) => Promise.resolve(void secrets.set(key, value)),
      delete: (key: string) => Promise.resolve(void secrets.delete(key)),
    },
  };
  const failures: AppError[] = [];
  const notices = {
    describe: (error: AppError) => ({ text: error.message, actions: [] }),
    guard: async (work: () => Promise<unknown>) => {
      try {
        return await work();
      } catch (thrown) {
        failures.push(AppError.from(thrown));
        world.again = () => notices.guard(work);
        return undefined;
      }
    },
  };
  const world: ModelWorld = {
    // The other services are for other features.
    services: {
      engine: engineOf(() => world, { done, listeners, chosen: () => chosen }),
      settings,
      context,
      notices,
      log: silentLogger,
    } as unknown as Services,
    status: { kind: "off", model: "demo" },
    tell: (status) => {
      world.status = status;
      for (const listener of [...listeners]) listener(status);
    },
    models: [{ name: "demo", bytes: 0 }, GENERATION, RETRIEVAL, DAMAGED],
    plan: PLAN,
    offers: [],
    sets: [],
    later: [],
    freeBytes: 50e9,
    contents: {
      ...{ folder: "/home/store", foreign: [] },
      ...{ modelBytes: 4e9, downloadBytes: 2e9, cudaBytes: 0, cacheBytes: 1e6 },
    },
    others: [],
    nAskedOthers: 0,
    cuda: {
      status: {},
      installed: { providerFolder: "/store/cuda" },
      plan: {
        plan: {
          ...{ source: "feed.example: Gpu.Linux 1.30.0", folder: "/store/cuda" },
          ...{ downloadBytes: 2e8, neededBytes: 1e9, freeBytes: 50e9 },
        },
      },
    },
    secrets,
    broken: new Set(),
    failures,
    again: undefined,
    downloadFailures: [],
    done,
  };
  return world;
}

interface EngineScript {
  readonly done: string[];
  readonly listeners: Set<(status: EngineStatus) => void>;
  readonly chosen: () => string;
}

function engineOf(worldOf: () => ModelWorld, script: EngineScript): EngineApi {
  const { done, listeners, chosen } = script;
  const unexpected = (): never => {
    throw new Error("The manager asks no questions.");
  };
  const cudaCall = async (method: string, params: object, options?: CallOptions): Promise<void> => {
    done.push(`${method} ${JSON.stringify(params)}`);
    options?.onProgress?.({ doneBytes: 1e8, totalBytes: 2e8, step: "download" });
    await cancelPoint(options);
    const { status } = worldOf().cuda;
    if (status instanceof AppError) throw status;
  };
  return {
    get status() {
      return worldOf().status;
    },
    onStatusChanged: (listener) => {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    generate: unexpected,
    score: unexpected,
    prepare: unexpected,
    call: callsOf({
      models: () => ({ folder: "/store", freeBytes: 50e9, models: worldOf().models }),
      planImport: async ({ checkpoint, precision }, options) => {
        done.push(["plan", checkpoint, precision].filter((word) => word !== undefined).join(" "));
        await cancelPoint(options);
        const { plan } = worldOf();
        return precision === undefined ? plan : { ...plan, precision, modelBytes: 1e9 };
      },
      convert: async ({ out, precision }, options) => {
        done.push(`convert ${out} ${precision ?? ""}`);
        options?.onProgress?.({ doneBytes: 1.2e9, totalBytes: 4e9 });
        await cancelPoint(options);
        return { folder: out };
      },
      deleteModel: ({ name }) => {
        done.push(`delete ${name}`);
        return Promise.resolve({ freedBytes: 4e9 });
      },
      catalog: () => {
        const { freeBytes, offers: entries, sets, later } = worldOf();
        return Promise.resolve({ freeBytes, entries, sets, later });
      },
      addModel: async ({ name, precision, hub }, options) => {
        done.push(`add ${name} ${precision ?? "?"} ${JSON.stringify(hub)}`);
        options?.onStage?.({ stage: "connect", host: "huggingface.co", nth: 1, nTries: 7 });
        const failure = worldOf().downloadFailures.shift();
        if (failure !== undefined) throw failure;
        options?.onStage?.({ stage: "connect", host: "huggingface.co", nth: 2, nTries: 7 });
        options?.onProgress?.({ doneBytes: 1e9, totalBytes: 4e9, step: "download" });
        const converted = { step: "download", convertedBytes: 3e8 } as const;
        options?.onProgress?.({ doneBytes: 2e9, totalBytes: 4e9, ...converted });
        options?.onProgress?.({ doneBytes: 1e9, totalBytes: 2e9, step: "convert" });
        await cancelPoint(options);
        const { kind } = worldOf().offers.find((entry) => entry.name === name) ?? OFFER;
        return { name, folder: `/store/${name}`, source: "hub", kind };
      },
      deleteDownload: ({ name }) => {
        done.push(`discard ${name}`);
        return Promise.resolve({ freedBytes: 1e9 });
      },
      storeContents: () => worldOf().contents,
      emptyStore: () => {
        done.push("empty");
        return { freedBytes: 6e9, left: worldOf().contents.foreign };
      },
      cudaStatus: async (params, options) => {
        await cudaCall("cudaStatus", params, options);
        return worldOf().cuda.status as Result<"cudaStatus">;
      },
      planCuda: async (params, options) => {
        await cudaCall("planCuda", params, options);
        return worldOf().cuda.plan;
      },
      installCuda: async (params, options) => {
        await cudaCall("installCuda", params, options);
        const { cuda } = worldOf();
        cuda.status = cuda.installed;
        return { outcome: "installed" };
      },
      removeCuda: async (params, options) => {
        await cudaCall("removeCuda", params, options);
        return { freedBytes: 8e8 };
      },
    }),
    otherEngines: () => {
      worldOf().nAskedOthers++;
      return Promise.resolve(worldOf().others);
    },
    warmUp: async (options) => {
      done.push(`load ${chosen()}`);
      await cancelPoint(options);
      if (worldOf().broken.has(chosen())) {
        throw new AppError("model.corrupt", `${chosen()} is damaged.`);
      }
      worldOf().status = { kind: "ready", model: chosen(), device: "cpu" };
    },
    endRemote: () => {
      done.push("endRemote");
      return Promise.resolve();
    },
    restart: () => {
      done.push("restart");
      return Promise.resolve();
    },
    dispose: () => Promise.resolve(),
  };
}

/** Long enough for a user who presses Cancel at once. */
async function cancelPoint(options: CallOptions | undefined): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
  if (options?.signal?.aborted === true) throw new AppError("request.cancelled", "Cancelled.");
}
