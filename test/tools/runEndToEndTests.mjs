// Runs the end-to-end tests in a real editor: the packed extension in a VS Code server, shown by Chromium.
//   node test/tools/runEndToEndTests.mjs [name…]    such as "chat"; all tests when none is named
//   node test/tools/runEndToEndTests.mjs --screenshots    renews media/screenshots and media/first-minutes
// SIGHTLINE_VSIX names a package that was made before; without it one is made.
// Two files run at once, and what one prints is shown when it has ended; where one is named, as it comes.
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism, tmpdir } from "node:os";
import path from "node:path";
import { bundleExtensionSuite, bundleTests } from "./bundleTests.mjs";

const TARGET = "linux-x64";
const OUT = "out/end-to-end";
/** An editor waits half of its time. */
const N_AT_ONCE = Math.min(2, availableParallelism());
const root = path.resolve(import.meta.dirname, "../..");
process.chdir(root);

const problem = whyNoEditor();
const wanted = process.argv.slice(2);
const isForPictures = wanted.includes("--screenshots");
if (isForPictures) process.env.SIGHTLINE_SCREENSHOTS = path.resolve("media", "screenshots");
if (problem === undefined) await main(isForPictures ? ["screenshots", "find"] : wanted);
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
  await prepare(external);
  // Each file has a process and an editor of its own, so that one that hangs or crashes spoils no other. The
  // longest text comes first, because it takes about the longest.
  const waiting = files.sort((a, b) => statSync(b).size - statSync(a).size);
  const stdio = files.length > 1 ? ["ignore", "pipe", "pipe"] : "inherit";
  const startMs = performance.now();
  const results = [];
  const runWaiting = async () => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const result = await runMocha(file, stdio);
      results.push(result);
      if (result.output !== "") console.log(result.output);
    }
  };
  await Promise.all(Array.from({ length: N_AT_ONCE }, runWaiting));
  for (const { file, status, seconds } of results) {
    const outcome = status === 0 ? "passed" : "FAILED";
    console.log(`${seconds.toFixed(0).padStart(5)} s  ${outcome}  ${nameOf(file)}`);
  }
  const totalSeconds = (performance.now() - startMs) / 1000;
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

/** Fills the cache of programs before two files would both do so. */
async function prepare(external) {
  await bundleTests({ from: "test/e2e", pattern: "editorPrograms.ts", to: OUT, external });
  const require = createRequire(import.meta.url);
  const { CACHE, prepareEditorPrograms } = require(path.resolve(OUT, "editorPrograms.js"));
  await prepareEditorPrograms(CACHE);
}

/** Returns the package's file. */
function pack() {
  execFileSync(process.execPath, ["package.mjs", TARGET], { stdio: "inherit" });
  const { name, version } = JSON.parse(readFileSync("package.json", "utf8"));
  return path.resolve("out", "packages", `${name}-${TARGET}-${version}.vsix`);
}

/** Settles when the tests of a file have ended and everything that they printed has arrived. */
function runMocha(file, stdio) {
  const mocha = path.join("node_modules", "mocha", "bin", "mocha.js");
  const options = ["--no-config", "--timeout", "480000", "--forbid-only", "--forbid-pending"];
  const startMs = performance.now();
  const args = ["--enable-source-maps", mocha, ...options, file];
  // The engines of a user know each other by a folder among the temporary files, and free each other's memory:
  // two files at once must not. Short, because it becomes the address of a socket.
  const TMPDIR = mkdtempSync(path.join(tmpdir(), "e2e-"));
  const child = spawn(process.execPath, args, { stdio, env: { ...process.env, TMPDIR } });
  const parts = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (part) => parts.push(part));
  return new Promise((resolve, reject) => {
    child.once("error", reject).once("close", (status) => {
      rmSync(TMPDIR, { recursive: true, force: true });
      const seconds = (performance.now() - startMs) / 1000;
      resolve({ file, status, seconds, output: Buffer.concat(parts).toString() });
    });
  });
}
