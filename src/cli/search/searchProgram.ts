/** The commands of search and their arguments. */

import { type Command, Option } from "commander";
import type { Run } from "../terminal/cliContext";
import { addModelFlags } from "../terminal/flags";
import type { FindFlags, SimilarFlags } from "./findCommand";
import type { IndexFlags } from "./indexCommand";
import type { SearchFlags } from "./searchRun";
import type { MismatchFlags } from "./mismatchCommand";

const WHERE =
  "folders, picture files or patterns; .gitignore and .sightlineignore are heeded (default: this folder)";

export function addSearch(program: Command, run: Run): void {
  addIndexFlag(addSearchFlags(program.command("index")))
    .description("look at pictures once, so that they are found at once; goes on where it stopped")
    .argument("<path...>", WHERE)
    .option("--shard <i/n>", "with --index: look at part i of n, so that n machines share the work")
    .action((paths: readonly string[], flags: IndexFlags) =>
      run(flags, async (context) => {
        const { index } = await import("./indexCommand");
        return index(context, paths, flags);
      }),
    );
  addCount(addIndexFlag(addSearchFlags(program.command("find"))))
    .description("find pictures by words, with a retrieval model")
    .argument("<words...>", `what the pictures show; behind it ${WHERE}`)
    .addOption(
      new Option("--rerank <n>", "pictures that are read together with the words")
        .argParser(Number)
        .default(32),
    )
    .action((given: readonly string[], flags: FindFlags) =>
      run(flags, async (context) => {
        const { find } = await import("./findCommand");
        return find(context, given, flags);
      }),
    );
  addCount(addIndexFlag(addSearchFlags(program.command("similar"))))
    .description("find the pictures that are most like a picture")
    .argument("<file>", "a picture file, or - for standard input")
    .argument("[path...]", WHERE)
    .action((file: string, paths: readonly string[], flags: SimilarFlags) =>
      run(flags, async (context) => {
        const { similar } = await import("./findCommand");
        return similar(context, { file, paths }, flags);
      }),
    );
  addIndexFlag(addSearchFlags(program.command("duplicates")))
    .description("find files that are the same picture, and pictures that look alike")
    .argument("[path...]", WHERE)
    .action((paths: readonly string[], flags: SearchFlags) =>
      run(flags, async (context) => {
        const { duplicates } = await import("./duplicatesCommand");
        return duplicates(context, paths, flags);
      }),
    );
}

/** Texts that belong to another picture. */
export function addMismatch(
  command: Command,
  run: Run,
  of: {
    /** What documents are. */
    readonly documents: string;
    readonly addDocumentFlags: (command: Command) => Command;
  },
): void {
  of.addDocumentFlags(addSearchFlags(command))
    .description("find alternative texts that describe another picture than their own")
    .argument("<path...>", of.documents)
    .option("--check", "exit with 1 when there is such a text")
    .option("--baseline <file>", "texts that are right (default: .sightline-baseline.json)")
    .option("--evaluate", "change texts in memory, and count how many would be found")
    .action((paths: readonly string[], flags: MismatchFlags) =>
      run(flags, async (context) => {
        const { altMismatch } = await import("./mismatchCommand");
        return altMismatch(context, paths, flags);
      }),
    );
}

/** The default model is another one than that of questions. */
function addSearchFlags(command: Command): Command {
  return addModelFlags(command, "a retrieval model of this machine");
}

function addIndexFlag(command: Command): Command {
  return command.option(
    "--index <server>",
    "keep what is seen on a Qdrant server, such as qdrant:https://HOST:6333 (default: this machine)",
  );
}

function addCount(command: Command): Command {
  return command.addOption(
    new Option("--k <n>", "how many pictures at most").argParser(Number).default(20),
  );
}
