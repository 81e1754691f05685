// Writes what agents see into docs/AGENTS.md: what the server answers, and what the editor's tools do (Linux x64).
//   node test/tools/recordAgents.mjs [server|editor]
// The tests that are run here compare the document with the programs when they are run without this.
import { execFileSync } from "node:child_process";
import path from "node:path";

process.chdir(path.resolve(import.meta.dirname, "../.."));
const [only] = process.argv.slice(2);
const run = (...args) => {
  const env = { ...process.env, SIGHTLINE_RECORD: "1" };
  execFileSync(process.execPath, args, { stdio: "inherit", env });
};
if (only !== "editor") run("test/tools/runTests.mjs", "test/boundary/agentsDocument.test.ts");
if (only !== "server") run("test/tools/runEndToEndTests.mjs", "extensionHost");
run("node_modules/prettier/bin/prettier.cjs", "--write", "docs/AGENTS.md");
