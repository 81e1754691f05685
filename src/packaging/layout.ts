/** Says which files a package holds and where they come from. */

import { readdir } from "node:fs/promises";
import path from "node:path";
import { findNpmPackage, type NpmPackage, type PackageSource } from "./npmPackages";
import type { NativeParts, Target } from "./targets";

/** A file of a package. */
export interface PackedFile {
  /** Below the package's folder, with forward slashes. */
  readonly to: string;
  /** Absolute. */
  readonly from: string;
}

/** Files of the project that every package holds; a folder means the files right in it. */
const PROJECT_FILES: readonly { readonly path: string; readonly only?: RegExp }[] = [
  { path: "CHANGELOG.md" },
  { path: "LICENSE" },
  { path: ".", only: /^package\.nls(\.[\w-]+)?\.json$/ },
  { path: "l10n", only: /^bundle\.l10n\.[\w-]+\.json$/ },
  { path: "media/icon.png" },
  { path: "media/activity.svg" },
  { path: "media/activity-dark.svg" },
  { path: "media/sightline.schema.json" },
  { path: "media/samples", only: /\.(md|png)$/ },
  { path: "media/walkthrough", only: /\.(md|png|svg)$/ },
];

/** Needs nothing but the editor's types, so that it is its own declaration; under the name of one. */
const API_TYPES = { from: "src/editor/api/api.ts", to: "api.d.ts" };

/** What runs the models; a package without native files has no use for it. */
const ENGINE_FILES: readonly { readonly path: string; readonly only?: RegExp }[] = [
  { path: "models/catalog.json" },
  { path: "models/demo", only: /\.(json|safetensors)$/ },
  { path: "models/demo-itm", only: /\.json$|^model\.safetensors$/ },
];

/** What runs the models, for the editor and on the command line, and the threads that convert them. */
const ENGINE_PROGRAMS = ["child.js", "cli.js", "convertWorker.js", "mcp.js"];

/** Workflows take it from the repository; the command line in the package can do the same. */
const WORKFLOW_PROGRAM = "altCheck.js";

/**
 * What each npm package needs at run time: found by following its require calls. The runtime's
 * other two dependencies are used by its install script only.
 */
const RUNTIME_FILES: Readonly<Record<string, RegExp>> = {
  "@img/colour": /^(index|color)\.cjs$/,
  "detect-libc": /^lib\/[\w-]+\.js$/,
  "onnxruntime-common": /^dist\/cjs\/([\w-]+\.js|package\.json)$/,
  "onnxruntime-node": /^dist\/[\w-]+\.js$/,
  semver: /^(index\.js|(classes|functions|internal|ranges)\/[\w-]+\.js)$/,
  sharp: /^dist\/[\w-]+\.cjs$/,
};
/** Say where the CUDA provider of this version is published; only Linux x64 has one. */
const CUDA_METADATA = ["script/install-metadata.js", "script/install-metadata-versions.js"];
const SHARP_NATIVE_FILES =
  /^(index\.cjs|versions\.json|lib\/([\w.-]+\.(node|dll|dylib)|libvips-cpp\.so\.[\d.]+))$/;

/** Those of the built programs that a target's package holds. */
export function programsOf(target: Target, built: Iterable<string>): readonly string[] {
  return [...built].filter(
    (name) =>
      name !== WORKFLOW_PROGRAM && (!ENGINE_PROGRAMS.includes(name) || target.native !== undefined),
  );
}

/** The files of the project that a target's package holds, besides programs and what is written. */
export async function projectFiles(
  projectDir: string,
  target: Target,
): Promise<readonly PackedFile[]> {
  const wanted = target.native === undefined ? PROJECT_FILES : [...PROJECT_FILES, ...ENGINE_FILES];
  const found = await Promise.all(
    wanted.map(async ({ path: place, only }) => {
      if (only === undefined) return [place];
      const names = (await readdir(path.join(projectDir, place))).filter((name) => only.test(name));
      if (names.length === 0) throw new Error(`${place} holds nothing that can be packed.`);
      return names.map((name) => path.posix.join(place, name));
    }),
  );
  const files = found.flat().map((to) => ({ to, from: to }));
  return [...files, API_TYPES].map(({ to, from }) => ({ to, from: path.join(projectDir, from) }));
}

/** The npm packages that a target's native parts need. */
export async function nativePackages(
  source: PackageSource,
  native: NativeParts,
): Promise<readonly NpmPackage[]> {
  const names = [...Object.keys(RUNTIME_FILES), ...native.sharpPackages].sort();
  const found: NpmPackage[] = [];
  // One after the other: each may be a download.
  for (const name of names) found.push(await findNpmPackage(source, name));
  return found;
}

/**
 * The files of an npm package that are shipped, without its package.json.
 * @throws Error when a file that the target needs is not there.
 */
export async function nativeFiles(
  { name, dir }: NpmPackage,
  native: NativeParts,
): Promise<readonly PackedFile[]> {
  const wanted = RUNTIME_FILES[name] ?? SHARP_NATIVE_FILES;
  const all = await readdir(dir, { recursive: true, encoding: "utf8" });
  const files = all.map((file) => file.replaceAll("\\", "/")).filter((file) => wanted.test(file));
  if (name === "onnxruntime-node") {
    const folder = `bin/napi-v6/${native.platform}/${native.arch}`;
    files.push(...native.runtimeFiles.map((file) => `${folder}/${file}`));
    if (native.platform === "linux" && native.arch === "x64") files.push(...CUDA_METADATA);
  }
  const missing = files.find((file) => !all.includes(path.normalize(file)));
  if (missing !== undefined) {
    throw new Error(`${name} has no ${missing}; src/packaging/targets.ts is old.`);
  }
  if (files.length === 0) {
    throw new Error(`${name} holds nothing that src/packaging/layout.ts expects.`);
  }
  return files.map((file) => ({ to: `node_modules/${name}/${file}`, from: path.join(dir, file) }));
}
