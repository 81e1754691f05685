/** `sightline mcp`: the tools for agents. */

import { stat } from "node:fs/promises";
import path from "node:path";
import { InvalidArgumentError, Option, type Command } from "commander";
import { AppError, throwIfAborted } from "../../base/errors";
import { DEVICE_CHOICES, type DeviceChoice } from "../../model/ask/device";
import { WRITES } from "../../tools/limits";
import { TOOLS } from "../../tools/toolTable";
import type { CliContext, Run } from "../terminal/cliContext";
import { EXIT } from "../terminal/failure";

export interface McpFlags {
  readonly root?: readonly string[];
  readonly model?: string;
  readonly device: DeviceChoice;
  readonly idleMinutes: number;
}

/** A day, as the editor has it. */
const MAX_IDLE_MINUTES = 1440;

export function addMcp(mcp: Command, run: Run): void {
  mcp
    .description("serve tools that look at pictures to agents (MCP over standard input and output)")
    .addOption(
      new Option(
        "--root <dir>",
        "folder whose pictures may be read; may be given several times (default: the client's)",
      ).argParser((dir: string, earlier: readonly string[] | undefined) => [
        ...(earlier ?? []),
        dir,
      ]),
    )
    .option("--model <name>", "a model of `sightline models` (default: the best that is installed)")
    .addOption(
      new Option("--device <device>", "where to compute").choices(DEVICE_CHOICES).default("auto"),
    )
    .addOption(
      new Option("--idle-minutes <n>", "give up the model after this long without a call")
        .argParser(minutesOf)
        .default(10),
    )
    .addHelpText("after", `\nTools:\n${toolLines()}\n\nLimits: ${WRITES}`)
    .action((flags: McpFlags) => run({}, (context) => serve(context, flags)));
}

function toolLines(): string {
  return TOOLS.map(({ name, title }) => `  ${name.padEnd(18)}${title.toLowerCase()}`).join("\n");
}

async function serve(context: CliContext, flags: McpFlags): Promise<number> {
  const { host, signal } = context;
  const roots = await Promise.all((flags.root ?? []).map(folderOf));
  if (host.serveMcp === undefined) throw new AppError("internal", "There is no server here.");
  const { model, device, idleMinutes } = flags;
  await host.serveMcp({ roots, model, device, idleMinutes, signal });
  throwIfAborted(signal);
  return EXIT.ok;
}

/** @throws AppError `option.invalid`. */
async function folderOf(dir: string): Promise<string> {
  const folder = path.resolve(dir);
  const found = await stat(folder).catch(() => undefined);
  if (found?.isDirectory() === true) return folder;
  throw new AppError("option.invalid", `--root ${dir} is no folder.`);
}

function minutesOf(text: string): number {
  const minutes = Number(text);
  if (minutes >= 1 && minutes <= MAX_IDLE_MINUTES) return minutes;
  throw new InvalidArgumentError(`It must be a number from 1 to ${MAX_IDLE_MINUTES}.`);
}
