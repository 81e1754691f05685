/** The flags of `alt check`, and what their words mean. */

import { LEVELS, RULE_IDS, type Level, type RuleId } from "../../audit/rule";
import { REPORT_FORMATS, type ReportFormat } from "../../audit/report/reports";
import { AppError } from "../../base/errors";
import type { ConfigFlags } from "../documents/documentConfigs";

/** As commander gives them. */
export interface CheckFlags extends ConfigFlags {
  readonly changed?: string | boolean;
  readonly ignoreUnknown?: boolean;
  readonly stdin?: boolean;
  readonly stdinFilename?: string;
  readonly failOn?: string;
  readonly maxFindings?: number;
  readonly format?: readonly string[];
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly baseline?: string;
  readonly updateBaseline?: boolean;
  readonly pruneBaseline?: boolean;
  readonly strictBaseline?: boolean;
  readonly fix?: boolean;
  readonly rule?: readonly string[];
  readonly printConfig?: string;
  readonly reportUnused?: boolean;
  /** Asks git when pictures and texts changed last. */
  readonly history?: boolean;
  /** With `fix` and `pictures`: exchanges texts of one document that a model calls swapped. */
  readonly fixSwaps?: boolean;
  /** Asks a model that compares. */
  readonly pictures?: boolean;
  /** False for `--no-cache`. */
  readonly cache?: boolean;
}

export interface WantedReport {
  readonly format: ReportFormat;
  /** Standard output without one. */
  readonly file: string | undefined;
}

/** `--format sarif=out.sarif --format text`. @throws AppError `option.invalid`. */
export function formatsOf({ format = [], json }: CheckFlags): WantedReport[] {
  const wanted = format.map((given) => {
    const equals = given.indexOf("=");
    const name = equals < 0 ? given : given.slice(0, equals);
    const known = REPORT_FORMATS.find((each) => each === name);
    if (known === undefined || equals === given.length - 1) {
      throw new AppError(
        "option.invalid",
        `--format does not know "${given}". Use one of ${REPORT_FORMATS.join(", ")}, with =FILE behind it to write one.`,
      );
    }
    return { format: known, file: equals < 0 ? undefined : given.slice(equals + 1) };
  });
  if (wanted.filter(({ file }) => file === undefined).length > 1) {
    throw new AppError(
      "option.invalid",
      "Only one --format can go to standard output. Write the others to files, as in --format sarif=out.sarif.",
    );
  }
  const isPrinted = wanted.some(({ file }) => file === undefined);
  if (json === true && isPrinted) {
    throw new AppError(
      "option.invalid",
      "--json and --format both go to standard output. Leave one out, or write --format NAME=FILE.",
    );
  }
  if (json === true) return [...wanted, { format: "json", file: undefined }];
  if (wanted.length > 0) return wanted;
  return [{ format: "text", file: undefined }];
}

/** `--rule missing=error`. @throws AppError `option.invalid`. */
export function levelsOf({ rule = [] }: CheckFlags): Map<RuleId, Level | "off"> {
  const levels = new Map<RuleId, Level | "off">();
  for (const given of rule) {
    const [name = "", level = ""] = given.split("=");
    const id = RULE_IDS.find((each) => each === name);
    const known = (["off", ...LEVELS] as const).find((each) => each === level);
    if (id === undefined || known === undefined) {
      throw new AppError(
        "option.invalid",
        `--rule does not know "${given}". Write a rule and a level, as in missing=error: ${RULE_IDS.join(", ")}; off, ${LEVELS.join(", ")}.`,
      );
    }
    levels.set(id, known);
  }
  return levels;
}
