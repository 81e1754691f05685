/** A way for a debugger into the engine's processes, where whoever works on them asks for it. */

import { PROCESS_KINDS, type ProcessKind } from "../../model/ask/kinds";

/**
 * Options of Node for a process of the engine: SIGHTLINE_INSPECT names the port on this machine where the
 * one that answers waits for a debugger, and the others at the ports behind it, because a port can be open
 * in one process only. Without it, none.
 */
export function inspectorOptions(kind: ProcessKind, env: NodeJS.ProcessEnv): readonly string[] {
  const port = Number(env["SIGHTLINE_INSPECT"]);
  const isUsable = Number.isInteger(port) && port >= 1024 && port + PROCESS_KINDS.length <= 65536;
  return isUsable ? [`--inspect=127.0.0.1:${port + PROCESS_KINDS.indexOf(kind)}`] : [];
}
