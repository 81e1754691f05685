/**
 * One step of the precision report in a process of its own, because the report itself is not TypeScript.
 * Usage: `node precisionChild.js JOB`, where JOB is a JSON text of `PrecisionJob`. Says what it found as
 * one line of JSON.
 */

import { writeSync } from "node:fs";
import { AppError } from "../../src/base/errors";
import { runVerify } from "../../src/measure/verify/verify";
import { openCheckpoint } from "../../src/convert/checkpoint/checkpoint";
import { planConversion, plannedBytes } from "../../src/convert/plan/conversionPlan";
import { convertModel } from "../../src/convert/convertModel";
import type { ModelPlan } from "../../src/convert/plan/modelPlan";
import { TensorReader } from "../../src/convert/checkpoint/tensorReader";
import { memoryBytesOf } from "../../src/model/folder/memoryEstimate";
import { accuracy, agreement, demoQuestions, relativeError, runDemo } from "./demoRun";

/** What can be asked for; folders and files are paths, `precision` is as `convert --precision`. */
export type PrecisionJob =
  | { readonly kind: "plan"; readonly checkpoint: string; readonly precision: string }
  | {
      readonly kind: "convert";
      readonly checkpoint: string;
      readonly out: string;
      readonly precision: string;
    }
  | { readonly kind: "verify"; readonly kit: string; readonly precision: string }
  | { readonly kind: "demo"; readonly folder: string; readonly reference?: string };

async function run(job: PrecisionJob): Promise<unknown> {
  switch (job.kind) {
    case "plan": {
      const reader = new TensorReader();
      const checkpoint = await openCheckpoint(job.checkpoint);
      const plan = planConversion({ checkpoint, precision: job.precision }, reader);
      return { bytes: plannedBytes(plan), memoryBytes: plannedMemory(plan.model) };
    }
    case "convert": {
      const { manifest } = await convertModel(job);
      return { bytes: manifest.files.reduce((sum, { bytes }) => sum + bytes, 0) };
    }
    case "verify": {
      const report = await runVerify(job.kit, { precision: job.precision });
      return { stages: report.stages, generation: report.generation };
    }
    case "demo":
      return compareDemo(job.folder, job.reference);
  }
}

/** As `memoryBytesOf` of the manifest that the plan will have. */
function plannedMemory({ parts, dataFiles }: ModelPlan): number {
  return memoryBytesOf({
    parts: parts.map(({ name, graphFile, data, precision }) => ({
      ...{ name, precision, graph: graphFile, data: data?.fileName },
    })),
    files: dataFiles.map(({ fileName, bytes }) => ({ path: fileName, bytes, sha256: "" })),
  });
}

/** Accuracy on all questions, and the peak of the memory; with a reference model also how far the two are apart. */
async function compareDemo(folder: string, reference: string | undefined): Promise<unknown> {
  const questions = await demoQuestions();
  const ours = await runDemo(folder, questions);
  // The reference would raise the peak.
  const peakBytes = process.resourceUsage().maxRSS * 1024;
  const own = { accuracy: accuracy(ours.answers, questions), peakBytes };
  if (reference === undefined) return own;
  const theirs = await runDemo(reference, questions);
  return {
    ...own,
    imageFeatures: relativeError(ours.imageFeatures, theirs.imageFeatures),
    logits: relativeError(ours.logits, theirs.logits),
    agreement: agreement(ours.answers, theirs.answers),
  };
}

async function main(): Promise<void> {
  try {
    const result = await run(JSON.parse(process.argv[2] ?? "") as PrecisionJob);
    writeSync(1, `${JSON.stringify(result)}\n`);
  } catch (thrown) {
    writeSync(2, `${AppError.from(thrown).message}\n`);
    process.exitCode = 1;
  }
}

void main();
