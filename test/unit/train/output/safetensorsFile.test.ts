import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { toFloat32 } from "../../../../src/convert/checkpoint/dtype";
import { readSafetensorsHeader } from "../../../../src/convert/checkpoint/safetensors";
import { TensorReader } from "../../../../src/convert/checkpoint/tensorReader";
import { writeSafetensors } from "../../../../src/train/output/safetensorsFile";

describe("a weight file that is written", () => {
  let folder = "";
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "sightline-weights-"));
  });
  after(() => rm(folder, { recursive: true }));

  for (const storage of ["F32", "F16"] as const) {
    it(`is read back in ${storage}`, async () => {
      const file = path.join(folder, storage);
      const tensors = new Map([
        ["b.weight", { shape: [2, 3], values: Float32Array.of(1, -2, 0.5, 0, 1024, -0.25) }],
        ["a", { shape: [], values: Float32Array.of(0.0625) }],
      ]);
      await writeSafetensors(file, tensors, storage);
      const header = await readSafetensorsHeader(file);
      const reader = new TensorReader();
      try {
        assert.deepEqual([...header.tensors.keys()].sort(), ["a", "b.weight"]);
        for (const [name, info] of header.tensors) {
          assert.deepEqual(info.shape, tensors.get(name)?.shape);
          const values = toFloat32(await reader.read(info), storage);
          assert.deepEqual(values, tensors.get(name)?.values);
        }
      } finally {
        await reader.close();
      }
    });
  }
});
