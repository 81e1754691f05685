/** What other windows are told of an engine. */

import type { EngineEntry } from "../../roll/engineRoll";
import type { EngineStatus } from "./engine";

/** What other windows are told of an engine; nothing while it holds no model. */
export function rollEntryOf(
  { kind, model, server, rssBytes }: EngineStatus,
  plannedBytes: number,
): Omit<EngineEntry, "pid"> | undefined {
  if (server !== undefined) return undefined;
  switch (kind) {
    case "starting":
    case "loading":
      return { holder: "window", model, state: "loading", bytes: plannedBytes };
    case "ready":
    case "busy":
      return { holder: "window", model, state: kind, bytes: rssBytes ?? plannedBytes };
    case "off":
    case "failed":
    case "unsupported":
      return undefined;
  }
}
