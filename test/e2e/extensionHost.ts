/** Runs a mocha suite inside the extension host of an editor, as editors run the tests of extensions. */

import { mkdir, readFile, rm } from "node:fs/promises";
import path from "node:path";
import { until } from "../helpers/waiting";
import { Editor, EXTENSION, type EditorOptions } from "./editor";

/** A suite without weights takes seconds; this is a hang. */
const SUITE_LIMIT_MS = 600_000;

/** What test/extension/index.ts writes. */
export interface SuiteReport {
  readonly passed: readonly string[];
  readonly failed: readonly { readonly title: string; readonly error: string }[];
  /** Of each tool for agents to the call that the documentation shows. */
  readonly answers: Readonly<Record<string, unknown>>;
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
  await rm(reportFile, { force: true });
  const env = { ...options.env, SIGHTLINE_SUITE_REPORT: reportFile };
  const editor = await Editor.start({ ...options, env });
  try {
    let exitCode: number | undefined;
    // The editor calls this function of the window when its extension host has run the tests.
    await editor.page.exposeFunction("codeAutomationExit", (code: number) => {
      exitCode = code;
    });
    await allowPayload(editor);
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

/**
 * A released workbench obeys the payload of its address only when its server says that tests drive it,
 * which code-server has no option for; so the page is told on its way to the browser.
 */
async function allowPayload({ page, server }: Editor): Promise<void> {
  // Chromium does not know where a page that was changed on its way came from, and asks before it lets
  // such a page speak to a server on this machine.
  await page.context().grantPermissions(["local-network-access"], { origin: server.url });
  await page.route(
    (url) => url.pathname === "/",
    async (route) => {
      const response = await route.fetch();
      const original = await response.text();
      const body = original.replace(
        "developmentOptions&quot;:{",
        "developmentOptions&quot;:{&quot;enableSmokeTestDriver&quot;:true,",
      );
      if (body === original) {
        throw new Error("The workbench's page has no options for development.");
      }
      await route.fulfill({ response, body });
    },
  );
}
