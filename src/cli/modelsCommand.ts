/** `models`: what --model can name. */

import { formatBytes } from "../base/bytes";
import { DEMO_MODEL, listModels, type StoredModel } from "../engine/modelStore";
import type { CliContext } from "./cliContext";
import { demoFolder } from "./demoModel";
import { EXIT } from "./failure";
import { precisionsOf, totalBytes } from "./modelSummary";
import { formatTable } from "./text";

/** One line of the list. */
export interface ModelEntry {
  readonly name: string;
  /** Absent for a demo that was never used. */
  readonly folder?: string;
  /** `bundled`: comes with the program and is converted when it is first used. */
  readonly state: "ready" | "bundled" | "damaged" | "unsupported";
  readonly kind?: "generation" | "retrieval";
  readonly languageModel?: "opt" | "t5";
  readonly precision?: string;
  readonly bytes?: number;
  /** What is wrong with it. */
  readonly problem?: string;
}

/** Lists the demo and the models of the store. */
export async function models(context: CliContext): Promise<number> {
  const { printer, store, host } = context;
  const demo = await demoFolder({ checkpoint: host.demoCheckpoint, store }).catch(() => undefined);
  const entries = modelEntries(await listModels(store), demo);
  if (printer.isJson) printer.json({ folder: store.modelsDir, models: entries });
  else printer.text(modelTable(entries, store.modelsDir));
  return EXIT.ok;
}

/**
 * The demo first, the others by name.
 * @param demo folder of this version's demo; undefined when the program came without one.
 */
export function modelEntries(
  stored: readonly StoredModel[],
  demo: string | undefined,
): readonly ModelEntry[] {
  const isDemo = ({ folder }: StoredModel): boolean => folder === demo;
  const converted = stored.filter(isDemo).map((model) => entryOf({ ...model, name: DEMO_MODEL }));
  const bundled: readonly ModelEntry[] =
    demo === undefined || converted.length > 0 ? [] : [{ name: DEMO_MODEL, state: "bundled" }];
  const others = stored.filter((model) => !isDemo(model)).map(entryOf);
  return [...converted, ...bundled, ...others];
}

export function modelTable(entries: readonly ModelEntry[], folder: string): string {
  const rows = entries.map((entry) => [
    entry.name,
    entry.kind ?? "",
    entry.languageModel?.toUpperCase() ?? "",
    entry.precision ?? "",
    entry.bytes === undefined ? "" : formatBytes(entry.bytes),
    stateText(entry),
  ]);
  const heading = ["NAME", "KIND", "LANGUAGE MODEL", "PRECISION", "SIZE", "STATE"];
  return `${formatTable([heading, ...rows], [4])}\nModels are kept in ${folder}\n`;
}

function entryOf({ name, folder, model, problem }: StoredModel): ModelEntry {
  if (model === undefined) {
    const state = problem?.code === "model.unsupported" ? "unsupported" : "damaged";
    return { name, folder, state, ...(problem === undefined ? {} : { problem: problem.message }) };
  }
  const { config, manifest } = model;
  return {
    name,
    folder,
    state: "ready",
    kind: config.kind,
    ...(config.kind === "generation" ? { languageModel: config.text.kind } : {}),
    precision: precisionsOf(manifest),
    bytes: totalBytes(manifest.files),
  };
}

function stateText({ state, problem }: ModelEntry): string {
  if (state === "bundled") return "converted when first used";
  return problem === undefined ? state : `${state}: ${problem}`;
}
