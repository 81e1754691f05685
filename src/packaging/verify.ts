/** Looks at a finished package as if somebody else had made it. */

import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { machineOf } from "./binaryKind";
import { MAX_PACKAGE_BYTES, type Target } from "./targets";
import type { ZipEntry } from "./zipEntries";

const run = promisify(execFile);

/** Files that vsce itself writes, and names that it gives to three of ours. */
const WRITTEN_BY_VSCE = ["[Content_Types].xml", "extension.vsixmanifest"];
const RENAMED_BY_VSCE: Readonly<Record<string, string>> = {
  "CHANGELOG.md": "changelog.md",
  LICENSE: "LICENSE.txt",
  "README.md": "readme.md",
};

/** Data that an install script and our own program read; nothing runs it as a script. */
const ALLOWED =
  /^extension\/node_modules\/onnxruntime-node\/script\/install-metadata(-versions)?\.js$/;
/** What must never be in a package, whatever the layout says; types for other extensions may. */
const FORBIDDEN =
  /(^|\/)(src|test|tests|out|script|scripts)\/|(?<!^extension\/api\.d)\.ts$|\.(map|tsbuildinfo|env|tgz)$/;

/**
 * Compares the entries of a package with the files that were laid out for it.
 * @throws Error naming the first entries that are too many, missing or forbidden.
 */
export function checkEntries(entries: readonly ZipEntry[], files: readonly string[]): void {
  const expected = new Set([
    ...WRITTEN_BY_VSCE,
    ...files.map((file) => `extension/${RENAMED_BY_VSCE[file] ?? file}`),
  ]);
  const actual = new Set(entries.map((entry) => entry.path));
  const foreign = [...actual].filter(
    (file) => !expected.has(file) || (FORBIDDEN.test(file) && !ALLOWED.test(file)),
  );
  const missing = [...expected].filter((file) => !actual.has(file));
  if (foreign.length > 0) throw new Error(`The package holds what it must not: ${first(foreign)}.`);
  if (missing.length > 0) {
    throw new Error(`The package lacks ${first(missing)}; is .vscodeignore older than the layout?`);
  }
  const empty = entries.filter((entry) => entry.nBytes === 0).map((entry) => entry.path);
  if (empty.length > 0) throw new Error(`The package holds empty files: ${first(empty)}.`);
}

/**
 * Checks the size of a package.
 * @throws Error when it is above the limit.
 */
export function checkSize(nBytes: number): void {
  if (nBytes <= MAX_PACKAGE_BYTES) return;
  const megabytes = (value: number): string => `${(value / 1e6).toFixed(1)} MB`;
  throw new Error(
    `The package has ${megabytes(nBytes)}; the limit is ${megabytes(MAX_PACKAGE_BYTES)}.`,
  );
}

/**
 * Checks that every native library of a laid out package is for its target.
 * @throws Error naming a library for another machine, or when there is none at all.
 */
export async function checkMachines(
  target: Target,
  dir: string,
  files: readonly string[],
): Promise<void> {
  const { native } = target;
  const wanted = native === undefined ? undefined : `${native.platform}-${native.arch}`;
  const machines = await Promise.all(files.map((file) => machineOf(path.join(dir, file))));
  const strange = files.filter((_, at) => machines[at] !== undefined && machines[at] !== wanted);
  if (strange.length > 0) throw new Error(`For another machine: ${first(strange)}.`);
  // The runtime, its binding, libvips and its binding.
  const nLibraries = machines.filter((machine) => machine !== undefined).length;
  if (wanted !== undefined && nLibraries < 4) {
    throw new Error(`Only ${nLibraries} native libraries are there.`);
  }
}

/**
 * Loads the native packages from a laid out package, where this machine is its target.
 * @returns whether it could be tried here.
 * @throws Error when they do not load.
 */
export async function tryNativeParts({ native }: Target, dir: string): Promise<boolean> {
  if (native?.platform !== process.platform || native.arch !== process.arch) return false;
  const script = `
    const { InferenceSession } = require("onnxruntime-node");
    if (typeof InferenceSession.create !== "function") throw new Error("no InferenceSession");
    const sharp = require("sharp");
    const pixel = { create: { width: 1, height: 1, channels: 3, background: "red" } };
    sharp(pixel).png().toBuffer().then((png) => sharp(png).raw().toBuffer())
      .then(([red, green]) => { if (red !== 255 || green !== 0) throw new Error("not red"); });`;
  try {
    await run(process.execPath, ["-e", script], { cwd: dir, env: ownEnvironment() });
    return true;
  } catch (error) {
    throw new Error("The native parts do not load from the package alone.", { cause: error });
  }
}

/** Else packages from elsewhere could stand in for missing ones; and nothing is told to anybody. */
function ownEnvironment(): NodeJS.ProcessEnv {
  const quiet = { ORT_DISABLE_TELEMETRY: "1" };
  return { ...process.env, ...quiet, NODE_PATH: undefined, NODE_OPTIONS: undefined };
}

function first(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(", ");
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown;
}
