/** What would make a machine answer faster, derived from what `doctor` found out about it. */

import { formatBytes } from "../base/bytes";
import { isBundled } from "../model/folder/world";
import { describeMissing, LIBRARY_FOLDER_VARIABLE } from "../library/cuda/cudaLibraries";
import type { DeviceFacts, DoctorFacts } from "./facts";
import type { StoreEntry } from "../library/store/modelEntries";

export interface Advice {
  /** For programs; each occurs once at most. */
  readonly id: AdviceId;
  /** What is the matter and what to do. */
  readonly text: string;
}

export type AdviceId =
  | "device.forget"
  | "device.slow"
  | "vulkan.loader"
  | "vulkan.driver"
  | "cuda.provider"
  | "cuda.libraries"
  | "memory.short"
  | "memory.swap"
  | "precision.exact"
  | "processor.quota"
  | "processor.simd"
  | "disk.full"
  | "disk.slow"
  | "models.copies";

/** The advice that applies, what helps most first. */
export function adviceOf(facts: DoctorFacts): readonly Advice[] {
  return RULES.flatMap(({ id, text }) => {
    const advice = text(facts);
    return advice === undefined ? [] : [{ id, text: advice }];
  });
}

interface Rule {
  readonly id: AdviceId;
  /** Undefined when it does not apply. */
  readonly text: (facts: DoctorFacts) => string | undefined;
}

const RULES: readonly Rule[] = [
  { id: "device.forget", text: forgetDevice },
  { id: "device.slow", text: slowDevice },
  { id: "vulkan.loader", text: missingLoader },
  { id: "vulkan.driver", text: missingDriver },
  { id: "cuda.provider", text: missingProvider },
  { id: "cuda.libraries", text: missingLibraries },
  { id: "memory.short", text: shortMemory },
  { id: "memory.swap", text: usedSwap },
  { id: "precision.exact", text: exactPrecision },
  { id: "processor.quota", text: quota },
  { id: "processor.simd", text: missingSimd },
  { id: "disk.full", text: fullDisk },
  { id: "disk.slow", text: slowDisk },
  { id: "models.copies", text: copies },
];

const webgpuOf = ({ devices }: DoctorFacts): DeviceFacts | undefined =>
  devices.find(({ device }) => device === "webgpu");

/** Written so that a measurement that is not a number counts as slow. */
const isFast = ({ state, gflops }: DeviceFacts): boolean =>
  state === "works" && gflops !== undefined && gflops.device > gflops.cpu;

function forgetDevice(facts: DoctorFacts): string | undefined {
  const webgpu = webgpuOf(facts);
  const { remembered } = facts;
  if (remembered?.isInForce !== true || webgpu === undefined || !isFast(webgpu)) return undefined;
  return `WebGPU works here now, but the device "auto" still remembers that it did not. Delete ${remembered.file}, or ask for the device "webgpu".`;
}

function slowDevice(facts: DoctorFacts): string | undefined {
  const webgpu = webgpuOf(facts);
  if (webgpu?.state !== "works" || isFast(webgpu)) return undefined;
  return "WebGPU computes here in software or on a very slow adapter. If this machine has a graphics adapter, install its driver; otherwise the CPU is the right device.";
}

function missingLoader({ graphics, ...facts }: DoctorFacts): string | undefined {
  if (graphics === undefined || graphics.vulkanLoader !== undefined) return undefined;
  if (webgpuOf({ graphics, ...facts })?.state === "works") return undefined;
  return "The Vulkan loader (libvulkan.so.1) is missing, so that WebGPU cannot be used. If this machine has a graphics adapter, install the package libvulkan1 or vulkan-loader and the adapter's driver.";
}

function missingDriver(facts: DoctorFacts): string | undefined {
  const { graphics } = facts;
  if (graphics?.vulkanLoader === undefined || graphics.vulkanDrivers.length > 0) return undefined;
  return "No Vulkan driver is registered with the loader. If this machine has a graphics adapter, install its Vulkan driver (mesa-vulkan-drivers for AMD and Intel; NVIDIA's own driver brings one).";
}

const hasNvidia = ({ graphics }: DoctorFacts): boolean =>
  graphics?.nvidiaDriver !== undefined || (graphics?.nvidiaAdapters.length ?? 0) > 0;

function missingProvider(facts: DoctorFacts): string | undefined {
  const { cuda } = facts;
  const isWanted = cuda !== undefined && cuda.providerFolder === undefined && hasNvidia(facts);
  if (!isWanted) return undefined;
  return 'There is an NVIDIA adapter. Usually WebGPU uses it well; ONNX Runtime\'s CUDA libraries can be added with "Set Up CUDA…" in the editor or "sightline cuda install" and used with the device "cuda".';
}

function missingLibraries({ cuda }: DoctorFacts): string | undefined {
  if (cuda?.providerFolder === undefined || cuda.missingLibraries.length === 0) return undefined;
  return `CUDA cannot be used, because these libraries are not found: ${describeMissing(cuda.missingLibraries)}. Install them in these versions, or name their folders in ${LIBRARY_FOLDER_VARIABLE}.`;
}

function shortMemory({ store, memory }: DoctorFacts): string | undefined {
  if (store === undefined || memory === undefined) return undefined;
  const { availableBytes } = memory;
  const tight = store.models.filter(({ memoryBytes = 0 }) => memoryBytes > availableBytes);
  const [model] = tight.sort((a, b) => (b.memoryBytes ?? 0) - (a.memoryBytes ?? 0));
  if (model === undefined) return undefined;
  const need = formatBytes(model.memoryBytes ?? 0);
  const isSmall = /int4|small/.test(model.precision ?? "");
  const otherwise = isSmall ? "" : ', or convert the model with "--precision small"';
  return `${model.name} needs about ${need} of memory and only ${formatBytes(availableBytes)} are available. Close other programs${otherwise}.`;
}

/** Less is what any system swaps out in the course of a day. */
const MUCH_SWAP_BYTES = 500e6;

function usedSwap({ memory }: DoctorFacts): string | undefined {
  const { swapUsedBytes = 0 } = memory ?? {};
  if (swapUsedBytes < MUCH_SWAP_BYTES) return undefined;
  return `${formatBytes(swapUsedBytes)} are swapped out to disk. A model that is swapped out answers many times slower; close other programs, or use a model with the precision "small".`;
}

/** Below it weights are not worth making smaller: kits and demos. */
const SMALL_BYTES = 200e6;

const isLargeF32 = ({ name, state, precision, bytes = 0 }: StoreEntry): boolean =>
  !isBundled(name) && state === "ready" && precision === "f32" && bytes > SMALL_BYTES;

function exactPrecision({ store }: DoctorFacts): string | undefined {
  const names = (store?.models ?? []).filter(isLargeF32).map(({ name }) => name);
  if (names.length === 0) return undefined;
  return `In f32: ${names.join(", ")}. With the precision "balanced" or "small" a model reads a quarter to an eighth of the bytes for each token and answers as much faster.`;
}

function quota({ processor }: DoctorFacts): string | undefined {
  if (processor === undefined) return undefined;
  const { nCores, usableCores } = processor;
  if (usableCores > nCores / 2) return undefined;
  return `This process may use ${usableCores} of ${nCores} cores. If that is the limit of a container or a task, raise it: the image encoder's time goes down with the number of cores.`;
}

function missingSimd({ processor }: DoctorFacts): string | undefined {
  const { simd, arch } = processor ?? {};
  if (simd === undefined || arch !== "x64") return undefined;
  if (!simd.includes("avx2")) {
    return "This processor has no AVX2, so that every precision is slow on it. A graphics adapter would help most.";
  }
  if (simd.includes("avx512_vnni") || simd.includes("avx_vnni")) return undefined;
  return 'This processor has no VNNI instructions, so that int8 gains less in the image encoder and the prompt. Tokens still gain from "small", which has fewer bytes to read.';
}

/** Less than the smallest published model and its conversion need. */
const LITTLE_DISK_BYTES = 5e9;

function fullDisk({ store }: DoctorFacts): string | undefined {
  if (store === undefined || store.freeBytes >= LITTLE_DISK_BYTES) return undefined;
  const { freeBytes, folder } = store;
  return `Only ${formatBytes(freeBytes)} are free at ${folder}. A published model needs more; free some space, or keep models elsewhere (SIGHTLINE_HOME, or the setting sightline.storageFolder).`;
}

function slowDisk({ store }: DoctorFacts): string | undefined {
  if (store === undefined) return undefined;
  const { disk, folder } = store;
  if (disk !== "network" && disk !== "rotating") return undefined;
  const what = disk === "network" ? "a network file system" : "a rotating disk";
  return `Models are kept on ${what} (${folder}) and load slowly from there. Keep them on a solid-state disk of this machine (SIGHTLINE_HOME, or the setting sightline.storageFolder).`;
}

function copies({ store }: DoctorFacts): string | undefined {
  const found = store?.copies ?? [];
  if (found.length === 0) return undefined;
  const groups = found.map((names) => names.join(" and ")).join("; ");
  return `The same checkpoint is here more than once: ${groups}. Changing between copies loads each anew; remove those that you do not use with "sightline models remove NAME".`;
}
