/** The GitHub Action as a workflow runs it: a process in the folder of a checkout, told everything by its environment. */

import { execFile } from "node:child_process";
import path from "node:path";

/** The action falls back to the bundle in dist of this checkout. */
const ACTION = path.resolve("action/index.js");

/** As action.yml has them. */
const DEFAULTS = { paths: ".", "fail-on": "warn", annotations: "true", summary: "true" };

export interface ActionOutcome {
  readonly status: number;
  readonly out: string;
}

/** @param env what a runner of GitHub says. */
export function runAction(
  folder: string,
  inputs: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>> = {},
): Promise<ActionOutcome> {
  const given = Object.entries({ ...DEFAULTS, ...inputs }).map(
    ([name, value]) => [`INPUT_${name.toUpperCase()}`, value] as const,
  );
  const at = (name: string): string => path.join(folder, name);
  // Tests may run in a workflow themselves.
  const own = Object.entries(process.env).filter(([name]) => !/^(?:GITHUB|INPUT)_/.test(name));
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [ACTION],
      {
        cwd: folder,
        env: {
          ...Object.fromEntries([...own, ...given]),
          // What it found is kept there, and not among the caches of who runs the tests.
          SIGHTLINE_HOME: at("home"),
          GITHUB_OUTPUT: at("output"),
          GITHUB_STEP_SUMMARY: at("summary.md"),
          ...env,
        },
      },
      (_, stdout, stderr) => {
        resolve({ status: child.exitCode ?? -1, out: stdout + stderr });
      },
    );
  });
}
