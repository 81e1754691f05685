/** The machines that a package is made for, and which native files each of them needs. */

/** What a package runs on; without `native` it is the one that only explains itself. */
export interface Target {
  /** As the editor spells it in `vsce package --target`. */
  readonly name: string;
  readonly native?: NativeParts;
}

/** The native files of one target. */
export interface NativeParts {
  readonly platform: "linux" | "win32" | "darwin";
  readonly arch: "x64" | "arm64";
  /** Files of onnxruntime-node below `bin/napi-v6/<platform>/<arch>` that are shipped. */
  readonly runtimeFiles: readonly string[];
  /** Files of the same folder that are not shipped. */
  readonly leftOut: readonly string[];
  /** npm packages with sharp's binding and its libvips. */
  readonly sharpPackages: readonly string[];
}

/** Largest finished package, in bytes. */
export const MAX_PACKAGE_BYTES = 45_000_000;

const LINUX = {
  platform: "linux",
  runtimeFiles: ["libonnxruntime.so.1", "onnxruntime_binding.node"],
  leftOut: [],
} as const;

const WINDOWS = {
  platform: "win32",
  // Without both compiler libraries WebGPU falls back on the system's older one, which has no f16.
  runtimeFiles: ["dxcompiler.dll", "dxil.dll", "onnxruntime.dll", "onnxruntime_binding.node"],
  // Loaded only when DirectML is asked for by name, and Windows has one of its own; WebGPU drives
  // the same adapters, and the file is a quarter of the package.
  leftOut: ["DirectML.dll"],
} as const;

const MACOS = {
  platform: "darwin",
  runtimeFiles: ["libonnxruntime.1.dylib", "onnxruntime_binding.node"],
  // The same bytes as the library above, under a name that the binding does not load.
  leftOut: ["libonnxruntime.1.30.0.dylib"],
} as const;

/** One entry for each folder of binaries in onnxruntime-node, and one for everybody else. */
export const TARGETS: readonly Target[] = [
  {
    name: "linux-x64",
    native: { ...LINUX, arch: "x64", sharpPackages: withLibvips("linux-x64") },
  },
  {
    name: "linux-arm64",
    native: { ...LINUX, arch: "arm64", sharpPackages: withLibvips("linux-arm64") },
  },
  {
    name: "win32-x64",
    // On Windows libvips lies in the binding's own package.
    native: { ...WINDOWS, arch: "x64", sharpPackages: ["@img/sharp-win32-x64"] },
  },
  {
    name: "win32-arm64",
    native: { ...WINDOWS, arch: "arm64", sharpPackages: ["@img/sharp-win32-arm64"] },
  },
  {
    name: "darwin-arm64",
    native: { ...MACOS, arch: "arm64", sharpPackages: withLibvips("darwin-arm64") },
  },
  { name: "universal" },
];

/**
 * The targets with these names, or all when there are none.
 * @throws Error when a name is not known.
 */
export function targetsNamed(names: readonly string[]): readonly Target[] {
  if (names.length === 0) return TARGETS;
  return names.map((name) => {
    const target = TARGETS.find((candidate) => candidate.name === name);
    if (target !== undefined) return target;
    const known = TARGETS.map((candidate) => candidate.name).join(", ");
    throw new Error(`There is no target "${name}"; choose from ${known}.`);
  });
}

function withLibvips(platform: string): readonly string[] {
  return [`@img/sharp-${platform}`, `@img/sharp-libvips-${platform}`];
}
