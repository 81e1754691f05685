/** `alt check`: the audit on the command line, for people, hooks and servers. Loads no engine. */

import type { AuditRun } from "../../audit/report/reportRun";
import { REPORTS } from "../../audit/report/reports";
import { sumOf } from "../../audit/report/textReport";
import { AppError, isCancelled } from "../../base/errors";
import { ProjectDocuments } from "../documents/projectDocuments";
import { checkCacheOf } from "./checkCache";
import type { CheckContext } from "./checkContext";
import { writeWhole } from "./checkFiles";
import { formatsOf, levelsOf, type CheckFlags } from "./checkFlags";
import { CheckRun } from "./checkRun";

/** Exit codes, those of most linters: a crash must not look like findings. */
export const CHECK_EXIT = { ok: 0, findings: 1, failed: 2 } as const;

/**
 * @returns 0 when nothing is at `--fail-on` or above, 1 for findings, 2 for wrong usage, a configuration
 * with a mistake in it, and what could not be read or written.
 * @throws AppError `request.cancelled`.
 */
export async function altCheck(
  context: CheckContext,
  paths: readonly string[],
  flags: CheckFlags,
): Promise<number> {
  try {
    return await checked(context, paths, flags);
  } catch (thrown) {
    if (isCancelled(thrown)) throw thrown;
    context.stderr.write(`sightline: ${AppError.from(thrown).message}\n`);
    return CHECK_EXIT.failed;
  }
}

async function checked(
  context: CheckContext,
  paths: readonly string[],
  flags: CheckFlags,
): Promise<number> {
  const formats = formatsOf(flags);
  const project = await ProjectDocuments.with(flags, levelsOf(flags));
  if (flags.printConfig !== undefined) {
    const explained = await project.configs.explained(flags.printConfig);
    context.stdout.write(`${JSON.stringify(explained, null, 2)}\n`);
    return CHECK_EXIT.ok;
  }
  const cache = await checkCacheOf(context, flags);
  const compare = flags.pictures === true ? context.compare : undefined;
  if (compare !== undefined && flags.stdin === true) {
    throw new AppError(
      "option.invalid",
      "--pictures compares documents on the disk. Leave --stdin out.",
    );
  }
  if (flags.fixSwaps === true && compare === undefined) {
    throw new AppError(
      "option.invalid",
      "--fix-swaps needs --pictures, and a program with models.",
    );
  }
  const run = new CheckRun(context, flags, { project, cache, ...(compare && { compare }) });
  await run.checkAll(paths);
  await cache?.close();
  const findings = await run.afterBaseline();
  const audit: AuditRun = { ...run.facts(), findings };
  for (const { format, file } of formats) {
    const text = REPORTS[format](audit);
    if (file === undefined) context.stdout.write(text);
    else await writeWhole(file, text);
  }
  run.note(sumOf(audit));
  const max = flags.maxFindings;
  const isTooMany =
    max === undefined ? findings.some((each) => run.isFailure(each)) : findings.length > max;
  if (run.hasFailed) return CHECK_EXIT.failed;
  return isTooMany || run.hasStaleBaseline ? CHECK_EXIT.findings : CHECK_EXIT.ok;
}
