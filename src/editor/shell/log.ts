/** The output channel "Sightline"; the user chooses its level in the editor. */

import * as vscode from "vscode";
import type { Logger } from "../../base/logger";

/** A logger whose lines the user can read. */
export interface Log extends Logger {
  /** Brings the lines to the front. */
  show(): void;
  dispose(): void;
}

/** Opens the channel, which stays hidden until somebody looks. */
export function openLog(): Log {
  return vscode.window.createOutputChannel("Sightline", { log: true });
}
