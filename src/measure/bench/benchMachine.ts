/** What a report of a bench says of the machine and of our own versions. */

import { memoryFacts, processorFacts, programFacts } from "../../machine/machine";
import { presentNvidiaAdapters } from "../../machine/graphics";
import { systemFiles } from "../../machine/systemFiles";
import type { BenchMachine, BenchVersions } from "./benchReport";

/** Never throws: what cannot be found out is empty. */
export async function describeThisMachine(): Promise<BenchMachine> {
  const files = systemFiles();
  const { model, usableCores, simd = [] } = await processorFacts(files);
  const { totalBytes } = await memoryFacts(files);
  const adapters = (await presentNvidiaAdapters(files)).map(({ name }) => name);
  return { processor: model, nCores: usableCores, simd, memoryBytes: totalBytes, adapters };
}

/** @param sightline our own version. */
export async function ourVersions(sightline: string): Promise<BenchVersions> {
  const { onnxRuntime } = await programFacts(sightline);
  return { sightline, ...(onnxRuntime === undefined ? {} : { onnxRuntime }) };
}
