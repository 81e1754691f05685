// Measures the precision profiles and prints a Markdown table: bytes of two published models, and for the
// demo and the reference kits the errors of image features and logits against f32, agreement and accuracy,
// and the peak memory of a process that answers with the demo, most of which is the program itself.
//   npm run report:precision -- [--profiles exact,balanced,small]
// Each row may also be a precision as `convert --precision` takes it, with + for a comma. Takes a minute or
// two. What a published model takes of memory and time is for the bench.
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
    profiles: { type: "string", default: "exact,balanced,small" },
  },
});

const root = path.resolve(import.meta.dirname, "../..");
process.chdir(root);
const tools = path.resolve("out", "tools");
await build({
  ...{ bundle: true, platform: "node", format: "cjs", target: "node20", logLevel: "warning" },
  entryPoints: ["test/helpers/tinyCheckpoint.ts", "test/helpers/precisionChild.ts"],
  external: ["onnxruntime-node", "sharp"],
  outdir: tools,
});
const { writeTinyCheckpoint } = createRequire(import.meta.url)(
  path.join(tools, "tinyCheckpoint.js"),
);

/** What a step in a process of its own found. */
function step(job) {
  const child = spawn(
    process.execPath,
    [path.join(tools, "precisionChild.js"), JSON.stringify(job)],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (chunk) => (text += chunk));
  return new Promise((resolve, reject) => {
    child.once("error", reject).once("close", (code, signal) => {
      if (code === 0) resolve(JSON.parse(text));
      else reject(new Error(`${job.kind} ended with ${code ?? signal}.`));
    });
  });
}

const kits = ["opt", "opt-odd", "t5", "t5-odd"];
const folder = await mkdtemp(path.join(tmpdir(), "sightline-precision-"));

/** Checkpoints of the published sizes with holes for weights: only sizes are asked for. */
async function writePublished() {
  const checkpoints = new Map();
  for (const [name, { kit, text }] of Object.entries(publishedModels)) {
    const checkpoint = path.join(folder, name);
    const config = { ...publishedConfig, text_config: text };
    await writeTinyCheckpoint(checkpoint, { kit, nShards: 2, isSparse: true, config });
    checkpoints.set(name, checkpoint);
  }
  return checkpoints;
}

/** Shares of equal sequences and largest deviations over the kits, which have random weights. */
async function compareKits(precision) {
  let cases = 0;
  let equal = 0;
  let [vision, logits] = [0, 0];
  for (const name of kits) {
    const kit = path.join("test", "fixtures", "kits", name);
    const { stages, generation } = await step({ kind: "verify", kit, precision });
    vision = Math.max(vision, stages.vision.relL2);
    logits = Math.max(logits, stages.logits.relL2);
    for (const setting of Object.values(generation)) {
      cases += setting.cases;
      equal += setting.equal;
    }
  }
  return { vision, logits, agreement: equal / cases };
}

const gigabytes = (bytes) => `${(bytes / 1e9).toFixed(2)} GB`;
const megabytes = (bytes) => `${Math.round(bytes / 1e6)} MB`;
const percent = (share) => `${(share * 100).toFixed(1)} %`;
const error = (value) => (value < 1e-5 ? "< 0.00001" : value.toFixed(value < 0.01 ? 5 : 3));

try {
  const published = await writePublished();
  const reference = path.join(folder, "demo-f32");
  const checkpoint = path.join("models", "demo");
  await step({ kind: "convert", checkpoint, out: reference, precision: "f32" });
  const rows = [];
  for (const precision of flags.profiles.split(",").map((name) => name.replaceAll("+", ","))) {
    console.error(`Measuring ${precision}`);
    const model = path.join(folder, "demo");
    await step({ kind: "convert", checkpoint, out: model, precision });
    const demo = await step({ kind: "demo", folder: model, reference });
    await rm(model, { recursive: true });
    const kit = await compareKits(precision);
    const row = [precision];
    for (const [name, source] of published) {
      row.push(gigabytes((await step({ kind: "plan", checkpoint: source, precision })).bytes));
    }
    row.push(error(demo.imageFeatures), error(demo.logits), percent(demo.agreement));
    row.push(percent(demo.accuracy), megabytes(demo.peakBytes));
    row.push(error(kit.vision), error(kit.logits), percent(kit.agreement));
    rows.push(row);
  }
  const sizes = [...published.keys()].map((name) => `${name} files`);
  const demoColumns = ["demo: features", "logits", "same answers", "accuracy", "memory"];
  const header = ["profile", ...sizes, ...demoColumns, "kits: features", "logits", "same tokens"];
  const line = (cells) => `| ${cells.join(" | ")} |`;
  console.log([header, header.map(() => "---"), ...rows].map(line).join("\n"));
} finally {
  await rm(folder, { recursive: true, force: true });
}
