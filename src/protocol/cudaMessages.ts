/** What host and child say about ONNX Runtime's CUDA libraries: plain data, and its run-time check. */

import type { JsonObject } from "../base/json";
import { child, count, oneOf, optional, text } from "./messageFields";

/** The methods about CUDA; each fails with `device.unavailable` where there is none to be had. */
export interface CudaMethods {
  /** What is installed and what is missing; answered at once. Asks no network. */
  readonly cudaStatus: {
    readonly params: Readonly<Record<string, never>>;
    readonly result: CudaStatusReply;
  };
  /** What an installation would take; asks the feed for the size and writes nothing. */
  readonly planCuda: { readonly params: CudaWay; readonly result: CudaPlanReply };
  /** Does what was planned; sends `progressed` with the step `download`. */
  readonly installCuda: { readonly params: InstallCudaParams; readonly result: InstallCudaReply };
  /** Deletes what was installed. */
  readonly removeCuda: {
    readonly params: Readonly<Record<string, never>>;
    readonly result: { readonly freedBytes: number };
  };
}

export type CudaMethod = keyof CudaMethods;

export interface CudaStatusReply {
  /** Folder of a provider that can be used. */
  readonly providerFolder?: string;
  /** NVIDIA's libraries that the provider asks for and nobody has, for people. */
  readonly missing?: string;
  /** Why the provider cannot be used, for people. */
  readonly problem?: string;
}

/** The way to the feed, where the editor's settings decide it. */
export interface CudaWay {
  /** Address of a proxy. @default what the environment says */
  readonly proxy?: string;
  /** Hosts that are reached without it, separated by commas. */
  readonly noProxy?: string;
}

/** Sizes in bytes. */
export interface CudaPlanWords {
  /** A folder, or the host, name and version of a package. */
  readonly source: string;
  readonly downloadBytes: number;
  /** At the most, while it is done. */
  readonly neededBytes: number;
  readonly freeBytes: number;
  /** Where it goes. */
  readonly folder: string;
}

export interface CudaPlanReply {
  /** Absent when everything is there already. */
  readonly plan?: CudaPlanWords;
}

export interface InstallCudaParams extends CudaWay {
  /** What the user agreed to; anything else is not done. */
  readonly agreed: Pick<CudaPlanWords, "source" | "downloadBytes">;
}

export interface InstallCudaReply {
  readonly outcome: "installed" | "present";
}

/** Reads the parameters. Each throws AppError `protocol.violation`. */
export const CUDA_PARAMS: {
  readonly [M in CudaMethod]: (params: JsonObject) => CudaMethods[M]["params"];
} = {
  cudaStatus: () => ({}),
  planCuda: readWay,
  installCuda: (params) => {
    const agreed = child(params, "agreed");
    return {
      ...readWay(params),
      agreed: {
        source: agreed.string("source"),
        downloadBytes: count(agreed, "downloadBytes"),
      },
    };
  },
  removeCuda: () => ({}),
};

/** Reads the results. Each throws AppError `protocol.violation`. */
export const CUDA_RESULTS: {
  readonly [M in CudaMethod]: (result: JsonObject) => CudaMethods[M]["result"];
} = {
  cudaStatus: (result) => ({
    ...optional("providerFolder", text(result, "providerFolder")),
    ...optional("missing", text(result, "missing")),
    ...optional("problem", text(result, "problem")),
  }),
  planCuda: (result) =>
    optional("plan", result.has("plan") ? readPlan(child(result, "plan")) : undefined),
  installCuda: (result) => ({ outcome: oneOf(result, "outcome", ["installed", "present"]) }),
  removeCuda: (result) => ({ freedBytes: count(result, "freedBytes") }),
};

function readWay(params: JsonObject): CudaWay {
  return {
    ...optional("proxy", text(params, "proxy")),
    ...optional("noProxy", text(params, "noProxy")),
  };
}

function readPlan(plan: JsonObject): CudaPlanWords {
  return {
    source: plan.string("source"),
    downloadBytes: count(plan, "downloadBytes"),
    neededBytes: count(plan, "neededBytes"),
    freeBytes: count(plan, "freeBytes"),
    folder: plan.string("folder"),
  };
}
