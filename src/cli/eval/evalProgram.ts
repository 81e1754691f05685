/** `sightline eval …`: the benchmarks of the paper, predicted and scored. */

import { Argument, type Command, InvalidArgumentError, Option } from "commander";
import { EVAL_TASKS, type EvalTask } from "../../measure/eval/tasks";
import type { Run } from "../terminal/cliContext";
import { addOutputFlags, type OutputFlags } from "../terminal/flags";
import { PRESETS } from "../../measure/eval/predict/preset";
import { DEVICE_CHOICES } from "../../model/ask/device";
import type { EvalFlags } from "./evalRun";
import type { ReportFlags } from "./evalReportCommand";
import type { ScoreFlags } from "./evalScoreCommand";

export function addEval(evaluation: Command, run: Run): void {
  evaluation.description("repeat the tables of the BLIP-2 paper");
  addRun(evaluation, run, true);
  addRun(evaluation.command("predict").description("only predict; score later"), run, false);
  addScore(evaluation.command("score"), run);
  addReports(evaluation, run);
}

function addReports(evaluation: Command, run: Run): void {
  addOutputFlags(evaluation.command("report"))
    .description("what evaluations have found, beside the paper's figures")
    .argument("<result...>", "folders of evaluations, or their result.json")
    .option("--chart <file>", "draw the figures as an SVG picture")
    .action((places: readonly string[], _flags: ReportFlags, acted: Command) => {
      const flags: ReportFlags = acted.optsWithGlobals();
      return run(flags, async (context) => {
        const { evalReport } = await import("./evalReportCommand");
        return evalReport(context, places, flags);
      });
    });
  addOutputFlags(evaluation.command("selftest"))
    .description("score the captions that coco-caption publishes with its figures")
    .requiredOption("--coco <dir>", "folder with captions_val2014.json and coco-caption's results")
    .action((_flags: OutputFlags, acted: Command) => {
      const flags: OutputFlags & { readonly coco: string } = acted.optsWithGlobals();
      return run(flags, async (context) => {
        const { evalSelfTest } = await import("./evalReportCommand");
        return evalSelfTest(context, flags);
      });
    });
  addOutputFlags(evaluation.command("reproduce"))
    .description("for each row of the paper's tables the command, and what it needs")
    .action((_flags: OutputFlags, acted: Command) =>
      run(acted.optsWithGlobals(), async (context) => {
        const { evalReproduce } = await import("./evalReportCommand");
        return evalReproduce(context);
      }),
    );
}

/** Of the benchmark itself the command scores too. */
function addRun(command: Command, run: Run, isScored: boolean): void {
  addScoringFlags(addOutputFlags(command))
    .addArgument(task())
    .option("--data <dir>", "the benchmark's folder: its files and pictures as published", ".")
    .option(
      "--model <name|dir>",
      "a model of `sightline models`, a folder, or remote:NAME (default: the demo; of retrieval the best that compares)",
    )
    .addOption(
      new Option("--device <device>", "where to compute").choices(DEVICE_CHOICES).default("auto"),
    )
    .option("--split <name>", "which part of the benchmark (default: the paper's)")
    .addOption(
      new Option("--preset <name>", "prompt and decoding: of the paper, or of LAVIS today")
        .choices(PRESETS)
        .default("paper"),
    )
    .option("--shard <i/n>", "only part i of n; the last to be finished puts all together")
    .addOption(
      new Option("--processes <n>", "predict in n processes of this machine").argParser(
        wholeNumber,
      ),
    )
    .option("--out <dir>", "where predictions and result go (default: eval/TASK-MODEL)")
    .addOption(
      new Option("--limit <n>", "only the first n items, as a part").argParser(wholeNumber),
    )
    .action((name: EvalTask, _flags: EvalFlags, acted: Command) => {
      const flags: EvalFlags = acted.optsWithGlobals();
      return run(flags, async (context) => {
        const { evaluate } = await import("./evalCommand");
        return evaluate(context, name, { ...flags, isScored });
      });
    });
}

const task = (): Argument => new Argument("<task>", "the benchmark").choices(EVAL_TASKS);

function addScore(score: Command, run: Run): void {
  addScoringFlags(addOutputFlags(score))
    .description("score predictions, anybody's, with the benchmark's own metric")
    .addArgument(task())
    .requiredOption("--predictions <file...>", "results in the benchmark's format, of all shards")
    .option("--split <name>", "of a file that holds several", "test")
    .option("--intervals", "with --json, give 95 % intervals too, over pictures")
    .action((name: EvalTask, _flags: ScoreFlags, acted: Command) => {
      const flags: ScoreFlags = acted.optsWithGlobals();
      return run(flags, async (context) => {
        const { evalScore } = await import("./evalScoreCommand");
        return evalScore(context, name, flags);
      });
    });
}

function addScoringFlags(command: Command): Command {
  return command
    .option("--annotations <file>", "the benchmark's answers or captions")
    .option("--questions <file>", "the benchmark's questions; of gqa they hold the answers")
    .option("--allow-missing", "score what is there, as a part")
    .option(
      "--lemmatizer <command>",
      "of okvqa: reads answers, writes dictionary forms, line by line",
    )
    .option("--coco-caption <dir>", "of captions: a folder with the official METEOR and SPICE")
    .option("--java <command>", "what starts Java", "java")
    .addOption(
      new Option("--k <n>", "of retrieval: length of the shortlists")
        .argParser(wholeNumber)
        .default(128),
    );
}

/** @throws InvalidArgumentError, which commander turns into a usage error naming the flag. */
export function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) {
    throw new InvalidArgumentError("It must be a whole number above 0.");
  }
  return Number(text);
}
