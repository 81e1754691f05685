/** `sightline bench`: what is timed, and how. */

import { type Command, Option } from "commander";
import { BENCH_MODELS } from "../../measure/bench/benchModels";
import { DEVICES } from "../../model/ask/device";
import type { Run } from "../terminal/cliContext";
import { addOutputFlags } from "../terminal/flags";
import type { BenchFlags } from "./benchCommand";
import type { BenchSearchFlags } from "./benchSearchCommand";
import type { BenchTrainFlags } from "./benchTrainCommand";

/** What is timed; an answer where neither is asked for. */
interface BenchKind {
  readonly search?: boolean;
  readonly train?: boolean;
}

export function addBench(program: Command, run: Run): void {
  addOutputFlags(program.command("bench"))
    .description("time a model of a published size with made-up weights")
    .addOption(
      new Option("--model <name>", "the published checkpoint whose sizes it has")
        .choices(BENCH_MODELS)
        .default("opt-2.7b"),
    )
    .option("--precision <list>", "precisions as for convert, such as balanced,small", "small")
    .addOption(new Option("--device <device>", "where to compute").choices(DEVICES).default("cpu"))
    .addOption(
      new Option("--runs <n>", "measurements to take the median of").argParser(Number).default(3),
    )
    .option("--python <path>", "a Python with transformers, which is timed in turn")
    .option("--dtype <list>", "of transformers: bf16, f16, f32 (default: bf16,f32; f16 on a GPU)")
    .option("--whole", "time each precision also with the image encoder held in memory")
    .option("--profile", "tell which operators take the time of an answer, on the CPU")
    .option("--dir <dir>", "folder for 15 GB of weights and the models (default: in the cache)")
    .option(
      "--train",
      "time a step of stage 1 instead, at full size; --python times torch's in turn",
    )
    .addOption(
      new Option("--batch <n>", "with --train: pictures in a step").argParser(Number).default(8),
    )
    .option("--search", "time finding pictures instead, over made-up ones")
    .option("--pictures <n,…>", "with --search: how many pictures", "10000,100000")
    .option("--recall <n,n>", "with --search: pictures and texts to compare with f32", "20000,1000")
    .option("--duplicates <n,…>", "with --search: pictures to compare with each other", "10000")
    .option("--chart <file>", "draw the result as an SVG picture")
    .option("--from <files...>", "time nothing; read what earlier runs printed with --json")
    .addOption(new Option("--measure <folder>").hideHelp())
    .addOption(new Option("--convert <folder>").hideHelp())
    .action((flags: BenchFlags & BenchSearchFlags & BenchTrainFlags & BenchKind) =>
      run(flags, async (context) => {
        if (flags.train === true) {
          const { benchTrain } = await import("./benchTrainCommand");
          return benchTrain(context, flags);
        }
        if (flags.search === true) {
          const { benchSearch } = await import("./benchSearchCommand");
          return benchSearch(context, flags);
        }
        const { bench } = await import("./benchCommand");
        return bench(context, flags);
      }),
    );
}
