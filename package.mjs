// Builds the extension and packs it, one .vsix for each target, into out/packages.
//   node package.mjs [target…]     all targets when none is named
import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { build } from "esbuild";

process.chdir(import.meta.dirname);
const targets = process.argv.slice(2);
const packer = "out/packaging/main.cjs";

await build({
  entryPoints: ["src/packaging/main.ts"],
  outfile: packer,
  bundle: true,
  platform: "node",
  format: "cjs",
  target: "node20",
  sourcemap: "inline",
  logLevel: "warning",
});

try {
  execFileSync(process.execPath, ["esbuild.mjs", "--production"], { stdio: "inherit" });
  const { packageExtension } = createRequire(import.meta.url)(`./${packer}`);
  await packageExtension(import.meta.dirname, targets);
} catch (error) {
  console.error(`package: ${error.message}`);
  if (error.cause !== undefined) console.error(error.cause);
  process.exitCode = 1;
}
