// Runs the end-to-end tests in a real editor: the packed extension in a VS Code server, shown by Chromium.
//   node test/tools/runEndToEndTests.mjs [name…]    such as "chat"; all tests when none is named
//   node test/tools/runEndToEndTests.mjs --screenshots    renews media/screenshots and media/first-minutes
// SIGHTLINE_VSIX names a package that was made before; without it one is made.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { bundleExtensionSuite, bundleTests } from "./bundleTests.mjs";

const TARGET = "linux-x64";
const OUT = "out/end-to-end";
const root = path.resolve(import.meta.dirname, "../..");
process.chdir(root);

const problem = whyNoEditor();
const wanted = process.argv.slice(2);
const isForPictures = wanted.includes("--screenshots");
if (isForPictures) process.env.SIGHTLINE_SCREENSHOTS = path.resolve("media", "screenshots");
if (problem === undefined) await main(isForPictures ? ["screenshots"] : wanted);
else console.log(`End-to-end tests not run. ${problem}`);

/** Says in one sentence what this machine lacks, or undefined when it lacks nothing. */
function whyNoEditor() {
  const platform = `${process.platform}-${process.arch}`;
  if (platform !== TARGET) {
    return `npm has the editor's server and its browser for ${TARGET} only, and this is ${platform}.`;
  }
  if (existsSync("/etc/alpine-release")) {
    return "The browser needs glibc, and this system has musl.";
  }
  return undefined;
}

async function main(named) {
  rmSync(OUT, { recursive: true, force: true });
  // Playwright finds its own files relative to itself, and sharp its library, so they cannot be bundled.
  const external = ["playwright-core", "axe-core", "mocha", "sharp"];
  await bundleTests({ from: "test/e2e", pattern: "*.test.ts", to: OUT, external });
  await bundleExtensionSuite();
  const files = testFiles().filter((file) => named.length === 0 || named.includes(nameOf(file)));
  if (files.length === 0) throw new Error(`There is no test ${named.join(", ")} in test/e2e.`);
  process.env.SIGHTLINE_VSIX ??= pack();
  // Each file has a process and an editor of its own, so that one that hangs or crashes spoils no other.
  const results = files.map((file) => {
    const startMs = performance.now();
    const { status } = runMocha(file);
    return { file, status, seconds: (performance.now() - startMs) / 1000 };
  });
  for (const { file, status, seconds } of results) {
    const outcome = status === 0 ? "passed" : "FAILED";
    console.log(`${seconds.toFixed(0).padStart(5)} s  ${outcome}  ${nameOf(file)}`);
  }
  const totalSeconds = results.reduce((sum, { seconds }) => sum + seconds, 0);
  console.log(`${totalSeconds.toFixed(0).padStart(5)} s  in all`);
  if (results.some(({ status }) => status !== 0)) {
    console.log("Pictures and logs of the failures are in out/e2e.");
    process.exitCode = 1;
  }
}

function testFiles() {
  const names = readdirSync(OUT).filter((name) => name.endsWith(".test.js"));
  return names.sort().map((name) => path.join(OUT, name));
}

function nameOf(file) {
  return path.basename(file, ".test.js");
}

/** Returns the package's file. */
function pack() {
  execFileSync(process.execPath, ["package.mjs", TARGET], { stdio: "inherit" });
  const { name, version } = JSON.parse(readFileSync("package.json", "utf8"));
  return path.resolve("out", "packages", `${name}-${TARGET}-${version}.vsix`);
}

function runMocha(file) {
  const mocha = path.join("node_modules", "mocha", "bin", "mocha.js");
  const options = ["--no-config", "--timeout", "120000", "--forbid-only", "--forbid-pending"];
  return spawnSync(process.execPath, ["--enable-source-maps", mocha, ...options, file], {
    stdio: "inherit",
  });
}
