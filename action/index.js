// The audit as a step of a GitHub workflow: runs the bundle that lies beside it, and tells what it found on
// lines, in the summary and in outputs. No download, no model, no token.
"use strict";

const { spawnSync } = require("node:child_process");
const { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } = require("node:fs");
const os = require("node:os");
const path = require("node:path");

/** What GitHub takes of a step's summary, with room for the line that counts the rest. */
const MAX_SUMMARY_UNITS = 250_000;

const inputOf = (name) => (process.env[`INPUT_${name.toUpperCase()}`] ?? "").trim();
const isOn = (name) => inputOf(name) === "true";

/** The bundle of a release, or of a build in a checkout of the program itself. */
function bundle() {
  const places = [
    path.join(__dirname, "altCheck.js"),
    path.join(__dirname, "..", "dist", "altCheck.js"),
  ];
  const found = places.find((place) => existsSync(place));
  if (found === undefined)
    throw new Error(`There is no ${places[0]}. Build it with npm run build:action.`);
  return found;
}

function argumentsOf(folder) {
  const failOn = inputOf("fail-on") || "warn";
  const base = process.env.GITHUB_BASE_REF ?? "";
  return [
    "--format",
    `json=${path.join(folder, "findings.json")}`,
    "--format",
    `markdown=${path.join(folder, "summary.md")}`,
    ...(inputOf("sarif-file") === "" ? [] : ["--format", `sarif=${inputOf("sarif-file")}`]),
    ...(isOn("annotations") ? ["--format", "github"] : []),
    ...(inputOf("config") === "" ? [] : ["--config", inputOf("config")]),
    ...(inputOf("baseline") === "" ? [] : ["--baseline", inputOf("baseline")]),
    ...(isOn("changed-only") ? [`--changed${base === "" ? "" : `=origin/${base}`}`] : []),
    "--fail-on",
    failOn === "never" ? "error" : failOn,
    "--",
    ...inputOf("paths")
      .split(/\r?\n/)
      .map((line) => line.trim())
      .filter((line) => line !== ""),
  ];
}

function tell(folder, status) {
  const file = path.join(folder, "findings.json");
  if (!existsSync(file)) return;
  const findings = JSON.parse(readFileSync(file, "utf8"));
  const output = process.env.GITHUB_OUTPUT;
  if (output) {
    const files = new Set(findings.map((finding) => finding.file)).size;
    appendFileSync(output, `findings=${findings.length}\nfiles=${files}\nfailed=${status === 1}\n`);
  }
  const summary = process.env.GITHUB_STEP_SUMMARY;
  if (!isOn("summary") || !summary) return;
  const page = readFileSync(path.join(folder, "summary.md"), "utf8");
  const end = page.length <= MAX_SUMMARY_UNITS ? -1 : page.lastIndexOf("\n", MAX_SUMMARY_UNITS);
  appendFileSync(
    summary,
    end < 0 ? page : `${page.slice(0, end)}\n\nThe rest does not fit here.\n`,
  );
}

function main() {
  const folder = mkdtempSync(path.join(os.tmpdir(), "sightline-"));
  try {
    const run = spawnSync(process.execPath, [bundle(), ...argumentsOf(folder)], {
      stdio: ["ignore", "inherit", "inherit"],
    });
    if (run.error !== undefined) throw run.error;
    tell(folder, run.status);
    const isFailure = run.status !== 0 && !(run.status === 1 && inputOf("fail-on") === "never");
    return isFailure ? (run.status ?? 2) : 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

try {
  process.exitCode = main();
} catch (error) {
  process.stdout.write(`::error title=Sightline::${error.message.replace(/\r?\n/g, " ")}\n`);
  process.exitCode = 2;
}
