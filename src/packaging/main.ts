/** Makes the packages of the extension: `npm run package [target…]`, all when none is named. */

import { mkdir, mkdtemp, readFile, realpath, rm, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import type { createVSIX } from "@vscode/vsce";
import type { ExtensionManifest } from "./manifests";
import { readLockedPackages } from "./npmPackages";
import { readBuild, stage, type Staging } from "./stage";
import { targetsNamed, type Target } from "./targets";
import { checkEntries, checkMachines, checkSize, tryNativeParts } from "./verify";
import { listZipEntries } from "./zipEntries";

/** A finished package. */
interface Finished {
  readonly file: string;
  readonly nBytes: number;
  readonly nFiles: number;
  readonly wasTried: boolean;
}

/**
 * Packs the named targets and prints a table of them.
 * @param projectDir holds the result of `node esbuild.mjs --production`.
 * @throws Error when a target is unknown, or a package is incomplete, impure or too large.
 */
export async function packageExtension(
  projectDir: string,
  names: readonly string[],
): Promise<void> {
  const targets = targetsNamed(names);
  const require = createRequire(path.join(projectDir, "package.json"));
  const manifestText = await readFile(path.join(projectDir, "package.json"), "utf8");
  const staging: Staging = {
    source: {
      projectDir,
      cacheDir: path.join(projectDir, ".cache", "package", "npm"),
      locked: await readLockedPackages(projectDir),
    },
    build: await readBuild(path.join(projectDir, "out", "production")),
    manifest: JSON.parse(manifestText) as ExtensionManifest,
  };
  const vsce = require("@vscode/vsce") as { readonly createVSIX: typeof createVSIX };
  const rows: string[] = [];
  for (const target of targets) {
    rows.push(row(target, await packTarget(staging, target, vsce.createVSIX)));
  }
  // At the end, because vsce prints a page for each package.
  process.stdout.write(`\n${rows.join("\n")}\n`);
}

async function packTarget(
  staging: Staging,
  target: Target,
  writeVsix: typeof createVSIX,
): Promise<Finished> {
  const cacheDir = path.join(staging.source.projectDir, ".cache", "package");
  await mkdir(cacheDir, { recursive: true });
  // vsce finds nothing below a link.
  const dir = await mkdtemp(path.join(await realpath(cacheDir), `${target.name}-`));
  try {
    return await packFolder({ staging, target, dir, writeVsix });
  } finally {
    await rm(dir, { recursive: true });
  }
}

interface PackJob {
  readonly staging: Staging;
  readonly target: Target;
  /** Empty. */
  readonly dir: string;
  readonly writeVsix: typeof createVSIX;
}

async function packFolder({ staging, target, dir, writeVsix }: PackJob): Promise<Finished> {
  const { projectDir } = staging.source;
  const { name, version } = staging.manifest;
  const files = await stage(staging, target, dir);
  await checkMachines(target, dir, files);
  const wasTried = await tryNativeParts(target, dir);
  const file = path.join(projectDir, "out", "packages", `${name}-${target.name}-${version}.vsix`);
  await mkdir(path.dirname(file), { recursive: true });
  await writeVsix({
    cwd: dir,
    packagePath: file,
    ...(target.native === undefined ? {} : { target: target.name }),
    dependencies: target.native !== undefined,
    useYarn: false,
    ...(staging.manifest.repository === undefined
      ? { allowMissingRepository: true, rewriteRelativeLinks: false }
      : {}),
  });
  const entries = await listZipEntries(file);
  checkEntries(entries, files);
  const { size: nBytes } = await stat(file);
  checkSize(nBytes);
  return { file: path.relative(projectDir, file), nBytes, nFiles: entries.length, wasTried };
}

function row({ name }: Target, { file, nBytes, nFiles, wasTried }: Finished): string {
  const size = `${(nBytes / 1e6).toFixed(1)} MB`.padStart(8);
  const tried = wasTried ? ", loaded here" : "";
  return `${name.padEnd(12)} ${size} ${String(nFiles).padStart(4)} files  ${file}${tried}`;
}
