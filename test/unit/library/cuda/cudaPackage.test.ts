import assert from "node:assert/strict";

import { providerPackage } from "../../../../src/library/cuda/cudaPackage";
import { onnxRuntimePackage } from "../../../../src/machine/onnxRuntimePackage";

describe("providerPackage", () => {
  it("reads name, version and feed out of the installed runtime", async () => {
    const runtime = await onnxRuntimePackage();
    assert.ok(runtime !== undefined);
    const wanted = providerPackage(runtime, undefined);
    assert.equal(wanted.name, "Microsoft.ML.OnnxRuntime.Gpu.Linux");
    assert.equal(wanted.version, runtime.version);
    assert.equal(new URL(wanted.index).protocol, "https:");
    const inside = "runtimes/linux-x64/native";
    assert.deepEqual(wanted.files, {
      "libonnxruntime_providers_cuda.so": `${inside}/libonnxruntime_providers_cuda.so`,
      "libonnxruntime_providers_shared.so": `${inside}/libonnxruntime_providers_shared.so`,
    });
  });

  it("takes another feed for the same package", async () => {
    const runtime = await onnxRuntimePackage();
    assert.ok(runtime !== undefined);
    const mirror = "https://mirror.example/index.json";
    assert.equal(providerPackage(runtime, mirror).index, mirror);
  });
});
