import assert from "node:assert/strict";
import { mkdir, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";

import {
  type CudaInstallOptions,
  installCuda,
  removeCuda,
} from "../../../../src/library/cuda/cudaInstall";
import { cudaFacts } from "../../../../src/library/cuda/cudaProvider";
import {
  cudaFolder,
  findCudaRuntime,
  PROVIDER_FILES,
} from "../../../../src/library/cuda/cudaRuntime";
import { type ModelStore, modelStoreOf } from "../../../../src/library/store/modelStore";
import type { InstalledPackage } from "../../../../src/machine/onnxRuntimePackage";
import type { CudaPlan } from "../../../../src/model/ask/models";
import { elfFile } from "../../../helpers/elfFile";
import { temporaryFolder } from "../../../helpers/kitModel";
import { INSIDE, madeUpRuntime } from "../../../helpers/madeUpRuntime";
import { NugetServer } from "../../../helpers/nugetServer";
import { zipFile } from "../../../helpers/zipFile";

const [CUDA, SHARED] = PROVIDER_FILES;
const PROVIDER = elfFile(["libmissing.so.13"]);
const PATIENCE = { nTries: 3, firstPauseMs: 1, maxPauseMs: 2, maxRetryAfterMs: 5000 };
const PACKAGE = zipFile([
  { name: "made.up.nuspec", content: Buffer.from("<package/>") },
  { name: `${INSIDE}/${CUDA}`, content: PROVIDER },
  { name: `${INSIDE}/${SHARED}`, content: Buffer.from("shared") },
  { name: `${INSIDE}/libonnxruntime_providers_tensorrt.so`, content: Buffer.from("not taken") },
]);

describe("installCuda", () => {
  let home: string;
  let store: ModelStore;
  let server: NugetServer;
  let runtime: InstalledPackage;
  const plans: CudaPlan[] = [];
  const begin = async (bytes: Buffer): Promise<void> => {
    server = await NugetServer.start(bytes);
    runtime = await madeUpRuntime(home, server.index);
  };
  beforeEach(async () => {
    home = await temporaryFolder();
    store = modelStoreOf({ env: { SIGHTLINE_HOME: home }, platform: "linux", homeDir: home });
    plans.length = 0;
    await begin(PACKAGE);
  });
  afterEach(() => server.stop());

  const options = (given: Partial<CudaInstallOptions> = {}): CudaInstallOptions => ({
    ...{ store, env: {}, runtime, patience: PATIENCE },
    signal: new AbortController().signal,
    onProgress: () => undefined,
    consent: (plan) => {
      plans.push(plan);
      return true;
    },
    ...given,
  });
  /** Nothing that could be taken for an installation, whatever else an attempt left. */
  const assertNothingInstalled = async (): Promise<void> => {
    assert.equal(await findCudaRuntime(store, runtime), undefined);
    const names = await readdir(cudaFolder(store)).catch(() => []);
    assert.deepEqual(
      names.filter((name) => name !== "download"),
      [],
    );
  };

  it("downloads, checks and lays out a runtime that loads from its own folder", async () => {
    const progress: number[] = [];
    const outcome = await installCuda(
      options({ onProgress: ({ doneBytes }) => progress.push(doneBytes) }),
    );
    assert.equal(outcome, "installed");
    const found = await findCudaRuntime(store, runtime);
    assert.ok(found !== undefined);
    const native = path.dirname(found.provider);
    assert.deepEqual((await readdir(native)).sort(), [
      ...["libonnxruntime.so.1", CUDA, SHARED],
      "onnxruntime_binding.node",
    ]);
    assert.deepEqual(await readFile(path.join(native, CUDA)), PROVIDER);
    assert.equal(await readFile(path.join(native, "libonnxruntime.so.1"), "utf8"), "runtime");
    const load = createRequire(path.join(found.folder, "package.json"));
    assert.deepEqual(load("onnxruntime-node"), { isCopy: true });
    assert.equal(progress.at(-1), PACKAGE.length);
    assert.deepEqual(await readdir(cudaFolder(store)), ["onnxruntime-9.8.7"]);
    const { host } = new URL(server.index);
    assert.equal(plans.length, 1);
    assert.equal(plans[0]!.source, `${host}: Made.Up 1.2.3`);
    assert.equal(plans[0]!.downloadBytes, PACKAGE.length);
    assert.ok(plans[0]!.freeBytes >= plans[0]!.neededBytes);
  });

  it("downloads and writes nothing without consent", async () => {
    assert.equal(await installCuda(options({ consent: () => false })), "declined");
    assert.deepEqual(server.ranges, []);
    assert.deepEqual(await readdir(cudaFolder(store)).catch(() => []), []);
  });

  it("leaves an installation as it is, and makes a damaged one anew", async () => {
    await installCuda(options());
    assert.equal(await installCuda(options()), "present");
    assert.equal(server.ranges.length, 1);
    const found = await findCudaRuntime(store, runtime);
    await truncate(found!.provider, 3);
    assert.equal(await findCudaRuntime(store, runtime), undefined);
    assert.equal(await installCuda(options()), "installed");
    assert.equal(server.ranges.length, 2);
  });

  it("goes on after a cut and after a server that is busy", async () => {
    server.fail({ kind: "cut", afterBytes: 100 }, { kind: "status", status: 503 });
    assert.equal(await installCuda(options()), "installed");
    assert.deepEqual(server.ranges, ["", "bytes=100-", "bytes=100-"]);
  });

  it("asks again where a part comes without its place", async () => {
    server.fail({ kind: "cut", afterBytes: 100 }, { kind: "rangeless" });
    assert.equal(await installCuda(options()), "installed");
    assert.deepEqual(server.ranges, ["", "bytes=100-", "bytes=100-"]);
  });

  it("gives up where a server wants to be asked on another day", async () => {
    const retryAfter = new Date(Date.now() + 3e8).toUTCString();
    server.fail({ kind: "status", status: 503, retryAfter });
    const message = /status 503.* in \d+ minutes/;
    await assert.rejects(installCuda(options()), { code: "hub.failed", message });
  });

  it("goes on with the next call where an earlier one gave up", async () => {
    server.fail({ kind: "cut", afterBytes: 64 });
    const impatient = { ...PATIENCE, nTries: 1 };
    await assert.rejects(installCuda(options({ patience: impatient })), { code: "hub.failed" });
    await assertNothingInstalled();
    assert.equal(await installCuda(options()), "installed");
    assert.equal(server.ranges.at(-1), "bytes=64-");
  });

  it("uses nothing of a package with another hash, and keeps nothing of it", async () => {
    server.fail({ kind: "wrong" });
    await assert.rejects(installCuda(options()), { code: "download.corrupt" });
    await assertNothingInstalled();
    assert.equal(await installCuda(options()), "installed");
    assert.equal(server.ranges.at(-1), "");
  });

  it("understands entries inside the registration, and compressed answers", async () => {
    server.isEntryInside = true;
    server.isPacked = true;
    assert.equal(await installCuda(options()), "installed");
    assert.ok(!server.paths.includes("/catalog/made.up.json"));
  });

  const wrongEntries: readonly [what: string, entry: Readonly<Record<string, unknown>>][] = [
    ["without a hash", { packageHash: undefined }],
    ["with a hash of another kind", { packageHashAlgorithm: "SHA1" }],
    ["with something else for a hash", { packageHash: "abc" }],
    ["of an impossible size", { packageSize: 1e15 }],
  ];
  for (const [what, entry] of wrongEntries) {
    it(`does not download a package ${what}`, async () => {
      server.entry = entry;
      await assert.rejects(installCuda(options()), { code: "hub.failed" });
      assert.deepEqual([server.ranges, plans], [[], []]);
    });
  }

  it("refuses answers that are not those of a feed", async () => {
    for (const text of ["<html>", "[]", '{"resources": []}', '{"resources": [{"@type": 5}]}']) {
      server.indexText = text;
      await assert.rejects(installCuda(options()), { code: "hub.failed" }, text);
    }
    server.indexText = "<!doctype html><title>Welcome</title>";
    await assert.rejects(installCuda(options()), {
      message: /web page .* endpoint is a NuGet feed/,
    });
    const resources = [{ "@type": "PackageBaseAddress/3.0.0", "@id": "file:///etc/passwd" }];
    server.indexText = JSON.stringify({ resources });
    await assert.rejects(installCuda(options()), { code: "hub.failed", message: /cannot be used/ });
  });

  it("says that a feed does not have the package", async () => {
    const elsewhere = { SIGHTLINE_CUDA_FEED: new URL("/none.json", server.index).href };
    await assert.rejects(installCuda(options({ env: elsewhere })), { code: "hub.missing" });
  });

  it("asks for no download that the disk has no room for", async () => {
    server.entry = { packageSize: 4e9 };
    const { statfs } = await import("node:fs/promises");
    const { bavail, bsize } = await statfs(home);
    if (bavail * bsize < 20e9) {
      await assert.rejects(installCuda(options()), {
        code: "download.failed",
        message: /are free/,
      });
    } else {
      await installCuda(options({ consent: (plan) => !plans.push(plan) }));
      assert.ok(plans[0]!.neededBytes > 20e9 && plans[0]!.neededBytes < 21e9);
    }
  });

  it("ends with its signal and goes on later", async () => {
    const stop = new AbortController();
    const stopped = installCuda(
      options({
        signal: stop.signal,
        onProgress: () => {
          stop.abort();
        },
      }),
    );
    await assert.rejects(stopped, { code: "request.cancelled" });
    await assertNothingInstalled();
    assert.equal(await installCuda(options()), "installed");
  });

  it("copies the libraries from a folder that is named, or that the environment names", async () => {
    const folder = path.join(home, "mine");
    await mkdir(folder);
    await writeFile(path.join(folder, CUDA), PROVIDER);
    await assert.rejects(installCuda(options({ from: folder })), { code: "option.invalid" });
    await writeFile(path.join(folder, SHARED), "mine");
    assert.equal(await installCuda(options({ from: folder })), "installed");
    assert.equal(plans[0]!.source, folder);
    for (const name of ["SIGHTLINE_CUDA_LIBRARIES", "LD_LIBRARY_PATH"]) {
      await removeCuda(store);
      assert.equal(await installCuda(options({ env: { [name]: folder } })), "installed");
    }
    assert.deepEqual(server.paths, []);
  });

  it("needs no copy when the installed runtime has the libraries itself", async () => {
    const native = path.join(runtime.folder, "bin", "napi-v6", "linux", "x64");
    for (const name of PROVIDER_FILES) await writeFile(path.join(native, name), PROVIDER);
    assert.equal(await installCuda(options()), "present");
    assert.deepEqual(server.paths, []);
  });

  it("says where to put the libraries when the runtime does not say where they are", async () => {
    const file = path.join(runtime.folder, "script", "install-metadata.js");
    await rm(file);
    await assert.rejects(installCuda(options()), { code: "device.unavailable", message: /--from/ });
    await writeFile(file, "module.exports = { requirements: {} };");
    const again = { ...runtime };
    await assert.rejects(installCuda(options({ runtime: again })), { code: "device.unavailable" });
  });

  it("tells what is installed and what its libraries lack", async () => {
    const place = { store, env: {}, runtime };
    assert.deepEqual(await cudaFacts(place), { missingLibraries: [] });
    await installCuda(options());
    const facts = await cudaFacts(place);
    assert.deepEqual(facts.missingLibraries, ["libmissing.so.13"]);
    assert.match(facts.providerFolder ?? "", /onnxruntime-9\.8\.7/);
  });

  it("removes everything and tells how much that was", async () => {
    await installCuda(options());
    assert.ok((await removeCuda(store)) > PROVIDER.length);
    assert.equal(await findCudaRuntime(store, runtime), undefined);
    assert.equal(await removeCuda(store), 0);
  });

  const wrongPackages: readonly [what: string, bytes: Buffer][] = [
    ["no archive", Buffer.from("x".repeat(500))],
    [
      "an archive with a path that climbs out",
      zipFile([
        { name: `../../${CUDA}`, content: PROVIDER },
        ...PROVIDER_FILES.map((name) => ({ name: `${INSIDE}/${name}`, content: PROVIDER })),
      ]),
    ],
    ["an archive without the libraries", zipFile([{ name: "a", content: Buffer.from("b") }])],
    [
      "an archive that unpacks to more than it may",
      zipFile(
        PROVIDER_FILES.map((name) => ({
          ...{ name: `${INSIDE}/${name}`, content: PROVIDER },
          claimedBytes: 3e9,
        })),
      ),
    ],
    [
      "an archive that unpacks to more than it says",
      zipFile(
        PROVIDER_FILES.map((name) => ({
          ...{ name: `${INSIDE}/${name}`, content: Buffer.alloc(100_000) },
          claimedBytes: 10,
        })),
      ),
    ],
  ];
  for (const [what, bytes] of wrongPackages) {
    it(`uses nothing of ${what}`, async () => {
      await server.stop();
      await begin(bytes);
      await assert.rejects(installCuda(options()), { code: "download.corrupt" });
      await assertNothingInstalled();
      const left = await readdir(path.join(cudaFolder(store), "download"));
      assert.ok(!left.some((name) => name.startsWith("unpacked-")));
    });
  }
});
