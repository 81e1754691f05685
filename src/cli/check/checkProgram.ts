/** The arguments of `alt check`; what it does is loaded when it runs. */

import { type Command, InvalidArgumentError } from "commander";
import { LEVELS, RULE_IDS } from "../../audit/rule";
import type { CheckContext } from "./checkContext";
import type { CheckFlags } from "./checkFlags";

/** @param run gives the command what it needs of the process, and keeps the exit code. */
export function addCheck(
  command: Command,
  run: (flags: CheckFlags, work: (context: CheckContext) => Promise<number>) => Promise<void>,
): void {
  const collect = (value: string, before: readonly string[] = []): string[] => [...before, value];
  command
    .description("audit the alternative texts of documents, for people, hooks and CI")
    .argument("[path...]", "documents, folders of them, or patterns such as 'docs/**/*.md'")
    .option("--changed [ref]", "only what differs from a branch or commit, or from the last commit")
    .option(
      "--history",
      "ask git which pictures changed after their texts were written (rule stale)",
    )
    .option("--ignore-unknown", "pass over named files that are no documents, as hooks name them")
    .option("--stdin", "check a document from standard input")
    .option("--stdin-filename <file>", "the name of that document, which tells its language")
    .option(
      "--fail-on <level>",
      `exit with 1 from this level on: ${LEVELS.join(", ")} (default: warn)`,
    )
    .option("--max-findings <n>", "exit with 1 only for more findings than that", wholeNumber)
    .option(
      "--format <name[=file]>",
      "text, json, sarif, csv, markdown, rdjson, github or junit",
      collect,
    )
    .option("--json", "as --format json")
    .option("--quiet", "print no notes and no sum")
    .option(
      "--baseline <file>",
      "findings that are known already (default: .sightline-baseline.json)",
    )
    .option("--update-baseline", "take all findings for known")
    .option("--prune-baseline", "take known findings that are gone out of the baseline")
    .option("--strict-baseline", "exit with 1 when the baseline has findings that are gone")
    .option("--fix", "mend what needs no judgement")
    .option(
      "--rule <id=level>",
      `another level for a rule, or off: ${RULE_IDS.join(", ")}`,
      collect,
    )
    .option("--config <file>", "this configuration and no other")
    .option("--print-config <file>", "say what applies to a document, and from where")
    .option("--no-cache", "read every document anew, and keep nothing")
    .option("--report-unused", "tell comments that take nothing back")
    .option("--component <name>", "a component that shows a picture, as <img> does", collect)
    .option("--site-root <dir>", "a folder that the site serves as its root", collect)
    .action((paths: readonly string[], flags: CheckFlags) =>
      run(flags, async (context) => {
        const { altCheck } = await import("./checkCommand");
        return altCheck(context, paths, flags);
      }),
    );
}

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("It must be a whole number.");
  return Number(text);
}
