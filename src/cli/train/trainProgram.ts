/** `sightline train …`: the commands that make a model learn. */

import { type Command, Option } from "commander";
import { FIT_TASKS } from "../../model/ask/kinds";
import { STAGES } from "../../train/stages/stageNames";
import type { Run } from "../terminal/cliContext";
import { addOutputFlags, parseNumber } from "../terminal/flags";
import type { TrainFitFlags } from "./trainFitCommand";
import type { TrainStageFlags } from "./trainStageCommand";
import type { TrainPairsFlags } from "./trainPairsCommand";

/** @param documents What a path may be, as the commands on documents say it. */
export function addTrain(
  train: Command,
  run: Run,
  {
    documents,
    addDocumentFlags,
  }: { documents: string; addDocumentFlags: (to: Command) => Command },
): void {
  train.description("learn from pictures and texts");
  addDocumentFlags(addOutputFlags(train.command("pairs")))
    .description("collect pictures and the texts that people wrote for them, to learn from")
    .argument("<path...>", documents)
    .option("-o, --out <file>", "where the pairs go, one JSON object a line", "pairs.jsonl")
    .action((paths: readonly string[], flags: TrainPairsFlags) =>
      run(flags, async (context) => {
        const { trainPairs } = await import("./trainPairsCommand");
        return trainPairs(context, paths, flags);
      }),
    );
  addOutputFlags(train.command("fit"))
    .description(
      "fine-tune a model on pairs; a new model comes of it if a held-out fifth gets better",
    )
    .argument(
      "<pairs>",
      "what `train pairs` writes, or a folder of pictures with texts beside them",
    )
    .option("--model <name|dir>", "a model of `sightline models` or a folder (default: demo)")
    .addOption(
      new Option("--task <task>", "what it learns (default: what it does)").choices(FIT_TASKS),
    )
    .option("--name <name>", "of the new model (default: the old one's with -learnt)")
    .addOption(number("--epochs <n>", "how often each text is seen at most (default: 5, demos 20)"))
    .addOption(number("--batch <n>", "texts in a step; more need more memory (default: 8)"))
    .addOption(number("--rate <x>", "of learning (default: 0.00001, demos 0.001)"))
    .action((pairs: string, flags: TrainFitFlags) =>
      run(flags, async (context) => {
        const { trainFit } = await import("./trainFitCommand");
        return trainFit(context, pairs, flags);
      }),
    );
  const stages = {
    stage1: "match pictures with texts: contrast, matching and captions, as a file says",
    stage2: "speak through a frozen language model, as a file says",
  } as const;
  for (const stage of STAGES) {
    addOutputFlags(train.command(stage))
      .description(stages[stage])
      .requiredOption("--config <file>", "JSON: start, pairs, out, steps and more")
      .action((flags: TrainStageFlags) =>
        run(flags, async (context) => {
          const { trainStageCommand } = await import("./trainStageCommand");
          return trainStageCommand(context, stage, flags);
        }),
      );
  }
}

function number(flag: string, text: string): Option {
  return new Option(flag, text).argParser(parseNumber);
}
