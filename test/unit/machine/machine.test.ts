import assert from "node:assert/strict";
import os from "node:os";

import {
  availableOnMac,
  memoryFacts,
  processorFacts,
  programFacts,
  simdOf,
} from "../../../src/machine/machine";
import { fakeSystemFiles } from "../../helpers/fakeSystemFiles";

const MEMINFO = [
  "MemTotal:       16000000 kB",
  "MemFree:          100000 kB",
  "MemAvailable:    8000000 kB",
  "SwapTotal:       2000000 kB",
  "SwapFree:        1500000 kB",
  "",
].join("\n");

/** Recorded on a Mac with 32 GB that was in use. */
const VM_STAT = [
  "Mach Virtual Memory Statistics: (page size of 16384 bytes)",
  "Pages free:                                    10069.",
  "Pages active:                                 432859.",
  "Pages inactive:                               426177.",
  "Pages speculative:                              5899.",
  "Pages throttled:                                   0.",
  "Pages wired down:                             171481.",
  "Pages purgeable:                               11278.",
  '"Translation faults":                     1935466161.',
  "Pages copy-on-write:                        84466299.",
  "Pages zero filled:                        1166655512.",
  "",
].join("\n");

describe("memoryFacts", () => {
  it("reads what the kernel says is available, and the swap in use", async () => {
    assert.deepEqual(await memoryFacts(fakeSystemFiles({ "/proc/meminfo": MEMINFO })), {
      totalBytes: 16_384_000_000,
      availableBytes: 8_192_000_000,
      swapTotalBytes: 2_048_000_000,
      swapUsedBytes: 512_000_000,
    });
  });

  it("takes the tightest control group of version 2 above the process into account", async () => {
    const files = fakeSystemFiles({
      "/proc/meminfo": MEMINFO,
      "/proc/self/cgroup": "0::/machine/service\n",
      "/sys/fs/cgroup/machine/service/memory.max": "max\n",
      "/sys/fs/cgroup/machine/memory.max": "4000000000\n",
      "/sys/fs/cgroup/machine/memory.current": "3000000000\n",
      "/sys/fs/cgroup/machine/memory.stat": "anon 5\ninactive_file 1000000000\n",
    });
    const { totalBytes, availableBytes } = await memoryFacts(files);
    assert.deepEqual([totalBytes, availableBytes], [4e9, 2e9]);
  });

  it("takes a control group of version 1 into account", async () => {
    const files = fakeSystemFiles({
      "/proc/meminfo": MEMINFO,
      "/proc/self/cgroup": "5:cpu,cpuacct:/a\n4:memory:/docker/b\n0::/\n",
      "/sys/fs/cgroup/memory/memory.limit_in_bytes": "6000000000\n",
      "/sys/fs/cgroup/memory/memory.usage_in_bytes": "7000000000\n",
      "/sys/fs/cgroup/memory/memory.stat": "total_inactive_file 500000000\n",
    });
    const { totalBytes, availableBytes } = await memoryFacts(files);
    assert.deepEqual([totalBytes, availableBytes], [6e9, 0]);
  });

  it("counts on a Mac what the system can give up at once", async () => {
    const vmStat = (): Promise<string> => Promise.resolve(VM_STAT);
    const { availableBytes } = await memoryFacts(fakeSystemFiles({}), vmStat);
    const expected = (10_069 + 426_177 + 5899 + 11_278) * 16_384;
    assert.equal(availableOnMac(VM_STAT, 1e12), expected);
    assert.equal(availableBytes, Math.min(expected, os.totalmem()));
    assert.equal(availableOnMac(VM_STAT, 1e9), 1e9);
  });

  it("falls back to what Node says where the Mac's own tool says something else", async () => {
    for (const text of [undefined, "", "page size of 4096 bytes", "Pages free: 12."]) {
      const facts = await memoryFacts(fakeSystemFiles({}), () => Promise.resolve(text));
      assert.ok(facts.availableBytes > 0);
      assert.equal(availableOnMac(text ?? "", 1e12), undefined);
    }
  });

  it("asks the platform where there is no such file", async () => {
    const facts = await memoryFacts(fakeSystemFiles({}));
    assert.ok(facts.totalBytes >= facts.availableBytes && facts.availableBytes > 0);
    assert.equal(facts.swapTotalBytes, undefined);
  });
});

describe("simdOf", () => {
  it("picks the instruction sets that matter, of either architecture", () => {
    const x64 = "model name : X\nflags\t\t: fpu sse4_1 avx2 avx_vnni avx512_vnni_not\n";
    assert.deepEqual(simdOf(x64), ["sse4_1", "avx2", "avx_vnni"]);
    assert.deepEqual(simdOf("Features\t: fp asimd asimddp i8mm\n"), ["asimd", "asimddp", "i8mm"]);
  });

  it("knows nothing of another text", () => {
    assert.equal(simdOf(""), undefined);
  });
});

describe("processorFacts", () => {
  it("counts the cores that a container's quota leaves, of either version", async () => {
    for (const table of [
      { "/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/cpu.max": "50000 100000\n" },
      {
        "/proc/self/cgroup": "3:cpu:/\n",
        "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "50000\n",
        "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
      },
    ]) {
      assert.equal((await processorFacts(fakeSystemFiles(table))).usableCores, 0.5);
    }
  });

  it("takes a quota without a limit for none", async () => {
    const { usableCores: all } = await processorFacts(fakeSystemFiles({}));
    for (const table of [
      { "/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/cpu.max": "max 100000\n" },
      {
        "/proc/self/cgroup": "3:cpu:/\n",
        "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
        "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
      },
    ]) {
      assert.equal((await processorFacts(fakeSystemFiles(table))).usableCores, all);
    }
    assert.ok(Number.isInteger(all) && all > 0);
  });
});

describe("programFacts", () => {
  it("finds the version of the installed runtime without loading it", async () => {
    const facts = await programFacts("1.2.3");
    assert.equal(facts.sightline, "1.2.3");
    assert.equal(facts.onnxRuntime, "1.30.0");
    assert.equal(facts.platform, `${process.platform}-${process.arch}`);
  });
});
