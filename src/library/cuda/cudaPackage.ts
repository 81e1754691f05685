/** Which package holds the CUDA provider, by what ONNX Runtime's npm package says of itself. */

import { createRequire } from "node:module";
import path from "node:path";
import { AppError } from "../../base/errors";
import { JsonObject } from "../../base/json";
import { PROVIDER_FILES } from "./cudaRuntime";
import type { InstalledPackage } from "../../machine/onnxRuntimePackage";

/** A package of a NuGet feed, and the files of it that are wanted. */
export interface ProviderPackage {
  /** Address of the feed's service index. */
  readonly index: string;
  readonly name: string;
  readonly version: string;
  /** Path in the package by the name of the file. */
  readonly files: Readonly<Record<string, string>>;
}

const PLATFORM = "linux/x64";
/** What the npm package's own install script reads. */
const METADATA = ["script", "install-metadata.js"];
const PACKAGE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
const PACKAGE_VERSION = /^\d+(\.\d+){1,3}(-[A-Za-z0-9.-]+)?$/;

/**
 * @param index address of another feed with the same package.
 * @throws AppError `device.unavailable` when the npm package does not say.
 */
export function providerPackage(
  runtime: InstalledPackage,
  index: string | undefined,
): ProviderPackage {
  const file = path.join(runtime.folder, ...METADATA);
  try {
    const load = createRequire(file) as (path: string) => unknown;
    return readMetadata(new JsonObject(load(file), { file, code: "device.unavailable" }), index);
  } catch (cause) {
    throw new AppError(
      "device.unavailable",
      `ONNX Runtime ${runtime.version} does not say where its CUDA libraries are published (${file}). Put them into a folder yourself and name it with --from.`,
      { cause, detail: { file } },
    );
  }
}

function readMetadata(json: JsonObject, index: string | undefined): ProviderPackage {
  const [requirement] = json.object("requirements").array(PLATFORM);
  const manifest = json.object("manifests").object(`${PLATFORM}:${String(requirement)}`);
  const wanted = manifest
    .keys()
    .map((key) => [path.posix.basename(key), manifest.object(key)] as const)
    .filter(([name]) => (PROVIDER_FILES as readonly string[]).includes(name));
  if (wanted.length < PROVIDER_FILES.length) manifest.fail("files", PROVIDER_FILES.join(", "));
  const [first] = wanted;
  const described = json.object("packages").object(first?.[1].string("package") ?? "");
  const name = described.string("name");
  const [release] = described.array("versions");
  const published = new JsonObject(release, { file: json.file, code: json.code, path: "versions" });
  const version = published.string("version");
  if (!PACKAGE_NAME.test(name) || !PACKAGE_VERSION.test(version)) {
    described.fail("name", "the name and version of a package");
  }
  return {
    index: index ?? json.object("feeds").object(published.string("feed")).string("index"),
    name,
    version,
    files: Object.fromEntries(wanted.map(([file, entry]) => [file, entry.string("path")])),
  };
}
