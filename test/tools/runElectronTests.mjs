// Runs the suite of the extension host in desktop editors: the oldest that package.json supports, and today's.
//   node test/tools/runElectronTests.mjs [version…]    after `node esbuild.mjs`
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { downloadAndUnzipVSCode, runTests } from "@vscode/test-electron";
import { bundleExtensionSuite, EXTENSION_SUITE } from "./bundleTests.mjs";

const root = path.resolve(import.meta.dirname, "../..");
const { engines } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
const versions =
  process.argv.length > 2 ? process.argv.slice(2) : [engines.vscode.replace(/^\D+/, ""), "stable"];

process.chdir(root);
await bundleExtensionSuite();
for (const version of versions) {
  const problem = await runIn(version);
  console.log(problem ?? `Visual Studio Code ${version}: the suite passed.`);
  if (problem !== undefined) process.exitCode = 1;
}

/** Returns in one sentence what went wrong, or undefined. */
async function runIn(version) {
  let vscodeExecutablePath;
  try {
    const cachePath = path.join(root, ".cache", "vscode-electron");
    mkdirSync(cachePath, { recursive: true });
    vscodeExecutablePath = await downloadAndUnzipVSCode({ version, cachePath });
  } catch (error) {
    return `Visual Studio Code ${version} could not be downloaded: ${reasonOf(error)}`;
  }
  const home = mkdtempSync(path.join(tmpdir(), "sightline-electron-"));
  try {
    const workspace = path.join(home, "workspace");
    cpSync(path.join(root, "media", "samples"), path.join(workspace, "pictures"), {
      recursive: true,
    });
    await runTests({
      vscodeExecutablePath,
      extensionDevelopmentPath: root,
      extensionTestsPath: path.join(root, EXTENSION_SUITE),
      extensionTestsEnv: { SIGHTLINE_HOME: path.join(home, "models") },
      launchArgs: [workspace, "--disable-extensions", "--user-data-dir", path.join(home, "data")],
    });
    return undefined;
  } catch (error) {
    return `Visual Studio Code ${version}: ${reasonOf(error)}`;
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** The innermost cause says what happened; what is around it says only that something did. */
function reasonOf(error) {
  let inner = error;
  while (inner?.cause !== undefined) inner = inner.cause;
  return inner?.message || inner?.code || String(error);
}
