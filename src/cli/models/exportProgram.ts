/** `sightline export`: models in the form of other programs. */

import { Option, type Command } from "commander";
import { formatBytes } from "../../base/bytes";
import { type FoundModel, findNamedModel } from "../../library/open/openNamedModel";
import type { TritonDevice } from "../../library/export/modelConfig";
import type { CliContext, Run } from "../terminal/cliContext";
import { EXIT } from "../terminal/failure";
import { addOutputFlags, type OutputFlags } from "../terminal/flags";

interface TritonFlags extends OutputFlags {
  readonly for: TritonDevice;
}

const DEVICES = ["gpu", "cpu"] as const satisfies readonly TritonDevice[];

export function addExport(command: Command, run: Run): void {
  command.description("write a model in the form of another program");
  addOutputFlags(command.command("triton"))
    .description(
      "write the graphs of a model that look at pictures and compare texts as a model repository for Triton Inference Server, or another server of KServe v2 that reads one",
    )
    .argument("<model>", "name or folder of a model")
    .argument("<out>", "folder to create")
    .addOption(
      new Option("--for <device>", "where the server computes").choices(DEVICES).default("gpu"),
    )
    .action((model: string, out: string, flags: TritonFlags) =>
      run(flags, (context) => triton(context, { model, out }, flags)),
    );
}

/** @throws AppError as `findNamedModel` and `exportTriton`. */
async function triton(
  { store, host, signal, printer }: CliContext,
  { model, out }: { readonly model: string; readonly out: string },
  flags: TritonFlags,
): Promise<number> {
  const { exportTriton } = await import("../../library/export/tritonRepository");
  const found: FoundModel = await findNamedModel({
    ...{ model, store, signal, demoCheckpoint: host.demoCheckpoint },
  });
  const { graphs, bytes } = await exportTriton({
    ...{ folder: found.folder, out, device: flags.for, signal },
  });
  if (printer.isJson) printer.json({ folder: out, graphs, bytes });
  else {
    printer.text(`${out}: ${graphs.length} graphs, ${formatBytes(bytes)} of weights\n`);
    const entry = { name: "graphs", url: "https://…", dialect: "kserve", model: found.name };
    printer.note(
      `Start the server with this folder, and add it to remote.json as ${JSON.stringify(entry)}.`,
    );
  }
  return EXIT.ok;
}
