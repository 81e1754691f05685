/** ONNX Runtime's CUDA libraries behind the server's port. */

import { AppError } from "../base/errors";
import type { EnginePort } from "./enginePort";
import type { Environment } from "../machine/environment";
import type { ModelStore } from "../library/store/modelStore";
import type { InstalledPackage } from "../machine/onnxRuntimePackage";
import type { CudaPlan } from "../model/ask/models";
import type { Params } from "../protocol/methods";

export interface CudaPlace {
  readonly store: ModelStore;
  readonly environment: Pick<Environment, "env">;
  /** @default the one that runs here */
  readonly runtime?: InstalledPackage;
}

/** The modules are read at their first use, as those of the engine. */
export function createCudaMethods(
  place: CudaPlace,
): Pick<EnginePort, "cudaStatus" | "planCuda" | "installCuda" | "removeCuda"> {
  const { store, environment } = place;
  const { env } = environment;
  const known = place.runtime === undefined ? {} : { runtime: place.runtime };
  return {
    cudaStatus: async () => {
      const { expectRuntime } = await import("../library/cuda/cudaInstall");
      const { describeMissing } = await import("../library/cuda/cudaLibraries");
      const { cudaFacts } = await import("../library/cuda/cudaProvider");
      const runtime = place.runtime ?? (await expectRuntime());
      const facts = await cudaFacts({ store, env, runtime });
      const { providerFolder, missingLibraries, problem } = facts;
      return {
        ...(providerFolder === undefined ? {} : { providerFolder }),
        ...(missingLibraries.length === 0 ? {} : { missing: describeMissing(missingLibraries) }),
        ...(problem === undefined ? {} : { problem }),
      };
    },
    planCuda: async (way, { signal }) => {
      const { installCuda } = await import("../library/cuda/cudaInstall");
      let plan: CudaPlan | undefined;
      await installCuda({
        ...{ ...known, store, signal, env: withProxy(env, way), onProgress: () => undefined },
        consent: (told) => {
          plan = told;
          return false;
        },
      });
      return plan === undefined ? {} : { plan };
    },
    installCuda: async ({ agreed, ...way }, { signal, onProgress }) => {
      const { installCuda } = await import("../library/cuda/cudaInstall");
      const outcome = await installCuda({
        ...{ ...known, store, signal, env: withProxy(env, way) },
        onProgress: (progress) => {
          onProgress({ ...progress, step: "download" });
        },
        consent: ({ source, downloadBytes }) =>
          source === agreed.source && downloadBytes === agreed.downloadBytes,
      });
      if (outcome !== "declined") return { outcome };
      throw new AppError(
        "download.failed",
        "What would be installed is not what was agreed to any more. Nothing was done; set up CUDA again to see what it is now.",
        { detail: { source: agreed.source } },
      );
    },
    removeCuda: async () => {
      const { removeCuda } = await import("../library/cuda/cudaInstall");
      return { freedBytes: await removeCuda(store) };
    },
  };
}

/** The environment is where the feed's client looks for a proxy; the editor's comes before it. */
function withProxy(
  env: Environment["env"],
  { proxy, noProxy }: Params<"planCuda">,
): Environment["env"] {
  return {
    ...env,
    ...(proxy === undefined
      ? {}
      : { HTTPS_PROXY: proxy, HTTP_PROXY: proxy, https_proxy: proxy, http_proxy: proxy }),
    ...(noProxy === undefined ? {} : { NO_PROXY: noProxy, no_proxy: noProxy }),
  };
}
