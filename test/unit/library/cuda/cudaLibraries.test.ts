import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";

import {
  cudaFolders,
  describeMissing,
  findCudaLibraries,
} from "../../../../src/library/cuda/cudaLibraries";
import { elfFile } from "../../../helpers/elfFile";
import { temporaryFolder } from "../../../helpers/kitModel";

describe("findCudaLibraries", () => {
  let root: string;
  let provider: string;
  let nvidia: string;
  beforeEach(async () => {
    root = await temporaryFolder();
    provider = path.join(root, "provider", "libonnxruntime_providers_cuda.so");
    nvidia = path.join(root, "nvidia");
    await mkdir(path.dirname(provider));
    await mkdir(nvidia);
  });

  const library = (name: string, needed: readonly string[] = []): Promise<void> =>
    writeFile(path.join(nvidia, name), elfFile(needed));
  const inSystem = (...names: readonly string[]): Parameters<typeof findCudaLibraries>[1] => ({
    system: {
      find: (name) => Promise.resolve(names.includes(name) ? `/usr/lib/${name}` : undefined),
    },
    folders: [path.join(root, "nothing"), nvidia],
  });

  it("says which libraries nobody has", async () => {
    await writeFile(provider, elfFile(["libcublas.so.13", "libcudnn.so.9", "libc.so.6"]));
    assert.deepEqual(await findCudaLibraries(provider, inSystem("libc.so.6")), {
      toLoad: [],
      missing: ["libcublas.so.13", "libcudnn.so.9"],
    });
  });

  it("loads what the loader does not find, after what that needs in turn", async () => {
    await writeFile(provider, elfFile(["libcublas.so.13", "libcudart.so.13"]));
    await library("libcublas.so.13", ["libcublasLt.so.13", "libm.so.6", "libodd.so.1"]);
    await library("libcublasLt.so.13", ["libcudart.so.13"]);
    await library("libcudart.so.13");
    const { toLoad, missing } = await findCudaLibraries(provider, inSystem("libm.so.6"));
    assert.deepEqual(
      toLoad.map((file) => path.basename(file)),
      ["libcudart.so.13", "libcublasLt.so.13", "libcublas.so.13"],
    );
    assert.deepEqual(missing, ["libodd.so.1"]);
  });

  it("leaves to the loader what it finds itself or what is beside the provider", async () => {
    await writeFile(provider, elfFile(["libcudart.so.13", "libbeside.so.1"]));
    await writeFile(path.join(root, "provider", "libbeside.so.1"), "");
    await library("libcudart.so.13");
    assert.deepEqual(await findCudaLibraries(provider, inSystem("libcudart.so.13")), {
      toLoad: [],
      missing: [],
    });
  });

  it("loads the parts of cuDNN, which it asks for only while it runs", async () => {
    await writeFile(provider, elfFile(["libcudnn.so.9"]));
    await library("libcudnn.so.9");
    await library("libcudnn_ops.so.9");
    await library("libcudnn_graph.so.8");
    const { toLoad } = await findCudaLibraries(provider, inSystem());
    assert.deepEqual(
      toLoad.map((file) => path.basename(file)),
      ["libcudnn.so.9", "libcudnn_ops.so.9"],
    );
  });

  it("does not follow a cycle, nor a library that cannot be read", async () => {
    await writeFile(provider, elfFile(["liba.so.1", "libbad.so.1"]));
    await library("liba.so.1", ["libb.so.1"]);
    await library("libb.so.1", ["liba.so.1"]);
    await writeFile(path.join(nvidia, "libbad.so.1"), "no library");
    const { toLoad, missing } = await findCudaLibraries(provider, inSystem());
    assert.equal(toLoad.length, 3);
    assert.deepEqual(missing, []);
  });

  it("refuses a provider that is no library", async () => {
    await writeFile(provider, "no library");
    await assert.rejects(findCudaLibraries(provider, inSystem()), { code: "device.unavailable" });
  });
});

describe("cudaFolders", () => {
  it("puts named folders first, then the newest of the installed ones", async () => {
    const root = await temporaryFolder();
    for (const name of ["cuda-12.9", "cuda-13.0", "cuda-9", "cudatools"]) {
      await mkdir(path.join(root, "usr", "local", name), { recursive: true });
    }
    const env = { SIGHTLINE_CUDA_LIBRARIES: "/mine:relative:/yours", CUDA_HOME: "/home/cuda" };
    const folders = (await cudaFolders(env, root)).map((folder) => path.relative(root, folder));
    const local = (name: string): string => path.join("usr", "local", name, "lib64");
    assert.deepEqual(
      folders.filter((folder) => folder.endsWith("lib64") || !folder.includes("targets")),
      [
        path.relative(root, "/mine"),
        path.relative(root, "/yours"),
        path.relative(root, "/home/cuda/lib64"),
        ...["cuda", "cuda-13.0", "cuda-12.9", "cuda-9"].map(local),
        path.join("opt", "cuda", "lib64"),
      ],
    );
  });
});

describe("describeMissing", () => {
  it("says what each library is part of", () => {
    const names = [
      "libcudart.so.13",
      "libcublasLt.so.12",
      "libcudnn.so.9",
      "libcuda.so.1",
      "libx.so",
    ];
    assert.equal(
      describeMissing(names),
      "libcudart.so.13 (CUDA 13), libcublasLt.so.12 (CUDA 12), libcudnn.so.9 (cuDNN 9), libcuda.so.1 (NVIDIA's driver), libx.so",
    );
  });
});
