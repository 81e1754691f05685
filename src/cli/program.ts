/** The commands and their arguments; what they do is in a file of its own each, loaded when it runs. */

import { Command, Option } from "commander";
import { addMcp } from "./agents/agentsProgram";
import { ALT_PROBLEMS } from "../alt/wording/altText";
import { DESCRIPTION_BEAMS } from "../alt/write/describer";
import type { CheckContext } from "./check/checkContext";
import type { CheckFlags } from "./check/checkFlags";
import { addCheck } from "./check/checkProgram";
import type { AltListFlags } from "./documents/altListCommand";
import type { RightFlags } from "./documents/altRightCommand";
import type { AltWriteFlags } from "./documents/altWriteCommand";
import type { AskFlags, CaptionFlags } from "./ask/askCommand";
import type { ChatFlags } from "./ask/chatCommand";
import { type CliHost, contextOf, type Run } from "./terminal/cliContext";
import type { ConvertFlags } from "./models/convertCommand";
import type { CudaInstallFlags } from "./machine/cudaCommand";
import { addEval } from "./eval/evalProgram";
import { addBench } from "./measure/benchProgram";
import type { DoctorFlags } from "./machine/doctorCommand";
import { EXIT, failureOf } from "./terminal/failure";
import {
  addEngineFlags,
  addGenerationFlags,
  addModelFlags,
  addOutputFlags,
  type ModelFlags,
  type OutputFlags,
} from "./terminal/flags";
import { addExport } from "./models/exportProgram";
import type { InspectFlags } from "./models/inspectCommand";
import type { AddFlags } from "./models/modelsAddCommand";
import type { RemoveAllFlags } from "./models/modelsRemoveCommand";
import { storeRoot } from "../library/store/storeRoot";
import { Printer } from "./terminal/printer";
import { addMismatch, addSearch } from "./search/searchProgram";
import { addTrain } from "./train/trainProgram";
import type { VerifyFlags } from "./measure/verifyCommand";
import { DEVICE_CHOICES } from "../model/ask/device";

/**
 * Runs one command line and tells of its failure.
 * @param args without the program's own two.
 * @returns the exit code: 0 done, 1 failed, 2 wrong usage, 130 interrupted, 143 terminated.
 */
export async function runCli(args: readonly string[], host: CliHost): Promise<number> {
  const result: ExitCode = { value: EXIT.ok };
  try {
    await programOf(host, result).parseAsync(args, { from: "user" });
    return result.value;
  } catch (thrown) {
    const failure = failureOf(thrown, host.interrupts);
    const isJson = args.includes("--json");
    const printer = new Printer({ ...host, isJson, isQuiet: false });
    if (failure.line !== undefined) printer.failure(failure.line);
    if (isJson && failure.json !== undefined) printer.json(failure.json);
    return failure.exitCode;
  }
}

/** Commander's actions return nothing, so a command leaves its exit code here. */
interface ExitCode {
  value: number;
}

function programOf(host: CliHost, result: ExitCode): Command {
  const program = new Command("sightline")
    .description("Answers questions about pictures with BLIP-2, on this machine.")
    .version(host.version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print how a command is used")
    .helpCommand("help [command]", "print how a command is used")
    .showHelpAfterError("Run with --help for the usage.")
    .configureOutput({
      writeOut: (text) => host.stdout.write(text),
      writeErr: (text) => host.stderr.write(text),
      outputError: (text, write) => {
        write(`sightline: ${text.replace(/^error: /, "")}`);
      },
    })
    .exitOverride();
  const run: Run = async (flags, work) => {
    result.value = await work(contextOf(host, flags));
  };
  addAnswering(program, run);
  addScore(program, run);
  addSearch(program, run);
  addModels(program, run);
  addExport(program.command("export"), run);
  addVerify(program, run);
  addEval(program.command("eval"), run);
  addBench(program, run);
  addDoctor(program, run);
  addCuda(program.command("cuda"), run);
  addAlt(program, run, host);
  addMcp(program.command("mcp"), run);
  addTrain(program.command("train"), run, {
    documents: DOCUMENTS,
    addDocumentFlags: addAltFlags,
  });
  return program;
}

const IMAGE = "a picture file, or - for standard input";
const PICTURES =
  "picture files, folders of them, patterns such as 'photos/*.jpg', or - for standard input";

function addAnswering(program: Command, run: Run): void {
  addTableFlags(addGenerationFlags(addModelFlags(program.command("ask"))))
    .description("answer a question about a picture, or about each of many pictures")
    .argument("<image>", "a picture file, a folder of them, or - for standard input")
    .argument("[question...]", "the question, or with --question more pictures and folders")
    .option("--question <text>", "the question about all pictures that are named")
    .option("--jsonl", "print one JSON object per line, as --json does")
    .option(
      "--out <file>",
      "keep the answers in a table (.csv, .tsv, .jsonl); goes on where it stopped",
    )
    .option("--raw-prompt <text>", "exactly the text that the language model continues")
    .option(
      "--answers <file|a,b,c>",
      "choose among these, one on a line of a file, or between commas; BLIP's question models only",
    )
    .action((image: string, more: readonly string[], flags: AskFlags) =>
      run(flags, async (context) => {
        const { ask } = await import("./ask/askCommand");
        return ask(context, [image, ...more], flags);
      }),
    );
  addTableFlags(addGenerationFlags(addModelFlags(program.command("caption"))))
    .description("describe pictures, one line each; of a folder all that are below it")
    .argument("<image...>", PICTURES)
    .option("--prompt <prefix>", 'words that the description continues, such as "a photo of"')
    .action((images: readonly string[], flags: CaptionFlags) =>
      run(flags, async (context) => {
        const { caption } = await import("./ask/askCommand");
        return caption(context, images, flags);
      }),
    );
  addGenerationFlags(addModelFlags(program.command("chat")))
    .description("talk about a picture: one question per line, /new, /exit")
    .argument("<image>", "a picture file")
    .action((image: string, flags: ChatFlags) =>
      run(flags, async (context) => {
        const { chat } = await import("./ask/chatCommand");
        return chat(context, image, flags);
      }),
    );
}

function addTableFlags(command: Command): Command {
  const columns = "with the columns file, text and error";
  return command
    .option("--csv", `print a table for spreadsheets (RFC 4180) ${columns}`)
    .option("--tsv", `print a table with tabs between, ${columns}`);
}

function addScore(program: Command, run: Run): void {
  addModelFlags(program.command("score"), "a retrieval model of this machine")
    .description("score how well texts fit a picture, with a retrieval model")
    .argument("<image>", IMAGE)
    .argument("<text...>", "texts to compare with the picture")
    .action((image: string, texts: readonly string[], flags: ModelFlags) =>
      run(flags, async (context) => {
        const { score } = await import("./ask/scoreCommand");
        return score(context, { image, texts }, flags);
      }),
    );
}

function addModels(program: Command, run: Run): void {
  addOutputFlags(program.command("convert"))
    .description("convert a Hugging Face checkpoint to a model folder")
    .argument("<checkpoint>", "folder with config.json and safetensors files")
    .argument("<out>", "folder to create")
    .addOption(precisionFlag("precision of the weights, by part if need be"))
    .action((checkpoint: string, out: string, flags: ConvertFlags) =>
      run(flags, async (context) => {
        const { convert } = await import("./models/convertCommand");
        return convert(context, { checkpoint, out }, flags);
      }),
    );
  addOutputFlags(program.command("inspect"))
    .description("describe a model or a checkpoint")
    .argument("<target>", "name or folder of a model, or folder of a checkpoint")
    .option("--verify", "compare the model's files with the sha256 sums in its manifest")
    .action((target: string, flags: InspectFlags) =>
      run(flags, async (context) => {
        const { inspect } = await import("./models/inspectCommand");
        return inspect(context, target, flags);
      }),
    );
  addStore(program.command("models"), run);
}

function addStore(models: Command, run: Run): void {
  const list = (flags: OutputFlags): Promise<void> =>
    run(flags, async (context) => {
      const { models: listModels } = await import("./models/modelsCommand");
      return listModels(context);
    });
  addOutputFlags(models)
    .description("list the models that --model knows by name, and those that can be added")
    .action(list);
  addOutputFlags(models.command("list"))
    .description("the same")
    .action((_flags: OutputFlags, command: Command) => list(command.optsWithGlobals()));
  addOutputFlags(models.command("add"))
    .description("download a published checkpoint and convert it; continues where it was stopped")
    .argument("[name]", "its name in the list; with --from, what to call it")
    .option("--from <dir>", "import this checkpoint's folder instead; uses no network")
    .option("--precision <plan>", "precision of the weights (default: what fits this machine)")
    .option("--endpoint <url>", "a mirror of huggingface.co (default: HF_ENDPOINT)")
    .option("--yes", "download without a question; needed where nobody can be asked")
    .option("--keep", "keep the downloaded checkpoint, which takes its room on the disk")
    .action((name: string | undefined, _flags: AddFlags, command: Command) =>
      run(command.optsWithGlobals(), async (context) => {
        const { addAnyModel } = await import("./models/modelsAddCommand");
        return addAnyModel(context, name, command.optsWithGlobals());
      }),
    );
  addOutputFlags(models.command("remove"))
    .description("delete a model, the demo's conversion, or what has arrived of a download")
    .argument("[name]", "its name in the list")
    .option("--download", "the unfinished download, where a model has the same name")
    .option("--all", "all models, downloads and caches, as after uninstalling")
    .option("--yes", "with --all: without a question; needed where nobody can be asked")
    .action((name: string | undefined, _flags: RemoveAllFlags, command: Command) =>
      run(command.optsWithGlobals(), async (context) => {
        const { remove } = await import("./models/modelsRemoveCommand");
        return remove(context, name, command.optsWithGlobals());
      }),
    );
}

function addVerify(program: Command, run: Run): void {
  addOutputFlags(program.command("verify"))
    .description("compare every stage with values that transformers computed")
    .argument("<kit>", "folder with checkpoint, images, cases.json and tensors.safetensors")
    .addOption(precisionFlag("precision to convert the kit's checkpoint to"))
    .addOption(
      new Option("--device <device>", "where to compute").choices(DEVICE_CHOICES).default("cpu"),
    )
    .option("--remote <name>", "compare a server of remote.json, which serves the kit's checkpoint")
    .action((kit: string, flags: VerifyFlags) =>
      run(flags, async (context) => {
        const { verify } = await import("./measure/verifyCommand");
        return verify(context, kit, flags);
      }),
    );
}

function addDoctor(program: Command, run: Run): void {
  addOutputFlags(program.command("doctor"))
    .description("print what this machine has for models, and what would make answers faster")
    .addOption(new Option("--probe <device>").hideHelp())
    .action((flags: DoctorFlags) =>
      run(flags, async (context) => {
        const { doctor } = await import("./machine/doctorCommand");
        return doctor(context, flags);
      }),
    );
}

function addCuda(cuda: Command, run: Run): void {
  cuda.description("ONNX Runtime's CUDA libraries, for --device cuda on Linux x64");
  addOutputFlags(cuda.command("status"))
    .description("say what is installed, and which of NVIDIA's libraries are missing")
    .action((flags: OutputFlags) =>
      run(flags, async (context) => {
        const { cudaStatus } = await import("./machine/cudaCommand");
        return cudaStatus(context);
      }),
    );
  addOutputFlags(cuda.command("install"))
    .description("get them from a folder or by download; says first what it would do")
    .option("--yes", "do it")
    .option("--from <dir>", "a folder that has them (default: a download)")
    .action((flags: CudaInstallFlags) =>
      run(flags, async (context) => {
        const { cudaInstall } = await import("./machine/cudaCommand");
        return cudaInstall(context, flags);
      }),
    );
  addOutputFlags(cuda.command("remove"))
    .description("delete what was installed")
    .action((flags: OutputFlags) =>
      run(flags, async (context) => {
        const { cudaRemove } = await import("./machine/cudaCommand");
        return cudaRemove(context);
      }),
    );
}

const DOCUMENTS =
  "Markdown, HTML, JSX, Vue and other documents (the README lists them), folders of them, or patterns such as 'docs/**/*.md' and '!docs/old/**'";

function addAlt(program: Command, run: Run, host: CliHost): void {
  const alt = program.command("alt").description("find and write alternative texts in documents");
  addComparing(alt.command("check"), run, host);
  addOutputFlags(alt.command("right"))
    .description("call the texts of pictures right, whatever a model says of them")
    .argument("<place...>", "as `alt check` prints them, such as docs/page.md:12")
    .option("--baseline <file>", "where that is kept (default: .sightline-baseline.json)")
    .action((places: readonly string[], flags: RightFlags) =>
      run(flags, async (context) => {
        const { altRight } = await import("./documents/altRightCommand");
        return altRight(context, places, flags);
      }),
    );
  addAltFlags(addOutputFlags(alt.command("list")))
    .description("list pictures, their alt text and its problem (--json: one array)")
    .argument("<path...>", DOCUMENTS)
    .option(
      "--only <problems>",
      `only pictures with one of these: ${ALT_PROBLEMS.join(", ")}, unresolved`,
    )
    .option("--check", "exit with 1 when a picture that is listed has a problem")
    .action((paths: readonly string[], flags: AltListFlags) =>
      run(flags, async (context) => {
        const { altList } = await import("./documents/altListCommand");
        return altList(context, paths, flags);
      }),
    );
  addMismatch(alt.command("mismatch"), run, {
    documents: DOCUMENTS,
    addDocumentFlags: addAltFlags,
  });
  addAltFlags(addGenerationFlags(addModelFlags(alt.command("write"))))
    .description(
      `describe pictures, with ${DESCRIPTION_BEAMS} beams unless told otherwise, and write the texts into the documents`,
    )
    .argument("<path...>", DOCUMENTS)
    .option("--only <problems>", `one or more of ${ALT_PROBLEMS.join(", ")} (default: missing)`)
    .option("--dry-run", "change nothing, print a unified diff")
    .action((paths: readonly string[], flags: AltWriteFlags) =>
      run(flags, async (context) => {
        const { altWrite } = await import("./documents/altWriteCommand");
        return altWrite(context, paths, flags);
      }),
    );
}

type CompareFlags = CheckFlags & ModelFlags;

/** The audit, with a model beside it where somebody asks for one. */
function addComparing(command: Command, run: Run, host: CliHost): void {
  addCheck(command, (flags, work) =>
    run(flags, async (context) =>
      work({
        ...checkContextOf(host),
        compare: async (project, paths, images) => {
          const { comparePictures } = await import("./search/textComparison");
          const flags = command.opts<CompareFlags>();
          return comparePictures(context, { project, paths, flags, images });
        },
      }),
    ),
  );
  addEngineFlags(
    command
      .option(
        "--pictures",
        "compare texts with pictures, too, with a model (rules mismatch, decorative-doubt, image-of-text)",
      )
      .option(
        "--fix-swaps",
        "with --pictures: exchange two texts of one document that the model calls swapped",
      ),
    "with --pictures, a retrieval model of this machine",
  );
}

/** What the audit needs of the process. */
function checkContextOf(host: CliHost): CheckContext {
  const { stdout, stderr, stdin, version, programFile } = host;
  const context = { stdout, stderr, stdin, version, signal: host.interrupts.signal };
  if (programFile === undefined) return context;
  const root = (): string => storeRoot(host.environment);
  return { ...context, cachePlace: { root, programFile } };
}

function addAltFlags(command: Command): Command {
  const collect = (value: string, before: readonly string[] = []): string[] => [...before, value];
  return command
    .option("--component <name>", "a component that shows a picture, as <img> does", collect)
    .option("--site-root <dir>", "a folder that the site serves as its root", collect)
    .option("--config <file>", "this configuration and no other");
}

function precisionFlag(text: string): Option {
  return new Option(
    "--precision <plan>",
    `${text}: exact, balanced, small, f32, f16, int8, int4, decoder=int4:128 …`,
  ).default("f32");
}
