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

/** Published sizes: config.json of Salesforce/blip2-opt-2.7b and Salesforce/blip2-flan-t5-xl. */
const vision = {
  ...{ hidden_size: 1408, intermediate_size: 6144, num_hidden_layers: 39 },
  ...{ num_attention_heads: 16, image_size: 224, patch_size: 14 },
};
const qformer = {
  ...{ hidden_size: 768, intermediate_size: 3072, num_hidden_layers: 12 },
  ...{ num_attention_heads: 12, encoder_hidden_size: 1408, cross_attention_frequency: 2 },
  ...{ vocab_size: 30522, max_position_embeddings: 512 },
};
const common = { vision_config: vision, qformer_config: qformer, num_query_tokens: 32 };
const models = {
  "opt-2.7b": {
    kit: "opt",
    nTensors: 1247,
    text: {
      ...{ hidden_size: 2560, ffn_dim: 10240, num_hidden_layers: 32, num_attention_heads: 32 },
      ...{ vocab_size: 50304, max_position_embeddings: 2048, word_embed_proj_dim: 2560 },
    },
  },
  "flan-t5-xl": {
    kit: "t5",
    nTensors: 1289,
    text: {
      ...{ d_model: 2048, d_ff: 5120, d_kv: 64, num_heads: 32, vocab_size: 32128 },
      ...{ num_layers: 24, num_decoder_layers: 24 },
    },
  },
};

const { values: flags } = parseArgs({
  options: {
    model: { type: "string", default: "opt-2.7b" },
    precision: { type: "string", default: "int8:128" },
    "cpu-prof": { type: "string" },
  },
});
const model = models[flags.model];
if (model === undefined) {
  console.error(`--model is one of ${Object.keys(models).join(", ")}.`);
  process.exit(2);
}

const tools = path.resolve("out", "tools");
await build({
  ...{ bundle: true, platform: "node", format: "cjs", target: "node20", logLevel: "warning" },
  entryPoints: ["test/helpers/tinyCheckpoint.ts", "test/helpers/convertChild.ts"],
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
  const child = spawn(process.execPath, [...profile, program, checkpoint, out, flags.precision], {
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
    config: { ...common, text_config: model.text },
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
