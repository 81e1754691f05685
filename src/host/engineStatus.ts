/** How things stand with the engine, put together from what its parts know; pure. */

import type { AppError } from "../base/errors";
import type { EngineStatus } from "./engine";
import type { EngineState } from "./engineClient";
import type { ModelLoader } from "./modelLoader";

export interface EngineFacts {
  /** The chosen model's name. */
  readonly model: string;
  readonly unsupported: AppError | undefined;
  /** Of the child that answers; absent when there never was one. */
  readonly client: EngineState | undefined;
  readonly loader: Pick<ModelLoader, "isLoading" | "progress" | "loaded" | "error">;
  readonly rssBytes: number | undefined;
}

/** The status that these facts amount to. */
export function statusOf(facts: EngineFacts): EngineStatus {
  const { model, unsupported, client, loader, rssBytes } = facts;
  if (unsupported !== undefined) return { kind: "unsupported", model, error: unsupported };
  const error = loader.error ?? (client?.kind === "failed" ? client.error : undefined);
  const kind = kindOf(facts, error);
  const { loaded, progress } = loader;
  return {
    kind,
    model,
    ...(loaded === undefined ? {} : { device: loaded.device }),
    ...(loaded?.deviceReason === undefined ? {} : { deviceReason: loaded.deviceReason }),
    ...(progress === undefined ? {} : { progress }),
    ...(rssBytes === undefined ? {} : { rssBytes }),
    ...(kind === "failed" && error !== undefined ? { error } : {}),
  };
}

/** True when nobody could tell the difference. */
export function isSameStatus(a: EngineStatus, b: EngineStatus): boolean {
  return (
    a.kind === b.kind &&
    a.model === b.model &&
    a.device === b.device &&
    a.deviceReason === b.deviceReason &&
    a.progress?.doneBytes === b.progress?.doneBytes &&
    a.progress?.totalBytes === b.progress?.totalBytes &&
    a.rssBytes === b.rssBytes &&
    a.error === b.error
  );
}

function kindOf(
  { client, loader }: EngineFacts,
  error: AppError | undefined,
): EngineStatus["kind"] {
  const isThere = client?.kind === "ready" || client?.kind === "busy";
  if (loader.isLoading) return isThere ? "loading" : "starting";
  if (error !== undefined) return "failed";
  if (client?.kind === "starting" || client?.kind === "busy") return client.kind;
  return client?.kind === "ready" && loader.loaded !== undefined ? "ready" : "off";
}
