/** How things stand with the engine, put together from what its parts know; pure. */

import type { AppError } from "../../base/errors";
import { optional } from "../../base/optional";
import type { CpuFallback } from "./devicePolicy";
import type { EngineStatus } from "./engine";
import type { EngineState } from "../process/engineClient";
import type { ModelLoader } from "./modelLoader";
import { isSameReason } from "../../model/ask/device";
import { remoteName } from "../../model/ask/remoteName";
import { setNamed } from "../../model/ask/modelSets";

export interface EngineFacts {
  /** The chosen model's or set's name. */
  readonly model: string;
  /** Set while the CPU stands in for the chosen device. */
  readonly overruled?: CpuFallback | undefined;
  readonly unsupported: AppError | undefined;
  /** Of the child that answers; absent when there never was one. */
  readonly client: EngineState | undefined;
  /** True while a question is being answered; a picture that is looked at ahead is nobody's concern. */
  readonly isAsked: boolean;
  /** What is done for the question. */
  readonly step: EngineStatus["step"];
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
    ...optional({
      server: loaded?.server ?? remoteName(model),
      maxParallel: loaded?.maxParallel,
      member: setNamed(model) && loaded?.name,
      device: loaded?.device,
      deviceReason: loaded?.deviceReason,
      precision: loaded?.precision,
      world: loaded?.world,
      overruled: loaded && facts.overruled?.why,
      step: kind === "busy" ? facts.step : undefined,
      error: kind === "failed" ? error : undefined,
      progress,
      rssBytes,
    }),
  };
}

/** True when nobody could tell the difference. */
export function isSameStatus(a: EngineStatus, b: EngineStatus): boolean {
  return (
    a.kind === b.kind &&
    a.model === b.model &&
    a.server === b.server &&
    a.maxParallel === b.maxParallel &&
    a.member === b.member &&
    a.device === b.device &&
    a.step === b.step &&
    a.precision === b.precision &&
    a.world === b.world &&
    isSameReason(a.deviceReason, b.deviceReason) &&
    a.overruled === b.overruled &&
    a.progress?.doneBytes === b.progress?.doneBytes &&
    a.progress?.totalBytes === b.progress?.totalBytes &&
    a.rssBytes === b.rssBytes &&
    a.error === b.error
  );
}

function kindOf(
  { client, isAsked, loader }: EngineFacts,
  error: AppError | undefined,
): EngineStatus["kind"] {
  const isThere = client?.kind === "ready" || client?.kind === "busy";
  if (loader.isLoading) return isThere ? "loading" : "starting";
  if (error !== undefined) return "failed";
  if (client?.kind === "starting") return "starting";
  if (client?.kind === "busy" && isAsked) return "busy";
  return isThere && loader.loaded !== undefined ? "ready" : "off";
}
