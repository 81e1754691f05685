/** Processor, memory and program as `doctor` tells them; reads what the system says of itself. */

import { execFile } from "node:child_process";
import os from "node:os";
import path from "node:path";
import { optional } from "../base/optional";
import { onnxRuntimePackage } from "./onnxRuntimePackage";
import type { MemoryFacts, ProcessorFacts, ProgramFacts } from "./facts";
import type { SystemFiles } from "./systemFiles";

/** @param sightline our own version. */
export async function programFacts(sightline: string): Promise<ProgramFacts> {
  const runtime = await onnxRuntimePackage();
  const glibc = glibcVersion();
  return {
    sightline,
    node: process.versions.node,
    platform: `${process.platform}-${process.arch}`,
    ...optional({ onnxRuntime: runtime?.version, glibc }),
  };
}

/** Undefined where there is no glibc. */
function glibcVersion(): string | undefined {
  if (process.platform !== "linux") return undefined;
  const report: typeof process.report & { excludeNetwork?: boolean } = process.report;
  // Otherwise the report looks up the names of whatever is connected.
  report.excludeNetwork = true;
  const { header } = report.getReport() as unknown as {
    readonly header?: { readonly glibcVersionRuntime?: unknown };
  };
  const version = header?.glibcVersionRuntime;
  return typeof version === "string" ? version : undefined;
}

export async function processorFacts(files: SystemFiles): Promise<ProcessorFacts> {
  const cores = os.cpus();
  const simd = simdOf((await files.text("/proc/cpuinfo")) ?? "");
  const quota = await cpuQuota(files);
  return {
    // Some systems tell no name, others pad it.
    model: cores[0]?.model.replace(/\s+/g, " ").trim() || "unknown",
    arch: process.arch,
    nCores: cores.length,
    usableCores: Math.min(os.availableParallelism(), quota ?? Infinity),
    ...optional({ simd }),
  };
}

/** Of x64 and of arm64: those that ONNX Runtime's matrix products have kernels for. */
// prettier-ignore
const SIMD: ReadonlySet<string> = new Set([
  "sse4_1", "avx", "avx2", "fma", "f16c",
  "avx512f", "avx512_vnni", "avx512_bf16", "avx_vnni", "amx_int8", "amx_bf16",
  "asimd", "asimddp", "i8mm", "bf16", "sve",
]);

/** Instruction sets that matter; undefined for a text without any list of them. */
export function simdOf(cpuinfo: string): readonly string[] | undefined {
  const list = /^(?:flags|Features)\s*:(.*)$/m.exec(cpuinfo)?.[1];
  return list?.split(/\s+/).filter((name) => SIMD.has(name));
}

/** Cores that the control groups allow; undefined without a limit. */
async function cpuQuota(files: SystemFiles): Promise<number | undefined> {
  const groups = await controlGroups(files, "cpu");
  const limits = await Promise.all(
    groups.map(async ({ folder, version }) => {
      const [quota, period] =
        version === 2
          ? ((await files.text(`${folder}/cpu.max`)) ?? "").split(/\s+/)
          : [
              await files.text(`${folder}/cpu.cfs_quota_us`),
              await files.text(`${folder}/cpu.cfs_period_us`),
            ];
      return Number(quota) / Number(period);
    }),
  );
  // Without a limit the quota is "max" in version 2 and -1 in version 1.
  const known = limits.filter((limit) => limit > 0 && Number.isFinite(limit));
  return known.length === 0 ? undefined : Math.round(Math.min(...known) * 100) / 100;
}

/** What prints about the memory of a Mac; undefined when it cannot. */
export type VmStat = () => Promise<string | undefined>;

/** @param vmStat asked on macOS only. @default runs vm_stat */
export async function memoryFacts(
  files: SystemFiles,
  vmStat: VmStat = process.platform === "darwin" ? runVmStat : () => Promise.resolve(undefined),
): Promise<MemoryFacts> {
  const meminfo = (await files.text("/proc/meminfo")) ?? "";
  const total = kilobytesOf(meminfo, "MemTotal") ?? os.totalmem();
  const available =
    kilobytesOf(meminfo, "MemAvailable") ??
    availableOnMac((await vmStat()) ?? "", total) ??
    os.freemem();
  const swapTotal = kilobytesOf(meminfo, "SwapTotal");
  const swapFree = kilobytesOf(meminfo, "SwapFree");
  const limits = await Promise.all(
    (await controlGroups(files, "memory")).map((group) => memoryLimit(files, group)),
  );
  const known = limits.filter((limit) => limit !== undefined);
  return {
    totalBytes: Math.min(total, ...known.map(({ maxBytes }) => maxBytes)),
    availableBytes: Math.min(available, ...known.map(({ freeBytes }) => freeBytes)),
    ...(swapTotal === undefined || swapFree === undefined
      ? {}
      : { swapTotalBytes: swapTotal, swapUsedBytes: swapTotal - swapFree }),
  };
}

/** Lines of vm_stat about pages that hold nothing, or only what can be read or made again. */
const RECLAIMABLE_PAGES = ["free", "inactive", "speculative", "purgeable"] as const;

/**
 * Bytes that a program can get on macOS, where Node's own figure counts only pages that hold nothing;
 * the system leaves hardly any of those.
 * @param text as vm_stat prints it.
 * @returns undefined for any other text.
 */
export function availableOnMac(text: string, totalBytes: number): number | undefined {
  const pageBytes = /page size of (\d+) bytes/.exec(text)?.[1];
  const pages = RECLAIMABLE_PAGES.map(
    (name) => new RegExp(`^Pages ${name}:\\s+(\\d+)\\.?\\s*$`, "m").exec(text)?.[1],
  );
  if (pageBytes === undefined || pages[0] === undefined) return undefined;
  const nPages = pages.reduce((sum, count) => sum + Number(count ?? 0), 0);
  // A purgeable page can be counted as inactive too.
  return Math.min(totalBytes, nPages * Number(pageBytes));
}

const VM_STAT_PATIENCE_MS = 5000;

function runVmStat(): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile("/usr/bin/vm_stat", { timeout: VM_STAT_PATIENCE_MS }, (error, stdout) => {
      resolve(error === null ? stdout : undefined);
    });
  });
}

/** A line of /proc/meminfo in bytes; it counts in units of 1024. */
function kilobytesOf(meminfo: string, name: string): number | undefined {
  const kilobytes = new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(meminfo)?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}

interface MemoryLimit {
  readonly maxBytes: number;
  readonly freeBytes: number;
}

/** What a control group allows; files that are only cached can be given up at once. */
async function memoryLimit(
  files: SystemFiles,
  { folder, version }: ControlGroup,
): Promise<MemoryLimit | undefined> {
  const names = MEMORY_FILES[version];
  const max = await files.text(`${folder}/${names.max}`);
  // Without a limit version 2 says "max", and version 1 a number larger than any memory.
  if (max === undefined || !/^\d+\s*$/.test(max)) return undefined;
  const current = Number((await files.text(`${folder}/${names.current}`)) ?? "0");
  const stat = (await files.text(`${folder}/memory.stat`)) ?? "";
  const cached = Number(names.cached.exec(stat)?.[1] ?? 0);
  const maxBytes = Number(max);
  return { maxBytes, freeBytes: Math.max(0, maxBytes - Math.max(0, current - cached)) };
}

const MEMORY_FILES = {
  1: {
    max: "memory.limit_in_bytes",
    current: "memory.usage_in_bytes",
    cached: /^total_inactive_file (\d+)$/m,
  },
  2: { max: "memory.max", current: "memory.current", cached: /^inactive_file (\d+)$/m },
} as const;

interface ControlGroup {
  readonly folder: string;
  readonly version: 1 | 2;
}

/** This process's control groups that limit a resource, and those above, whose limits count too. */
async function controlGroups(
  files: SystemFiles,
  controller: "cpu" | "memory",
): Promise<readonly ControlGroup[]> {
  const groups: ControlGroup[] = [];
  for (const line of ((await files.text("/proc/self/cgroup")) ?? "").split("\n")) {
    const [, names, own] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    const isOne = names?.split(",").includes(controller) === true;
    if (own === undefined || (names !== "" && !isOne)) continue;
    const top = names === "" ? "/sys/fs/cgroup" : `/sys/fs/cgroup/${controller}`;
    for (let group = path.posix.normalize(own); ; group = path.posix.dirname(group)) {
      groups.push({ folder: path.posix.join(top, group), version: names === "" ? 2 : 1 });
      if (group === "/") break;
    }
  }
  return groups;
}
