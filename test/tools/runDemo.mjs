// Trains the demo's retrieval model from nothing, on emoji and shapes, or tells how well it finds; the drawings are
// development dependencies.
//   npm run train:demo [-- FOLDER]    goes on where an interrupted run in the folder stopped
//   npm run report:demo -- MODEL      with the folder of a converted model
import { spawn } from "node:child_process";
import path from "node:path";
import esbuild from "esbuild";

const root = path.resolve(import.meta.dirname, "../..");
const [program = "main", ...given] = process.argv.slice(2);
const outfile = path.join(root, "out", `demo.${program}.js`);
await esbuild.build({
  entryPoints: [path.join(root, "src", "world", "demo", `${program}.ts`)],
  outfile,
  bundle: true,
  platform: "node",
  target: "node20",
  external: ["onnxruntime-node", "sharp"],
  logLevel: "warning",
});
const child = spawn(process.execPath, [outfile, ...given], { stdio: "inherit" });
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code) => {
  process.exitCode = code ?? 1;
});
