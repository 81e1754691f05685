// Prints what each model of models/catalog.json takes of disk and memory in each profile, worked out by the
// planner for checkpoints of the published sizes, which have holes for weights.
//   node test/tools/catalogSizes.mjs [--write]      --write puts the figures into the catalogue
import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { build } from "esbuild";
import { format } from "prettier";
import { catalogModels, publishedConfig } from "./publishedSizes.mjs";

process.chdir(path.resolve(import.meta.dirname, "../.."));
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

/** Figures are estimates: to 10 MB, upwards. */
const rounded = (bytes) => Math.ceil(bytes / 1e7) * 1e7;

function planned(checkpoint, precision) {
  const job = JSON.stringify({ kind: "plan", checkpoint, precision });
  const { stdout, status } = spawnSync(
    process.execPath,
    [path.join(tools, "precisionChild.js"), job],
    { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] },
  );
  if (status !== 0) throw new Error(`${checkpoint} could not be planned.`);
  return JSON.parse(stdout);
}

const file = path.join("models", "catalog.json");
const catalog = JSON.parse(await readFile(file, "utf8"));
const folder = await mkdtemp(path.join(tmpdir(), "sightline-catalog-"));
try {
  for (const entry of catalog.models) {
    const known = catalogModels[entry.name];
    if (known === undefined || entry.precisions === undefined) continue;
    const checkpoint = path.join(folder, entry.name);
    const { config: own = {}, text, kit } = known;
    const config = {
      ...{ ...publishedConfig, ...own },
      vision_config: {
        ...{ ...publishedConfig.vision_config, ...own.vision_config },
        image_size: entry.imageSize,
      },
      qformer_config: { ...publishedConfig.qformer_config, ...own.qformer_config },
      ...(text === undefined ? {} : { text_config: text }),
    };
    await writeTinyCheckpoint(checkpoint, { kit, nShards: 2, isSparse: true, config });
    for (const precision of Object.keys(entry.precisions)) {
      const { bytes, memoryBytes } = planned(checkpoint, precision);
      const costs = { diskBytes: rounded(bytes), memoryBytes: rounded(memoryBytes) };
      const before = entry.precisions[precision];
      console.log(entry.name, precision, JSON.stringify(before), JSON.stringify(costs));
      entry.precisions[precision] = costs;
    }
    await rm(checkpoint, { recursive: true });
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
if (process.argv.includes("--write")) {
  await writeFile(file, await format(JSON.stringify(catalog), { parser: "json", printWidth: 100 }));
}
