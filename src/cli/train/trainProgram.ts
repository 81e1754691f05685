/** `sightline train …`: the commands that make a model learn. */

import type { Command } from "commander";
import type { Run } from "../terminal/cliContext";
import { addOutputFlags } from "../terminal/flags";
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
}
