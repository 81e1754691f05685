/** A way for a debugger into the engine's processes, where whoever works on them asks for it. */

import type { ProcessKind } from "../../protocol/methods";

/** Ports follow one another in this order, because a port can be open in one process only. */
const ORDER: readonly ProcessKind[] = ["answers", "pictures", "models", "downloads"];

/**
 * Options of Node for a process of the engine: SIGHTLINE_INSPECT names the port on this machine where the
 * one that answers waits for a debugger, and the others at the ports behind it. Without it, none.
 */
export function inspectorOptions(kind: ProcessKind, env: NodeJS.ProcessEnv): readonly string[] {
  const port = Number(env["SIGHTLINE_INSPECT"]);
  const isUsable = Number.isInteger(port) && port >= 1024 && port + ORDER.length <= 65536;
  return isUsable ? [`--inspect=127.0.0.1:${port + ORDER.indexOf(kind)}`] : [];
}
