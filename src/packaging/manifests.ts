/** Cuts manifests down to what is true of a package: no scripts, no tools, only parts that ship. */

import type { NpmManifest, NpmPackage } from "./npmPackages";

/** The extension's manifest as far as packing reads it. */
export interface ExtensionManifest {
  readonly [field: string]: unknown;
  readonly name: string;
  readonly displayName: string;
  readonly version: string;
  readonly engines: Readonly<Record<string, string>>;
  readonly repository?: unknown;
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** Fields for those who develop the project or use it as an npm package. */
const DEVELOPMENT_FIELDS = ["bin", "devDependencies", "files", "private", "scripts"];

/** The extension's manifest in a package that holds these npm packages, in their exact versions. */
export function packedManifest(
  manifest: ExtensionManifest,
  packages: readonly NpmPackage[],
): ExtensionManifest {
  return {
    ...without(manifest, DEVELOPMENT_FIELDS),
    engines: without(manifest.engines, ["node"]),
    dependencies: Object.fromEntries(
      packages
        .filter(({ name }) => manifest.dependencies?.[name] !== undefined)
        .map(({ name, version }) => [name, version]),
    ),
  } as ExtensionManifest;
}

/** The manifest of an npm package in a package that holds these ones besides it. */
export function packedNpmManifest(
  manifest: NpmManifest,
  packages: readonly NpmPackage[],
): NpmManifest {
  const shipped = (names: Readonly<Record<string, string>> = {}): Record<string, string> =>
    Object.fromEntries(
      Object.entries(names).filter(([name]) => packages.some((other) => other.name === name)),
    );
  return {
    ...without(manifest, ["devDependencies", "scripts"]),
    dependencies: shipped(manifest.dependencies),
  } as NpmManifest;
}

function without(
  fields: Readonly<Record<string, unknown>>,
  dropped: readonly string[],
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !dropped.includes(name)));
}
