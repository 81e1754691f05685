/** What an editor calls to run these tests in its extension host; mocha is bundled, because old hosts cannot load it. */

import { readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import Mocha from "mocha";
import { report } from "./report";

/** The first use of the demo model converts it. */
const TEST_LIMIT_MS = 240_000;

/**
 * Runs every test file beside this one, and writes what happened to the file that
 * SIGHTLINE_SUITE_REPORT names, if it names one.
 * @throws when a test fails or there is none
 */
export async function run(): Promise<void> {
  const mocha = new Mocha({ timeout: TEST_LIMIT_MS, reporter: "spec", forbidOnly: true });
  for (const name of readdirSync(__dirname)) {
    if (name.endsWith(".test.js")) mocha.addFile(path.join(__dirname, name));
  }
  const passed: string[] = [];
  const failed: { title: string; error: string }[] = [];
  await new Promise<void>((resolve) => {
    mocha
      .run(() => {
        resolve();
      })
      .on("pass", (test) => {
        passed.push(test.fullTitle());
      })
      .on("fail", (test, error: Error) => {
        failed.push({ title: test.fullTitle(), error: error.stack ?? error.message });
      });
  });
  const file = process.env["SIGHTLINE_SUITE_REPORT"];
  if (file !== undefined) {
    writeFileSync(file, JSON.stringify({ passed, failed, ...report }, undefined, 2));
  }
  if (failed.length > 0) throw new Error(`${failed.length} tests failed.`);
  if (passed.length === 0) throw new Error("There was no test to run.");
}
