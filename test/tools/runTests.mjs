// Bundles and runs the unit tests that are named, without the others.
//   npm run test:one -- test/unit/alt/findImages.test.ts [FILE…] [-- MOCHA_OPTION…]
import { spawnSync } from "node:child_process";
import path from "node:path";

const root = path.resolve(import.meta.dirname, "../..");
process.chdir(root);
const split = process.argv.indexOf("--");
const files = process.argv
  .slice(2, split === -1 ? undefined : split)
  .map((file) => path.relative(root, file));
const options = split === -1 ? [] : process.argv.slice(split + 1);

if (files.length === 0) {
  console.error("Name the test files, such as test/unit/alt/findImages.test.ts.");
  process.exit(2);
}
run(["esbuild.mjs", "--tests", ...files]);
const built = files.map((file) => path.join("out", file.replace(/\.ts$/, ".js")));
const mocha = path.join("node_modules", "mocha", "bin", "mocha.js");
const limits = ["--no-config", "--timeout", "120000", "--forbid-pending"];
run(["--enable-source-maps", mocha, ...limits, ...options, ...built]);

function run(args) {
  const { status } = spawnSync(process.execPath, args, { stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}
