// Trains the demo's models from nothing, on emoji and shapes; the drawings are development dependencies.
//   npm run train:demo [-- FOLDER]    goes on where an interrupted run in the folder stopped
import { spawn } from "node:child_process";
import path from "node:path";
import esbuild from "esbuild";

const root = path.resolve(import.meta.dirname, "../..");
const outfile = path.join(root, "out", "trainDemo.js");
await esbuild.build({
  entryPoints: [path.join(root, "src", "world", "demo", "main.ts")],
  outfile,
  bundle: true,
  platform: "node",
  target: "node20",
  external: ["onnxruntime-node", "sharp"],
  logLevel: "warning",
});
const child = spawn(process.execPath, [outfile, ...process.argv.slice(2)], { stdio: "inherit" });
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code) => {
  process.exitCode = code ?? 1;
});
