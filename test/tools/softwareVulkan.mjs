// A Vulkan driver that computes on the CPU (SwiftShader), so that ONNX Runtime's WebGPU provider can be
// tested without a graphics adapter. It is taken from an npm package, checked against a pinned hash.
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { brotliDecompress } from "node:zlib";

const run = promisify(execFile);

const PACKAGE = "@sparticuz/chromium";
const VERSION = "153.0.0";
/** sha512 of the package's tarball, as the registry's lock files have it. */
const INTEGRITY =
  "sha512-jiGWqSvPMdu4+P9TilYqAR7yEGPEHINx+lCvE/NqNO/EHYzF/x1hUiI5T6ioVIt7dEy7n88byyT0vk+dnsgQwA==";
const ARCHIVE = "package/bin/swiftshader.tar.br";
const MANIFEST = "vk_swiftshader_icd.json";
/** The loader, the driver and the driver's manifest. */
const FILES = ["libvulkan.so.1", "libvk_swiftshader.so", MANIFEST];

/** Why there is no software driver for this machine, in one line; undefined when there is one. */
export function whyNoSoftwareVulkan() {
  const here = `${process.platform}-${process.arch}`;
  if (here === "linux-x64") return undefined;
  return `The software Vulkan driver is built for linux-x64 only; this is ${here}.`;
}

/**
 * Fetches the driver into a folder, unless it is there.
 * @param {string} cacheDir Made when it is missing.
 * @returns {Promise<Record<string, string>>} The variables that a process needs from its start on.
 */
export async function prepareSoftwareVulkan(cacheDir) {
  const problem = whyNoSoftwareVulkan();
  if (problem !== undefined) throw new Error(problem);
  const folder = path.resolve(cacheDir, `swiftshader-${VERSION}`);
  if (!existsSync(folder)) await install(folder);
  const manifest = path.join(folder, MANIFEST);
  const libraries = [folder, process.env.LD_LIBRARY_PATH].filter(Boolean).join(":");
  // Loaders older than 1.3.207 know only the second name.
  return { VK_DRIVER_FILES: manifest, VK_ICD_FILENAMES: manifest, LD_LIBRARY_PATH: libraries };
}

/** Everything happens in a folder beside, so that a run that was cut off leaves nothing half done. */
async function install(folder) {
  await mkdir(path.dirname(folder), { recursive: true });
  const work = await mkdtemp(`${folder}.partial-`);
  try {
    const tarball = await download(work);
    await run("tar", ["-xzf", tarball, ARCHIVE], { cwd: work });
    const packed = await readFile(path.join(work, ARCHIVE));
    await writeFile(path.join(work, "driver.tar"), await promisify(brotliDecompress)(packed));
    const ready = path.join(work, "ready");
    await mkdir(ready);
    await run("tar", ["-xf", "../driver.tar", "--no-same-owner", ...FILES], { cwd: ready });
    await rename(ready, folder).catch((error) => {
      // Another process may have been faster.
      if (!existsSync(folder)) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function download(work) {
  await run("npm", ["pack", `${PACKAGE}@${VERSION}`, "--ignore-scripts", "--silent"], {
    cwd: work,
  });
  const tarball = path.join(work, `${PACKAGE.slice(1).replace("/", "-")}-${VERSION}.tgz`);
  const digest = createHash("sha512")
    .update(await readFile(tarball))
    .digest("base64");
  if (`sha512-${digest}` !== INTEGRITY) {
    throw new Error(`${PACKAGE}@${VERSION} is not the file it was: sha512-${digest}.`);
  }
  return tarball;
}
