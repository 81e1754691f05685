import assert from "node:assert/strict";
import { missingRuntime } from "../../../../src/host/process/runtimeCheck";

describe("the check of the runtime", () => {
  it("finds the one that is installed here", () => {
    assert.equal(missingRuntime(process.cwd()), undefined);
  });

  it("names the platform that has none", () => {
    const platform = { os: "linux", arch: "riscv64" };
    assert.equal(missingRuntime(process.cwd(), platform), "linux-riscv64");
  });

  it("names this platform in a package without any", () => {
    const here = `${process.platform}-${process.arch}`;
    assert.equal(missingRuntime("/no/such/folder"), here);
  });
});
