/** The report of `doctor` for people: what was found out, and what would make it faster. */

import { formatBytes } from "../base/bytes";
import { describeMissing } from "../library/cuda/cudaLibraries";
import type { Advice } from "./advice";
import type {
  DeviceFacts,
  DeviceState,
  DoctorFacts,
  HubFacts,
  ModelFacts,
  StoreFacts,
} from "./facts";
import type { CudaFacts, GraphicsFacts, MemoryFacts, ProcessorFacts } from "../machine/facts";
import { deviceReasonText } from "../model/ask/device";

/** A line of a section: what, and how it is with it. */
type Line = readonly [label: string, text: string];

/** The whole report, each line with its line break. */
export function describeFacts(facts: DoctorFacts, advice: readonly Advice[]): string {
  const { processor, graphics, cuda, store, hub, problems } = facts;
  const sections: readonly (readonly [title: string, lines: readonly Line[]])[] = [
    ["What would make it faster", adviceLines(advice)],
    ["Program", programLines(facts)],
    ["Processor", processor === undefined ? [] : processorLines(processor)],
    ["Memory", memoryLines(facts)],
    ["Devices", deviceLines(facts)],
    [
      "Drivers",
      graphics === undefined ? [["", "not read on this platform"]] : graphicsLines(graphics),
    ],
    ["CUDA", cuda === undefined ? [] : cudaLines(cuda)],
    ["Store", store === undefined ? [] : storeLines(store)],
    ["Downloads, as the environment has them", hubLines(hub)],
    ["Problems", problems.map((text) => ["", text])],
  ];
  return sections
    .filter(([, lines]) => lines.length > 0)
    .map(([title, lines]) => `${title}\n${aligned(lines)}`)
    .join("\n");
}

/** Labels of a section are as wide as the widest; texts from drivers and files stay on their line. */
function aligned(lines: readonly Line[]): string {
  const width = Math.max(...lines.map(([label]) => label.length));
  const gap = width === 0 ? "" : "  ";
  return lines
    .map(([label, text]) => `  ${label.padEnd(width)}${gap}${text.replace(/\s+/g, " ").trim()}\n`)
    .join("");
}

function programLines({ program }: DoctorFacts): readonly Line[] {
  if (program === undefined) return [];
  const { sightline, onnxRuntime = "not found", node, platform, glibc } = program;
  const system = glibc === undefined ? platform : `${platform}, glibc ${glibc}`;
  return [
    ["Sightline", sightline],
    ["ONNX Runtime", onnxRuntime],
    ["Node.js", node],
    ["System", system],
  ];
}

function processorLines({ model, nCores, usableCores, simd }: ProcessorFacts): readonly Line[] {
  return [
    ["Model", model],
    ["Cores", `${usableCores} of ${nCores} usable`],
    ["Instructions", simd === undefined ? "unknown" : simd.join(" ")],
  ];
}

function memoryLines({ memory, engines = [] }: DoctorFacts): readonly Line[] {
  const held = engines.map(({ holder, bytes, model, state, pid }): Line => [
    holder === "command" ? "A command's engine" : "A window's engine",
    `${formatBytes(bytes)}, ${model}, ${state} (process ${pid})`,
  ]);
  return [...systemMemoryLines(memory), ...held];
}

function systemMemoryLines(memory: MemoryFacts | undefined): readonly Line[] {
  if (memory === undefined) return [];
  const { totalBytes, availableBytes, swapTotalBytes, swapUsedBytes = 0 } = memory;
  const lines: Line[] = [
    ["Available", `${formatBytes(availableBytes)} of ${formatBytes(totalBytes)}`],
  ];
  if (swapTotalBytes === undefined) return lines;
  const swap = `${formatBytes(swapUsedBytes)} of ${formatBytes(swapTotalBytes)} used`;
  return [...lines, ["Swap", swapTotalBytes === 0 ? "none" : swap]];
}

function deviceLines({ devices, graphics, remembered }: DoctorFacts): readonly Line[] {
  const isWithoutNvidia =
    graphics !== undefined &&
    graphics.nvidiaDriver === undefined &&
    graphics.nvidiaAdapters.length === 0;
  const lines = devices.map((facts): Line => {
    // What the runtime says of it is about libraries that nobody here has use for.
    const isPlain = facts.device === "cuda" && facts.state !== "works" && isWithoutNvidia;
    return [facts.device, isPlain ? `${STATES.absent}: no NVIDIA card found` : deviceText(facts)];
  });
  if (remembered === undefined) return lines;
  const { reason, ageMs, isInForce, file } = remembered;
  const force = isInForce ? "" : ", no longer in force";
  return [
    ...lines,
    ["auto", `${deviceReasonText(reason)} (Found out ${ageText(ageMs)} ago${force}: ${file})`],
  ];
}

const STATES: Readonly<Record<DeviceState, string>> = {
  works: "works",
  absent: "not available",
  failed: "failed in the test",
  wrong: "computes wrong results",
  crashed: "crashed the test process",
  timeout: "did not finish the test",
};

/** The runtime begins with the name of its own function, which nobody can do anything about. */
const RUNTIME_CALL = /^OrtSessionOptionsAppend\w+:\s*/;

function deviceText({ device, state, why, gflops, float16 }: DeviceFacts): string {
  if (state !== "works" || gflops === undefined) {
    return why === undefined ? STATES[state] : `${STATES[state]}: ${why.replace(RUNTIME_CALL, "")}`;
  }
  const half = float16 === true ? "f16 supported" : "no f16";
  const own = `${gflops.device.toFixed(1)} GFLOPS`;
  if (device === "cpu") return `${STATES[state]}: ${own}`;
  return `${STATES[state]}: ${own}, the CPU ${gflops.cpu.toFixed(1)} GFLOPS, ${half}`;
}

const HOUR_MS = 3_600_000;

function ageText(ageMs: number): string {
  const hours = Math.round(ageMs / HOUR_MS);
  if (hours < 1) return "less than an hour";
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} days`;
}

function graphicsLines(graphics: GraphicsFacts): readonly Line[] {
  const { vulkanLoader, vulkanDrivers, nvidiaDriver, nvidiaAdapters } = graphics;
  return [
    ["Vulkan loader", vulkanLoader ?? "not found"],
    ["Vulkan drivers", vulkanDrivers.length === 0 ? "none" : vulkanDrivers.join(", ")],
    ["NVIDIA driver", nvidiaDriver ?? "none"],
    ...nvidiaAdapters.map(({ name, totalBytes, freeBytes }): Line => [
      "NVIDIA adapter",
      `${name}, ${formatBytes(freeBytes)} of ${formatBytes(totalBytes)} free`,
    ]),
  ];
}

function cudaLines({ providerFolder, missingLibraries, problem }: CudaFacts): readonly Line[] {
  if (providerFolder === undefined) return [["Provider", "not installed"]];
  if (problem !== undefined) return [["Provider", problem]];
  const missing = missingLibraries.length === 0 ? "none" : describeMissing(missingLibraries);
  return [
    ["Provider", providerFolder],
    ["Missing libraries", missing],
  ];
}

function storeLines(store: StoreFacts): readonly Line[] {
  const { folder, freeBytes, disk, models, sets, unfinished, caches } = store;
  const kind = disk === "unknown" ? "" : ` (${disk === "solid" ? "solid-state" : disk} disk)`;
  const cuda: readonly Line[] =
    caches.cuda === 0 ? [] : [["CUDA libraries", formatBytes(caches.cuda)]];
  return [
    ["Folder", folder],
    ["Free", `${formatBytes(freeBytes)}${kind}`],
    ...models.map((model): Line => [`Model ${model.name}`, modelText(model)]),
    ...sets.map(({ name, missing }): Line => [
      `Set ${name}`,
      missing.length === 0 ? "whole" : `${missing.join(", ")} is missing`,
    ]),
    ...unfinished.map(({ name, bytes }): Line => [
      `Download ${name}`,
      `${formatBytes(bytes)} arrived, unfinished`,
    ]),
    ["Image features", formatBytes(caches.features)],
    ["Demo", formatBytes(caches.demo)],
    ...cuda,
  ];
}

function modelText(model: ModelFacts): string {
  const { state, problem, architecture, kind, precision, bytes = 0, memoryBytes = 0 } = model;
  if (state === "bundled") return "converted when first used";
  if (state === "ready") {
    const memory = `about ${formatBytes(memoryBytes)} of memory`;
    return [architecture, kind, precision, `${formatBytes(bytes)} on disk`, memory, "whole"]
      .filter((text) => text !== undefined)
      .join(", ");
  }
  return problem === undefined ? state : `${state}: ${problem}`;
}

function hubLines({ endpoint, proxy, hasToken }: HubFacts): readonly Line[] {
  return [
    ["Endpoint", endpoint ?? "default"],
    ["Proxy", proxy ?? "none in the environment"],
    ["Token", hasToken ? "set" : "not set"],
  ];
}

function adviceLines(advice: readonly Advice[]): readonly Line[] {
  if (advice.length === 0) return [["", "Nothing that can be seen from here."]];
  return advice.map(({ text }, index): Line => [`${index + 1}.`, text]);
}
