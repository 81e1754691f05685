// The audit as a step of a GitHub workflow: runs the bundle that lies beside it, and tells what it found on lines, in
// the summary, in outputs and, where that is wanted, in one comment. No download, no model.
"use strict";

const { spawnSync } = require("node:child_process");
const { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { keepComment } = require("./comment.js");
const { cut, folded, withLinks, withoutMentions } = require("./page.js");

/** What GitHub takes of a step's summary (1 MiB) and of a comment (65,536 characters), with room for more bytes. */
const MAX_SUMMARY_UNITS = 250_000;
const MAX_COMMENT_UNITS = 60_000;

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

/** What happened, as GitHub tells it; nothing where nobody did. */
function eventOf(env) {
  const file = env.GITHUB_EVENT_PATH;
  if (!file || !existsSync(file)) return {};
  return JSON.parse(readFileSync(file, "utf8"));
}

async function tell(folder, status) {
  const file = path.join(folder, "findings.json");
  if (!existsSync(file)) return;
  const findings = JSON.parse(readFileSync(file, "utf8"));
  const output = process.env.GITHUB_OUTPUT;
  if (output) {
    const files = new Set(findings.map((finding) => finding.file)).size;
    appendFileSync(output, `findings=${findings.length}\nfiles=${files}\nfailed=${status === 1}\n`);
  }
  const event = eventOf(process.env);
  const page = linked(readFileSync(path.join(folder, "summary.md"), "utf8"), event);
  // Where a document could not be read, nobody knows what is in order.
  const isWhole = status === 0 || status === 1;
  const note = isOn("comment") && isWhole ? await comment(page, findings, event) : undefined;
  const summary = process.env.GITHUB_STEP_SUMMARY;
  if (isOn("summary") && summary) {
    const last = note === undefined ? "" : `\n${note}\n`;
    appendFileSync(summary, `${cut(page, MAX_SUMMARY_UNITS)}${last}`);
  }
  if (note !== undefined) process.stdout.write(`::notice title=Sightline::${oneLine(note)}\n`);
}

function linked(page, event) {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY, GITHUB_SHA } = process.env;
  const head = event.pull_request?.head;
  const repository = head?.repo?.full_name ?? GITHUB_REPOSITORY;
  const commit = head?.sha ?? GITHUB_SHA;
  if (!server || !repository || !commit) return page;
  return withLinks(page, { server, repository, commit });
}

/** @returns undefined, or one sentence that says why there is no comment. */
async function comment(page, findings, { pull_request: request }) {
  const {
    GITHUB_API_URL: api,
    GITHUB_REPOSITORY: repository,
    GITHUB_JOB,
    GITHUB_ACTION,
  } = process.env;
  if (request === undefined) return "There is no comment, because this run is for no pull request.";
  if (!api || !repository || inputOf("token") === "") {
    return "There is no comment on the pull request, because this run has no token.";
  }
  const step = `${GITHUB_JOB ?? ""} ${GITHUB_ACTION ?? ""}`.replace(/[^\w ]/g, "-").trim();
  const body = withoutMentions(folded(page, MAX_COMMENT_UNITS));
  return keepComment(
    {
      ...{ api, repository, number: request.number, token: inputOf("token") },
      // Another step of the same workflow has a comment of its own.
      mark: `<!-- sightline alt check: ${step} -->`,
    },
    findings.length === 0 ? undefined : body,
  );
}

const oneLine = (text) => text.replace(/\r?\n/g, " ");

async function main() {
  const folder = mkdtempSync(path.join(os.tmpdir(), "sightline-"));
  try {
    const run = spawnSync(process.execPath, [bundle(), ...argumentsOf(folder)], {
      stdio: ["ignore", "inherit", "inherit"],
    });
    if (run.error !== undefined) throw run.error;
    await tell(folder, run.status);
    const isFailure = run.status !== 0 && !(run.status === 1 && inputOf("fail-on") === "never");
    return isFailure ? (run.status ?? 2) : 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

main()
  .catch((error) => {
    process.stdout.write(`::error title=Sightline::${oneLine(error.message)}\n`);
    return 2;
  })
  .then((code) => {
    process.exitCode = code;
  });
