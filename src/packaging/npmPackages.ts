/** Finds npm packages in the exact versions of the lock file: installed here, or from the registry. */

import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A package on disk. */
export interface NpmPackage {
  readonly name: string;
  readonly version: string;
  readonly dir: string;
  readonly manifest: NpmManifest;
}

/** The fields of a package.json that packing reads; others are kept as they are. */
export interface NpmManifest {
  readonly [field: string]: unknown;
  readonly name: string;
  readonly version: string;
  readonly license?: string;
  readonly licenses?: readonly { readonly type: string }[];
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** What the lock file says about a package. */
export interface LockedPackage {
  readonly version: string;
  /** `sha512-` and the hash of the tarball in base 64. */
  readonly integrity?: string;
}

/** The lock file's packages by their folder, such as `node_modules/sharp`. */
export type LockedPackages = Readonly<Record<string, LockedPackage>>;

/** Where packages are looked for and kept. */
export interface PackageSource {
  readonly projectDir: string;
  /** Holds packages that are not installed here, by the hash of their tarball. */
  readonly cacheDir: string;
  readonly locked: LockedPackages;
}

/** Reads the packages of the project's lock file. */
export async function readLockedPackages(projectDir: string): Promise<LockedPackages> {
  const text = await readFile(path.join(projectDir, "package-lock.json"), "utf8");
  return (JSON.parse(text) as { readonly packages: LockedPackages }).packages;
}

/**
 * The package in the locked version; what is not installed is fetched with `npm pack` and compared
 * with the hash in the lock file.
 * @throws Error when the lock file does not know the package, or the registry sends other bytes.
 */
export async function findNpmPackage(source: PackageSource, name: string): Promise<NpmPackage> {
  const locked = source.locked[`node_modules/${name}`];
  if (locked === undefined) {
    throw new Error(`package-lock.json does not list ${name}; run npm install first.`);
  }
  const installed = await readNpmPackage(path.join(source.projectDir, "node_modules", name));
  if (installed?.version === locked.version) return installed;
  const fetched = await readNpmPackage(await fetchPackage(source, name, locked));
  if (fetched?.name === name && fetched.version === locked.version) return fetched;
  throw new Error(`The tarball of ${name}@${locked.version} holds something else.`);
}

/** Reads a package from its folder; undefined when there is none. */
export async function readNpmPackage(dir: string): Promise<NpmPackage | undefined> {
  const file = path.join(dir, "package.json");
  if (!existsSync(file)) return undefined;
  const manifest = JSON.parse(await readFile(file, "utf8")) as NpmManifest;
  return { name: manifest.name, version: manifest.version, dir, manifest };
}

/**
 * Compares a tarball with its hash in the lock file.
 * @throws Error when they differ, or the lock file has no sha512.
 */
export function checkIntegrity(spec: string, tarball: Uint8Array, integrity = ""): void {
  const actual = `sha512-${createHash("sha512").update(tarball).digest("base64")}`;
  if (integrity.split(" ").includes(actual)) return;
  throw new Error(
    `The tarball of ${spec} is not the one in package-lock.json (${integrity || "no hash"}); ` +
      `the registry sent ${actual}.`,
  );
}

async function fetchPackage(
  { cacheDir }: PackageSource,
  name: string,
  { version, integrity }: LockedPackage,
): Promise<string> {
  const spec = `${name}@${version}`;
  const key = createHash("sha256")
    .update(`${spec} ${integrity ?? ""}`)
    .digest("hex");
  const dir = path.join(cacheDir, key.slice(0, 32));
  if (existsSync(dir)) return dir;
  await mkdir(cacheDir, { recursive: true });
  const workDir = await mkdtemp(path.join(cacheDir, "fetch-"));
  try {
    const tarball = path.join(workDir, await packWithNpm(spec, workDir));
    checkIntegrity(spec, await readFile(tarball), integrity);
    const unpacked = path.join(workDir, "package");
    await run("tar", ["-xzf", path.basename(tarball)], { cwd: workDir });
    // Two packings may fetch the same package; the first to finish wins.
    await rename(unpacked, dir).catch((error: unknown) => {
      if (!existsSync(dir)) throw error;
    });
    return dir;
  } finally {
    await rm(workDir, { recursive: true });
  }
}

/** Returns the name of the tarball. */
async function packWithNpm(spec: string, dir: string): Promise<string> {
  const args = ["pack", spec, "--pack-destination", dir, "--ignore-scripts", "--json"];
  // npm tells its scripts where it is; on Windows its command is a batch file, which needs a shell.
  const npmScript = process.env["npm_execpath"];
  const { stdout } =
    npmScript === undefined
      ? await run("npm", args, { shell: process.platform === "win32" })
      : await run(process.execPath, [npmScript, ...args]);
  const [packed] = JSON.parse(stdout) as readonly { readonly filename: string }[];
  if (packed === undefined) throw new Error(`npm pack ${spec} wrote no tarball.`);
  return packed.filename;
}
