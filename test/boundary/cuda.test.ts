import assert from "node:assert/strict";
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";

import { createOrtSessionFactory } from "../../src/engine/session/ortSession";
import { checkGraph } from "../../src/engine/device/probeGraphs";
import { cudaSessionFactory } from "../../src/library/cuda/cudaProvider";
import { makeCudaRuntime, PROVIDER_FILES } from "../../src/library/cuda/cudaRuntime";
import { libraryPath } from "../../src/machine/libraryPath";
import { modelStoreOf } from "../../src/library/store/modelStore";
import { systemFiles } from "../../src/machine/systemFiles";
import { runCliProcess } from "../helpers/cliProcess";
import { elfFile } from "../helpers/elfFile";
import { temporaryFolder } from "../helpers/kitModel";
import { madeUpRuntime } from "../helpers/madeUpRuntime";

const isSupported = process.platform === "linux" && process.arch === "x64";

describe("cuda", () => {
  let home: string;
  let libraries: string;
  beforeEach(async () => {
    home = await temporaryFolder();
    libraries = path.join(home, "libraries");
    await mkdir(libraries);
    const [cuda, shared] = PROVIDER_FILES;
    await writeFile(path.join(libraries, cuda), elfFile(["libcudart.so.99", "libcudnn.so.98"]));
    await writeFile(path.join(libraries, shared), elfFile([]));
  });

  if (isSupported) {
    it("installs from a folder, runs the copy, says what is missing, and removes it", async () => {
      const run = (...args: readonly string[]): ReturnType<typeof runCliProcess> =>
        runCliProcess(args, { home });
      const asked = await run("cuda", "install", "--from", libraries);
      assert.equal(asked.exitCode, 0, asked.stderr);
      assert.match(asked.stdout, /nothing to download[^]*Run it again with --yes/);
      assert.match((await run("cuda", "status")).stdout, /are not installed/);
      const done = await run("cuda", "install", "--from", libraries, "--yes", "--json");
      assert.equal(done.exitCode, 0, done.stderr);
      const told = JSON.parse(done.stdout) as Readonly<Record<string, unknown>>;
      assert.equal(told["outcome"], "installed");
      assert.deepEqual(told["missingLibraries"], ["libcudart.so.99", "libcudnn.so.98"]);
      // The CPU's part of the test runs on the copy; only then CUDA is tried.
      const probe = await run("doctor", "--probe", "cuda", "--json");
      const { state, why } = JSON.parse(probe.stdout) as Readonly<Record<string, string>>;
      assert.equal(state, "absent", probe.stdout + probe.stderr);
      assert.match(why ?? "", /not found: libcudart\.so\.99 \(CUDA 99\), libcudnn\.so\.98/);
      assert.match(probe.stderr, /cuda\/onnxruntime-1\.30\.0\/node_modules\/onnxruntime-node/);
      const picture = path.resolve("test/fixtures/demo/scene001.png");
      const ask = await run("ask", picture, "what?", "--device", "cuda", "--json");
      assert.equal(ask.exitCode, 1);
      const { error } = JSON.parse(ask.stdout) as { readonly error: Record<string, string> };
      assert.equal(error["code"], "device.unavailable");
      assert.match(error["message"] ?? "", /libcudart\.so\.99 \(CUDA 99\)/);
      assert.match((await run("cuda", "remove")).stdout, /Deleted .* MB are free again/);
      assert.match((await run("cuda", "status")).stdout, /are not installed/);
    });

    it("loads NVIDIA's libraries from folders where the loader does not look", async () => {
      const runtime = await madeUpRuntime(home, "");
      const native = path.join(runtime.folder, "bin", "napi-v6", "linux", "x64");
      const [cuda, shared] = PROVIDER_FILES;
      await writeFile(path.join(native, cuda), elfFile(["libcudart.so.99"]));
      await writeFile(path.join(native, shared), "");
      // Any library does that the process has not loaded.
      const system = await libraryPath({ files: systemFiles(), env: {} });
      const real = await system.find("libBrokenLocale.so.1");
      assert.ok(real !== undefined, "glibc has this library");
      const file = path.join(libraries, "libcudart.so.99");
      await copyFile(real, file);
      const store = modelStoreOf({
        env: { SIGHTLINE_HOME: home },
        platform: "linux",
        homeDir: home,
      });
      const isLoaded = async (): Promise<boolean> =>
        (await readFile("/proc/self/maps", "utf8")).includes(file);
      assert.equal(await isLoaded(), false);
      await cudaSessionFactory({ store, runtime, env: { SIGHTLINE_CUDA_LIBRARIES: libraries } });
      assert.equal(await isLoaded(), true);
    });

    it("is refused in a process that has loaded the runtime without it", async () => {
      const { graph } = checkGraph();
      const usual = await createOrtSessionFactory().open(graph, { device: "cpu" });
      await usual.release();
      const store = modelStoreOf({
        env: { SIGHTLINE_HOME: home },
        platform: "linux",
        homeDir: home,
      });
      const runtime = await madeUpRuntime(home, "");
      await makeCudaRuntime(store, { runtime, providerFolder: libraries });
      const factory = await cudaSessionFactory({ store, runtime, env: {} });
      await assert.rejects(factory.open(graph, { device: "cuda" }), {
        code: "device.unavailable",
        message: /already loaded without CUDA .* Restart the engine/,
      });
    });
  } else {
    it("is refused on other platforms than Linux x64", async () => {
      const outcome = await runCliProcess(["cuda", "install", "--json"], { home });
      assert.equal(outcome.exitCode, 1);
      assert.match(outcome.stdout, /device\.unavailable/);
    });
  }
});
