import assert from "node:assert/strict";
import { readEndpoints } from "../../../../src/model/ask/remoteEndpoint";
import { remoteName } from "../../../../src/model/ask/remoteName";

const GPU = {
  ...{ name: "gpu", url: "https://gpu.example/", dialect: "vllm", family: "opt" },
  model: "Salesforce/blip2-opt-2.7b",
};

describe("the list of servers", () => {
  it("is read with the usual values for what it leaves out", () => {
    const [read] = readEndpoints([GPU], "remote.json");
    assert.deepEqual(read, {
      ...GPU,
      ...{ url: "https://gpu.example", imageSize: 224, maxParallel: 4, timeoutSeconds: 120 },
      tokens: { bos_token_id: 2, eos_token_id: 50118, pad_token_id: 1 },
    });
  });

  it("takes an address with the version of the protocol, as other clients want it", () => {
    for (const [given, meant] of [
      ["https://gpu.example/v1", "https://gpu.example"],
      ["https://gpu.example/blip/v1/", "https://gpu.example/blip"],
      ["https://gpu.example/v12", "https://gpu.example/v12"],
    ]) {
      assert.equal(readEndpoints([{ ...GPU, url: given }], "remote.json")[0]?.url, meant);
    }
  });

  it("lets pictures go over encrypted ways only, unless they stay on this machine", () => {
    for (const url of ["http://localhost:8000", "http://127.0.0.1:1", "http://[::1]:1/base"]) {
      readEndpoints([{ ...GPU, url }], "remote.json");
    }
    for (const url of [
      ...["http://gpu.example", "http://127.evil.example", "http://localhost.evil.example"],
      ...["ftp://gpu.example", "file:///etc/passwd", "gpu.example", "", 7],
      ...["https://user:password@gpu.example", "http://0.0.0.0:1"],
    ]) {
      assert.throws(() => readEndpoints([{ ...GPU, url }], "remote.json"), {
        code: "option.invalid",
      });
    }
  });

  it("says what is wrong with it", () => {
    for (const [change, message] of [
      [{ dialect: "triton" }, /dialect/],
      [{ family: "llama" }, /family/],
      [{ family: "t5" }, /OPT only/],
      [{ maxParallel: 0 }, /maxParallel/],
      [{ imageSize: 1.5 }, /imageSize/],
      [{ model: 7 }, /model/],
    ] as const) {
      assert.throws(() => readEndpoints([{ ...GPU, ...change }], "remote.json"), {
        code: "option.invalid",
        message,
      });
    }
    assert.throws(() => readEndpoints({}, "remote.json"), { code: "option.invalid" });
  });

  it("is asked for by a prefix that no model's name has", () => {
    assert.equal(remoteName("remote:gpu"), "gpu");
    assert.equal(remoteName("gpu"), undefined);
    assert.equal(remoteName(undefined), undefined);
  });
});
