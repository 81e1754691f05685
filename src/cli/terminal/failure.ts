/** How a failure is told: the line on stderr, the JSON on stdout, the exit code. */

import { CommanderError } from "commander";
import { AppError, isCancelled, type ErrorCode } from "../../base/errors";
import { flagOf } from "./flags";
import type { Interrupts } from "./interrupts";
import { oneLine } from "../../base/cleanText";

export const EXIT = { ok: 0, failed: 1, usage: 2 } as const;

/** What a program gets with `--json` when a command fails. */
export interface FailureJson {
  readonly error: { readonly code: ErrorCode; readonly message: string };
}

export interface Failure {
  readonly exitCode: number;
  /** One line without the line break; absent when there is nothing to say or it was already said. */
  readonly line?: string;
  readonly json?: FailureJson;
}

/**
 * A wrong command line is 2, being told to stop is what the interrupt asks for, all else is 1.
 * Commander writes its own line and tells it by `exitCode` 0 when help or the version was asked for.
 */
export function failureOf(thrown: unknown, interrupts: Interrupts): Failure {
  if (thrown instanceof CommanderError) return usageFailure(thrown);
  if (isCancelled(thrown) && interrupts.exitCode !== undefined) {
    return { exitCode: interrupts.exitCode };
  }
  const error = inFlags(AppError.from(inPlace(thrown)));
  const exitCode = error.code === "option.invalid" ? EXIT.usage : EXIT.failed;
  return { exitCode, line: oneLine(`sightline: ${error.message}`), json: failureJson(error) };
}

/** Node.js asks for the working directory with each relative path. */
function inPlace(thrown: unknown): unknown {
  if ((thrown as { syscall?: unknown } | undefined)?.syscall !== "uv_cwd") return thrown;
  const message =
    "The folder that this shell is in does not exist any more. Change to another one.";
  return new AppError("document.missing", message, { cause: thrown });
}

/** The object under `error`, for one picture of several too. */
export function failureJson(thrown: unknown): FailureJson {
  const { code, message } = AppError.from(thrown);
  return { error: { code, message } };
}

function usageFailure(error: CommanderError): Failure {
  if (error.exitCode === 0) return { exitCode: EXIT.ok };
  // Without a command commander prints the help and has no words for programs.
  const message =
    error.code === "commander.help"
      ? "The command is missing. Use: sightline COMMAND …"
      : error.message.replace(/^error: /, "");
  return { exitCode: EXIT.usage, json: { error: { code: "option.invalid", message } } };
}

/** The engine names an option as programs do; here it is a flag. */
function inFlags(error: AppError): AppError {
  const option = error.detail?.["option"];
  if (typeof option !== "string" || !error.message.startsWith(option)) return error;
  return new AppError(error.code, flagOf(option) + error.message.slice(option.length), {
    cause: error.cause,
  });
}
