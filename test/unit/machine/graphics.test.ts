import assert from "node:assert/strict";

import { graphicsFacts, nvidiaAdapters, nvidiaVersion } from "../../../src/machine/graphics";
import { libraryPath } from "../../../src/machine/libraryPath";
import { fakeSystemFiles } from "../../helpers/fakeSystemFiles";

const NOTHING = { find: () => Promise.resolve(undefined) };
const environment = { env: {}, homeDir: "/home/user" };
const noTool = (): Promise<undefined> => Promise.resolve(undefined);

describe("graphicsFacts", () => {
  it("finds nothing on a machine without drivers, and asks no tool", async () => {
    const askNvidia = (): never => assert.fail("there is no adapter to ask about");
    const files = fakeSystemFiles({});
    assert.deepEqual(await graphicsFacts({ files, libraries: NOTHING, environment, askNvidia }), {
      vulkanDrivers: [],
      nvidiaAdapters: [],
    });
  });

  it("finds loader, drivers and adapters", async () => {
    const files = fakeSystemFiles({
      "/proc/driver/nvidia/version":
        "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue Mar  5\nGCC version: 12\n",
      "/usr/share/vulkan/icd.d/nvidia_icd.json": "{}",
      "/etc/vulkan/icd.d/lvp_icd.json": "{}",
      "/etc/vulkan/icd.d/README": "",
    });
    const libraries = { find: (name: string) => Promise.resolve(`/usr/lib/${name}`) };
    const askNvidia = (): Promise<string> => Promise.resolve("Card, Ti, 24576, 20480\n");
    assert.deepEqual(await graphicsFacts({ files, libraries, environment, askNvidia }), {
      vulkanLoader: "/usr/lib/libvulkan.so.1",
      vulkanDrivers: ["lvp_icd.json", "nvidia_icd.json"],
      nvidiaDriver: "550.54.15",
      nvidiaAdapters: [
        { name: "Card, Ti", totalBytes: 24576 * 2 ** 20, freeBytes: 20480 * 2 ** 20 },
      ],
    });
  });

  it("looks only at the drivers that the environment names, files or folders", async () => {
    const files = fakeSystemFiles({
      "/usr/share/vulkan/icd.d/other.json": "{}",
      "/own/one.json": "{}",
      "/own/folder/two.json": "{}",
    });
    const env = { VK_DRIVER_FILES: "/own/one.json:/own/folder:/own/none.json" };
    const sources = { files, libraries: NOTHING, environment: { env, homeDir: "/" } };
    const { vulkanDrivers } = await graphicsFacts({ ...sources, askNvidia: noTool });
    assert.deepEqual(vulkanDrivers, ["one.json", "two.json"]);
  });

  it("copes with a tool that is missing although the module is loaded", async () => {
    const files = fakeSystemFiles({
      "/proc/driver/nvidia/version": "NVRM version: Open 1.2.3 x\n",
    });
    const facts = await graphicsFacts({
      ...{ files, libraries: NOTHING, environment },
      askNvidia: noTool,
    });
    assert.equal(facts.nvidiaDriver, "1.2.3");
    assert.deepEqual(facts.nvidiaAdapters, []);
  });
});

describe("nvidiaVersion and nvidiaAdapters", () => {
  it("know nothing of other texts", () => {
    assert.equal(nvidiaVersion("something else"), undefined);
    assert.deepEqual(nvidiaAdapters("No devices were found\n\n"), []);
  });
});

describe("libraryPath", () => {
  const cache = ["glibc-ld.so.cache1.1\u0001", "/opt/lib/liba.so.1", "libb.so.2", "/old/libb.so.2"];
  const files = fakeSystemFiles({ "/etc/ld.so.cache": cache.join("\0") });
  const existing = new Set(["/opt/lib/liba.so.1", "/mine/liba.so.1", "/usr/lib64/libc.so.9"]);
  const isFile = (file: string): Promise<boolean> => Promise.resolve(existing.has(file));

  it("prefers named folders to the environment's, the cache and the usual ones", async () => {
    const env = { LD_LIBRARY_PATH: "relative:/mine:" };
    const path = await libraryPath({ files, env, isFile });
    assert.equal(await path.find("liba.so.1"), "/mine/liba.so.1");
    assert.equal(await path.find("libc.so.9"), "/usr/lib64/libc.so.9");
    const own = await libraryPath({ files, env, isFile, folders: ["/opt/lib"] });
    assert.equal(await own.find("liba.so.1"), "/opt/lib/liba.so.1");
    const bare = await libraryPath({ files, env: {}, isFile });
    assert.equal(await bare.find("liba.so.1"), "/opt/lib/liba.so.1");
  });

  it("does not believe a cache that names a file which is gone", async () => {
    const path = await libraryPath({ files, env: {}, isFile });
    assert.equal(await path.find("libb.so.2"), undefined);
  });

  it("finds a library of this machine", async () => {
    const { systemFiles } = await import("../../../src/machine/systemFiles");
    const path = await libraryPath({ files: systemFiles(), env: {} });
    assert.match((await path.find("libc.so.6")) ?? "", /\/libc\.so\.6$/);
  });
});
