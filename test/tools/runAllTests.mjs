// Runs every check and every test, in lanes beside each other: `npm test`.
//   node test/tools/runAllTests.mjs [NAME…]    only these steps, such as "unit e2e"; "check" is types, lint, format
// Where several lanes run, what a step prints is shown when it has ended, so that no two mix. A step that fails
// stops none but those that need what it makes.
import { spawn } from "node:child_process";
import { availableParallelism, setPriority } from "node:os";
import path from "node:path";

process.chdir(path.resolve(import.meta.dirname, "../.."));
const node = (...args) => [process.execPath, ...args];
const tool = (file, ...args) => node(path.join("node_modules", file), ...args);
const OXLINT = ["--tsconfig", "tsconfig.lint.json", "--report-unused-disable-directives"];
/** What it said of files that are as they were. */
const prettierCache = [
  ...["--cache", "--cache-location", "out/cache/prettier"],
  ...["--cache-strategy", "content"],
];

/** Processes of unit tests; some of them wait for others that they start. */
const nJobs = String(Math.min(8, Math.max(2, availableParallelism())));

/**
 * The steps of a lane run one after the other. While editors draw, there is room for one thing beside them: tests that
 * compute begin when those of the editor have ended, because an editor that waits for a processor misses its limits.
 */
const LANES = [
  [
    { name: "bundle", command: node("esbuild.mjs", "--tests") },
    { name: "types", command: tool("@typescript/native/bin/tsc", "-b") },
    {
      name: "lint",
      command: tool("oxlint/bin/oxlint", ...OXLINT, "src", "webview", "test"),
    },
    {
      name: "format",
      command: tool(
        "prettier/bin/prettier.cjs",
        "--check",
        "--log-level",
        "warn",
        ".",
        ...prettierCache,
      ),
    },
    {
      name: "webgpu",
      command: node("test/tools/runWebgpuTests.mjs"),
      ...{ needs: "bundle", after: "e2e" },
    },
  ],
  [
    { name: "e2e", command: node("test/tools/runEndToEndTests.mjs"), isUrgent: true },
    { name: "unit", command: tool("mocha/bin/mocha.js", "--jobs", nJobs), needs: "bundle" },
  ],
];
/**
 * A step in which somebody waits for what is drawn is served before those that only compute, so that no time
 * limit is missed where there are fewer processors than lanes.
 */
const COMPUTING_PRIORITY = 10;
const CHECK = ["types", "lint", "format"];

const named = process.argv.slice(2).flatMap((name) => (name === "check" ? CHECK : [name]));
const known = LANES.flat().map(({ name }) => name);
const unknown = named.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  console.error(`There is no ${unknown.join(", ")}; there are check, ${known.join(", ")}.`);
  process.exit(2);
}
const isWanted = ({ name }) =>
  named.length === 0 ||
  named.includes(name) ||
  LANES.flat().some(({ name: other, needs }) => needs === name && named.includes(other));
const wanted = LANES.map((lane) => lane.filter(isWanted)).filter((lane) => lane.length > 0);
// What one step needs runs before it, and is shown as it comes.
const isOneLane = named.length === 1 || availableParallelism() === 1;
const lanes = isOneLane ? [wanted.flat()] : wanted;
const stdio = lanes.length > 1 ? ["ignore", "pipe", "pipe"] : "inherit";

const startMs = performance.now();
const results = [];
/** By name, what settles when the step has ended. */
const ended = new Map();
for (const lane of lanes) {
  let previous;
  for (const step of lane) {
    previous = runAfter(previous, step);
    ended.set(step.name, previous);
  }
}
await Promise.all(ended.values());
console.log("");
for (const { name, outcome, seconds } of results) console.log(line(seconds, outcome, name));
console.log(line((performance.now() - startMs) / 1000, "in all", ""));
if (results.some(({ outcome }) => outcome !== "passed")) process.exitCode = 1;

async function runAfter(previous, step) {
  const { name, needs, after } = step;
  await previous;
  // Looked up now, when every step of every lane is known.
  await Promise.all([ended.get(needs), ended.get(after)]);
  const isLost = results.some((one) => one.name === needs && one.outcome !== "passed");
  if (!isLost) console.log(`        begins  ${name}`);
  const { output, code, seconds } = isLost ? { output: "", seconds: 0 } : await run(step);
  const outcome = isLost ? "NOT RUN" : code === 0 ? "passed" : "FAILED";
  results.push({ name, outcome, seconds });
  console.log(`${line(seconds, outcome, name)}\n${output.trimEnd()}\n`);
}

function line(seconds, outcome, name) {
  return `${seconds.toFixed(0).padStart(5)} s  ${outcome.padEnd(7)} ${name}`;
}

/** Settles when the program has ended and everything that it printed has arrived. */
function run({ command: [program, ...args], isUrgent = false }) {
  const beganMs = performance.now();
  const child = spawn(program, args, { stdio });
  if (lanes.length > 1 && !isUrgent && child.pid !== undefined) {
    setPriority(child.pid, COMPUTING_PRIORITY);
  }
  const parts = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (part) => parts.push(part));
  return new Promise((resolve, reject) => {
    child.once("error", reject).once("close", (code) => {
      const seconds = (performance.now() - beganMs) / 1000;
      resolve({ code, seconds, output: Buffer.concat(parts).toString() });
    });
  });
}
