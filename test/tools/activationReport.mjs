// Measures what the start of the packed extension costs: builds it as for packaging, starts it in new
// processes with a stand-in for the editor, and prints the medians of processor time.
//   npm run report:activation -- [--runs 31] [--keep]      --keep measures what was built last
// Processor time hardly depends on what else the machine does; what the editor adds is not in it.
import { execFileSync } from "node:child_process";
import { availableParallelism, cpus, loadavg } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { build } from "esbuild";

const { values: flags } = parseArgs({
  options: { runs: { type: "string", default: "31" }, keep: { type: "boolean", default: false } },
});
const nRuns = Number(flags.runs);
if (!Number.isInteger(nRuns) || nRuns < 1) {
  console.error("--runs is a whole number from 1.");
  process.exit(2);
}
process.chdir(path.resolve(import.meta.dirname, "../.."));
if (!flags.keep) {
  const stdio = ["ignore", "ignore", "inherit"];
  execFileSync(process.execPath, ["esbuild.mjs", "--production"], { stdio });
}
const child = path.resolve("out/tools/activationChild.js");
await build({
  ...{ bundle: true, platform: "node", format: "cjs", target: "node20", logLevel: "warning" },
  entryPoints: ["test/helpers/activationChild.ts"],
  outfile: child,
});

const program = path.resolve("out/production/dist/extension.js");
const runs = Array.from({ length: nRuns }, () =>
  JSON.parse(execFileSync(process.execPath, [child, program], { encoding: "utf8" })),
);

function spread(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share) => sorted[Math.floor(share * (sorted.length - 1))].toFixed(1);
  return `median ${at(0.5)} ms, fastest ${at(0)}, slowest ${at(1)}`;
}

const [{ files, modules }] = runs;
const nBytes = files.reduce((sum, file) => sum + file.nBytes, 0);
console.log(
  `Node ${process.version}, ${availableParallelism()} × ${cpus()[0]?.model ?? "?"}, load ${loadavg()[0].toFixed(1)}, ${nRuns} processes`,
);
console.log(
  `loads    ${files.length} files, ${(nBytes / 1000).toFixed(0)} kB, and ${modules.join(", ")}`,
);
console.log(
  `Node     ${spread(runs.map(({ modulesMs }) => modulesMs))} (modules that an editor has)`,
);
console.log(`require  ${spread(runs.map(({ loadMs }) => loadMs))}`);
console.log(`activate ${spread(runs.map(({ activateMs }) => activateMs))}`);
console.log(`together ${spread(runs.map((run) => run.loadMs + run.activateMs))}`);
