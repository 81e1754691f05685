import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import path from "node:path";

import { neededLibraries } from "../../../../src/library/cuda/cudaElf";
import { elfFile } from "../../../helpers/elfFile";
import { temporaryFolder } from "../../../helpers/kitModel";
import { SeededRandom } from "../../../helpers/random";

describe("neededLibraries", () => {
  let file: string;
  beforeEach(async () => {
    file = path.join(await temporaryFolder(), "lib.so");
  });

  const neededIn = async (bytes: Uint8Array): Promise<readonly string[]> => {
    await writeFile(file, bytes);
    return await neededLibraries(file);
  };

  it("reads the names in their order", async () => {
    const names = ["libcudart.so.13", "libcudnn.so.9", "libstdc++.so.6"];
    assert.deepEqual(await neededIn(elfFile(names)), names);
    assert.deepEqual(await neededIn(elfFile([])), []);
  });

  it("reads the binding of the installed runtime, whatever this machine is", async () => {
    const native = path.resolve("node_modules/onnxruntime-node/bin/napi-v6/linux/x64");
    const names = await neededLibraries(path.join(native, "onnxruntime_binding.node"));
    assert.ok(names.includes("libonnxruntime.so.1") && names.includes("libc.so.6"), names.join());
  });

  const cases: readonly [what: string, bytes: Buffer, words: RegExp][] = [
    ["an empty file", Buffer.alloc(0), /ends too early/],
    ["a text", Buffer.from("x".repeat(100)), /does not begin like one/],
    ["a library for another processor", elfFile(["a.so"], { machine: 183 }), /another processor/],
    ["a library without a dynamic section", elfFile([], { isStatic: true }), /no dynamic section/],
    ["names outside the file", elfFile(["a.so"], { namesAt: 5 }), /not part of it/],
    ["a section beyond the end", elfFile(["a.so"], { dynamicBytes: 32_000 }), /ends too early/],
    ["a section without an end", elfFile(["a.so"], { dynamicBytes: 2 ** 52 }), /too long/],
    ["a path in place of a name", elfFile(["../../evil.so"]), /without a proper name/],
    ["a name without an end", elfFile(["a".repeat(300)]), /without a proper name/],
  ];
  for (const [what, bytes, words] of cases) {
    it(`refuses ${what}`, async () => {
      await assert.rejects(neededIn(bytes), { code: "device.unavailable", message: words });
    });
  }

  it("refuses a folder, and a file that is not there", async () => {
    for (const place of [path.dirname(file), `${file}.none`]) {
      await assert.rejects(neededLibraries(place), { code: "device.unavailable" });
    }
  });

  it("survives any change and any cut", async () => {
    const whole = elfFile(["libcudart.so.13", "libcudnn.so.9"]);
    const random = new SeededRandom(7);
    for (let round = 0; round < 500; round++) {
      const bytes = Buffer.from(whole.subarray(0, 1 + random.int(whole.length)));
      for (let change = 0; change < 4; change++) {
        bytes[random.int(bytes.length)] = random.int(256);
      }
      await neededIn(bytes).catch((thrown: unknown) => {
        assert.equal((thrown as { readonly code?: unknown }).code, "device.unavailable");
      });
    }
  });
});
