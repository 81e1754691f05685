/**
 * Which entries of a model can be written once some of the checkpoint's weight files are there, and
 * which tensors of a file have to be kept for entries that need another file too. Reads nothing.
 */

import type { DataFilePlan, PlacedEntry } from "../weights/dataFile";
import type { ModelPlan } from "./modelPlan";
import type { TensorInfo } from "../checkpoint/tensorInfo";

/** An entry, the file that it goes to and the weight files that it is made of. */
interface SourcedEntry {
  readonly data: DataFilePlan;
  readonly placed: PlacedEntry;
  readonly sources: ReadonlySet<string>;
}

export class ShardPlan {
  readonly #entries: readonly SourcedEntry[];

  constructor({ dataFiles }: Pick<ModelPlan, "dataFiles">) {
    this.#entries = dataFiles.flatMap((data) =>
      data.entries.map((placed) => ({
        data,
        placed,
        sources: new Set(placed.entry.tensors.map(({ file }) => file)),
      })),
    );
  }

  /**
   * The entries that one more file completes, in the order of the data files.
   * @param taken files that were there before; entries without a source come with the very first one.
   */
  completedBy(file: string, taken: ReadonlySet<string>): readonly SourcedEntry[] {
    const before = this.writtenWith(taken);
    const after = this.writtenWith(new Set([...taken, file]));
    return this.#entries.filter((entry) => after.has(entry.placed) && !before.has(entry.placed));
  }

  /** The entries that are written when these files were taken. */
  writtenWith(taken: ReadonlySet<string>): ReadonlySet<PlacedEntry> {
    if (taken.size === 0) return new Set();
    return new Set(
      this.#entries
        .filter(({ sources }) => [...sources].every((file) => taken.has(file)))
        .map(({ placed }) => placed),
    );
  }

  /** Where the last entry ends that is written in a data file when these files were taken. */
  endOf(data: DataFilePlan, taken: ReadonlySet<string>): number {
    const written = this.writtenWith(taken);
    return data.entries
      .filter((placed) => written.has(placed))
      .reduce((end, { places }) => Math.max(end, places.at(-1)?.end ?? 0), 0);
  }

  /** True when an entry that is not written yet needs tensors of a file that was taken. */
  isAwaited(file: string, taken: ReadonlySet<string>): boolean {
    const written = this.writtenWith(taken);
    return this.#entries.some(({ placed, sources }) => sources.has(file) && !written.has(placed));
  }

  /** The tensors of a file that are used together with those of another one, each once. */
  sharedTensors(file: string): readonly TensorInfo[] {
    const shared = new Map<string, TensorInfo>();
    for (const { placed, sources } of this.#entries) {
      if (sources.size < 2 || !sources.has(file)) continue;
      for (const tensor of placed.entry.tensors) {
        if (tensor.file === file) shared.set(tensor.name, tensor);
      }
    }
    return [...shared.values()];
  }
}
