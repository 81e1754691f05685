/** Lays out the folder of one package: what is in it is what the package will hold. */

import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { nativeFiles, nativePackages, programsOf, projectFiles, type PackedFile } from "./layout";
import { packedManifest, packedNpmManifest, type ExtensionManifest } from "./manifests";
import { bundledPackages, noticeOf, noticesText } from "./notices";
import type { NpmPackage, PackageSource } from "./npmPackages";
import { USER_README, userReadme } from "./readme";
import type { Target } from "./targets";

/** What `node esbuild.mjs --production` leaves. */
export interface Build {
  /** Holds the programs. */
  readonly dir: string;
  /** Of each program below `dir`, the files in it. */
  readonly inputs: ReadonlyMap<string, readonly string[]>;
}

/** What all packages are made from. */
export interface Staging {
  readonly source: PackageSource;
  readonly build: Build;
  readonly manifest: ExtensionManifest;
}

/** Reads what the production build left in a folder. */
export async function readBuild(dir: string): Promise<Build> {
  const metafiles = JSON.parse(await readFile(path.join(dir, "metafiles.json"), "utf8")) as {
    readonly outputs: Readonly<
      Record<string, { readonly inputs: Readonly<Record<string, { bytesInOutput: number }>> }>
    >;
  }[];
  const dist = path.posix.join(dir, "dist");
  const inputs = metafiles.flatMap(({ outputs }) =>
    Object.entries(outputs).map(([output, { inputs: parts }]) => {
      const files = Object.keys(parts).filter((file) => (parts[file]?.bytesInOutput ?? 0) > 0);
      return [path.posix.relative(dist, output), files] as const;
    }),
  );
  return { dir: dist, inputs: new Map(inputs) };
}

/**
 * Fills an empty folder with a target's files and returns their paths.
 * @throws Error when a file, a package or a licence is missing.
 */
export async function stage(
  { source, build, manifest }: Staging,
  target: Target,
  dir: string,
): Promise<readonly string[]> {
  const { projectDir } = source;
  const { native } = target;
  const packages = native === undefined ? [] : await nativePackages(source, native);
  const programs = programsOf(target, build.inputs.keys());
  const copies: readonly PackedFile[] = [
    ...programs.map((name) => ({ to: `dist/${name}`, from: path.join(build.dir, name) })),
    ...(await projectFiles(projectDir, target)),
    ...(native === undefined
      ? []
      : (await Promise.all(packages.map((found) => nativeFiles(found, native)))).flat()),
  ];
  const written: Readonly<Record<string, string>> = {
    "README.md": userReadme(await readFile(path.join(projectDir, USER_README), "utf8")),
    "THIRD-PARTY-NOTICES.txt": await notices({ build, manifest, projectDir, programs, packages }),
    "package.json": json(packedManifest(manifest, packages)),
    ...Object.fromEntries(
      packages.map(({ name, manifest: own }) => [
        `node_modules/${name}/package.json`,
        json(packedNpmManifest(own, packages)),
      ]),
    ),
  };
  for (const { from, to } of copies) {
    await mkdir(path.dirname(path.join(dir, to)), { recursive: true });
    await copyFile(from, path.join(dir, to));
  }
  for (const [to, text] of Object.entries(written)) await writeFile(path.join(dir, to), text);
  await copyFile(path.join(projectDir, ".vscodeignore"), path.join(dir, ".vscodeignore"));
  return [...copies.map(({ to }) => to), ...Object.keys(written)].sort();
}

interface NoticeParts {
  readonly build: Build;
  readonly manifest: ExtensionManifest;
  readonly projectDir: string;
  readonly programs: readonly string[];
  readonly packages: readonly NpmPackage[];
}

async function notices(parts: NoticeParts): Promise<string> {
  const inputs = parts.programs.flatMap((name) => parts.build.inputs.get(name) ?? []);
  const bundled = await bundledPackages(parts.projectDir, inputs);
  const licencesDir = path.join(parts.projectDir, "src", "packaging", "licences");
  const all = await Promise.all(
    [...bundled, ...parts.packages].map((found) => noticeOf(found, licencesDir)),
  );
  const drawings = await readFile(path.join(licencesDir, "demo-drawings.txt"), "utf8");
  return `${noticesText(parts.manifest.displayName, all)}\n${drawings}`;
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
