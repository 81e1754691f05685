// Bundles each runtime of the project; types are tsc's job.
//   node esbuild.mjs [--watch] [--production] [--if-stale] [--tests]
import { existsSync, readdirSync, rmSync, statSync } from "node:fs";
import path from "node:path";

const flag = (name) => process.argv.includes(`--${name}`);
const production = flag("production");

/** Every file below a folder, depth first. */
function filesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(file) : [file];
  });
}

/** True when no source is newer than what was built; keeps `npm run ask` quick. */
function isFresh() {
  if (!existsSync("dist/cli.js") || !existsSync("dist/child.js")) return false;
  const builtMs = statSync("dist/cli.js").mtimeMs;
  return ["esbuild.mjs", "package.json", ...filesBelow("src")].every(
    (file) => statSync(file).mtimeMs <= builtMs,
  );
}

if (flag("if-stale") && isFresh()) process.exit(0);

const { build, context } = await import("esbuild");
const quiet = flag("if-stale") ? "warning" : "info";
const node = {
  bundle: true,
  platform: "node",
  format: "cjs",
  target: "node20",
  sourcemap: production ? false : "linked",
  sourcesContent: false,
  minify: production,
  logLevel: quiet,
  legalComments: "none",
  // Native packages stay outside; the editor gives `vscode` at run time.
  external: ["vscode", "onnxruntime-node", "sharp"],
};
const programs = {
  ...node,
  outdir: "dist",
  entryPoints: { child: "src/child/main.ts", cli: "src/cli/main.ts" },
};
const testFiles = () => filesBelow("test").filter((file) => /\.test\.ts$|Child\.ts$/.test(file));
const tests = () => ({
  ...node,
  outdir: "out/test",
  outbase: "test",
  logLevel: "warning",
  external: [...node.external, "mocha"],
  entryPoints: testFiles(),
});

const targets = [programs];
if (flag("tests")) {
  rmSync("out/test", { recursive: true, force: true });
  targets.push(tests());
}
for (const target of targets) {
  if (flag("watch")) await (await context(target)).watch();
  else await build(target);
}
