// Bundles tests that a program of its own runs, apart from what other test runs build and clear.
import { build } from "esbuild";

/**
 * Bundles the files of one folder that match.
 * @param {{from: string, pattern: string, to: string, external: string[]}} plan Paths from the root.
 */
export async function bundleTests({ from, pattern, to, external }) {
  await build({
    entryPoints: [`${from}/${pattern}`],
    outdir: to,
    outbase: from,
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node20",
    sourcemap: "linked",
    sourcesContent: false,
    logLevel: "warning",
    // Mocha looks for these files only when it runs tests in parallel.
    logOverride: { "require-resolve-not-external": "silent" },
    external,
  });
}

/** Where the suite of the extension host is; the editor calls `run` of this file. */
export const EXTENSION_SUITE = "out/end-to-end/extension/index.js";

/** The suite that runs inside an extension host; mocha is bundled with it, because it has no packages there. */
export async function bundleExtensionSuite() {
  const to = "out/end-to-end/extension";
  await bundleTests({ from: "test/extension", pattern: "*.ts", to, external: ["vscode"] });
}
