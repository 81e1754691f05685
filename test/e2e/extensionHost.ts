/** Runs a mocha suite inside the extension host of an editor, as editors run the tests of extensions. */

import { mkdir, readFile } from "node:fs/promises";
import path from "node:path";
import { until } from "../helpers/waiting";
import { Editor, EXTENSION, type EditorOptions } from "./editor";

/** A suite without weights takes seconds; this is a hang. */
const SUITE_LIMIT_MS = 300_000;

/** What test/extension/index.ts writes. */
export interface SuiteReport {
  readonly passed: readonly string[];
  readonly failed: readonly { readonly title: string; readonly error: string }[];
}

/**
 * Opens an editor for a suite, runs it and closes the editor.
 * @param suite the bundled file, which exports `run`
 * @throws when the editor ends without a report
 */
export async function runInExtensionHost(
  suite: string,
  options: EditorOptions,
): Promise<SuiteReport & { readonly exitCode: number }> {
  const reportFile = path.resolve("out", "e2e", "extension-suite.json");
  await mkdir(path.dirname(reportFile), { recursive: true });
  const env = { ...options.env, SIGHTLINE_SUITE_REPORT: reportFile };
  const editor = await Editor.start({ ...options, env });
  try {
    let exitCode: number | undefined;
    // The editor calls this function of the window when its extension host has run the tests.
    await editor.page.exposeFunction("codeAutomationExit", (code: number) => {
      exitCode = code;
    });
    const remote = `vscode-remote://${new URL(editor.server.url).host}`;
    await editor.load([
      ["extensionDevelopmentPath", `${remote}${await editor.server.extensionFolder(EXTENSION)}`],
      ["extensionTestsPath", `${remote}${path.resolve(suite)}`],
    ]);
    await until(() => exitCode !== undefined, "for the suite to end", SUITE_LIMIT_MS);
    const report = JSON.parse(await readFile(reportFile, "utf8")) as SuiteReport;
    return { ...report, exitCode: exitCode ?? 1 };
  } catch (error) {
    await editor.reportFailure("the suite in the extension host");
    throw error;
  } finally {
    await editor.close();
  }
}
