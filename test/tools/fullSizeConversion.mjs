// Converts a checkpoint with the tensors of a published one, all zeros in sparse files, in a process
// of its own, and compares its peak memory with the converter's bound: 300 MB + 3 × the largest tensor.
//   npm run dryrun:convert -- [--model opt-2.7b|flan-t5-xl] [--precision int8:128] [--cpu-prof FOLDER]
// Needs free disk for the output: 4 GB for int8, 16 GB for f32. The exit code is 1 above the bound.
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { publishedConfig, publishedModels } from "./publishedSizes.mjs";

const { values: flags } = parseArgs({
  options: {
    model: { type: "string", default: "opt-2.7b" },
    precision: { type: "string", default: "int8:128" },
    "cpu-prof": { type: "string" },
  },
});
const model = publishedModels[flags.model];
if (model === undefined) {
  console.error(`--model is one of ${Object.keys(publishedModels).join(", ")}.`);
  process.exit(2);
}

const tools = path.resolve("out", "tools");
await build({
  ...{ bundle: true, platform: "node", format: "cjs", target: "node20", logLevel: "warning" },
  entryPoints: {
    tinyCheckpoint: "test/helpers/tinyCheckpoint.ts",
    convertChild: "test/helpers/convertChild.ts",
    convertWorker: "src/convert/workers/convertWorker.ts",
  },
  outdir: tools,
});
const { writeTinyCheckpoint } = createRequire(import.meta.url)(
  path.join(tools, "tinyCheckpoint.js"),
);

/** The report of convertChild.ts. */
function convert(checkpoint, out) {
  const profile =
    flags["cpu-prof"] === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${flags["cpu-prof"]}`];
  const program = path.join(tools, "convertChild.js");
  const job = [checkpoint, out, flags.precision, path.join(tools, "convertWorker.js")];
  const child = spawn(process.execPath, [...profile, program, ...job], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (chunk) => (text += chunk));
  return new Promise((resolve, reject) => {
    child.once("error", reject).once("close", (code, signal) => {
      if (code === 0) resolve(JSON.parse(text));
      else reject(new Error(`The conversion ended with ${code ?? signal}.`));
    });
  });
}

const MB = 1e6;
const folder = await mkdtemp(path.join(tmpdir(), "sightline-full-size-"));
try {
  const checkpoint = path.join(folder, flags.model);
  const tensors = await writeTinyCheckpoint(checkpoint, {
    ...{ kit: model.kit, nShards: 2, isSparse: true },
    config: { ...publishedConfig, text_config: model.text },
  });
  if (tensors.size !== model.nTensors) {
    throw new Error(`${tensors.size} tensors instead of ${model.nTensors}.`);
  }
  const sizes = [...tensors.values()].map(({ shape }) => shape.reduce((a, b) => a * b, 4));
  const inputBytes = sizes.reduce((a, b) => a + b, 0);
  const bound = 300 * MB + 3 * sizes.reduce((a, b) => Math.max(a, b), 0);
  const report = await convert(checkpoint, path.join(folder, "model"));
  if (report.code !== undefined) throw new Error(`${report.code}: ${report.message}`);
  const mb = (bytes) => `${(bytes / MB).toFixed(0)} MB`;
  const isWithin = report.peakBytes <= bound;
  console.log(
    `${flags.model} ${flags.precision}: ${mb(inputBytes)} to ${mb(report.outputBytes)} in ` +
      `${report.seconds.toFixed(1)} s (${report.cpuSeconds.toFixed(1)} s of CPU, ` +
      `${mb(inputBytes / report.cpuSeconds)} per CPU second), peak ` +
      `${mb(report.peakBytes)}, bound ${mb(bound)}: ${isWithin ? "within" : "ABOVE"}`,
  );
  process.exitCode = isWithin ? 0 : 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
