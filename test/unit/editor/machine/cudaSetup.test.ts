import assert from "node:assert/strict";
import { AppError } from "../../../../src/base/errors";
import { createCudaSetup } from "../../../../src/editor/machine/cudaSetup";
import { createModelWorld, type ModelWorld } from "../../../helpers/modelServices";
import { fakeEditor, resetFakeEditor } from "../../../helpers/editor/fakeEditor";

const WAY = '"proxy":"http://proxy:3128"';

describe("the command that sets up CUDA", () => {
  let world: ModelWorld;
  beforeEach(() => {
    resetFakeEditor();
    world = createModelWorld();
  });
  const run = async (): Promise<void> => {
    await createCudaSetup(world.services).commands["sightline.setUpCuda"]();
  };

  it("says what is got from where, and gets nothing without consent", async () => {
    await run();
    assert.deepEqual(fakeEditor.messages, [
      {
        kind: "information",
        text: "Install ONNX Runtime's CUDA libraries?",
        detail: [
          "200 MB are downloaded from feed.example: Gpu.Linux 1.30.0.",
          "They are kept in /store/cuda.",
          "Up to 1.0 GB are needed while they are installed; 50.0 GB are free on the disk.",
          "NVIDIA's own libraries (CUDA, cuDNN) are not part of it.",
        ].join("\n"),
      },
    ]);
    assert.deepEqual(world.done, ["cudaStatus {}", `planCuda {${WAY}}`]);
  });

  it("gets what was agreed to, shows how far it is, and leads to the device", async () => {
    fakeEditor.pressed.add("Install").add("Choose Device");
    await run();
    assert.equal(
      world.done[2],
      `installCuda {${WAY},"agreed":{"source":"feed.example: Gpu.Linux 1.30.0","downloadBytes":200000000}}`,
    );
    const shown = fakeEditor.progress.find(({ title }) => title.startsWith("Installing"));
    assert.deepEqual(shown?.reports, [{ message: "100 of 200 MB (50%)", increment: 50 }]);
    assert.match(fakeEditor.messages[1]?.text ?? "", /are installed\. Choose the device/);
    assert.deepEqual(fakeEditor.executed, [["workbench.action.openSettings", "sightline.device"]]);
  });

  it("can be cancelled while it downloads", async () => {
    fakeEditor.pressed.add("Install");
    fakeEditor.cancelledTitle = "Installing ONNX Runtime's CUDA libraries";
    await assert.rejects(
      run(),
      (thrown) => thrown instanceof AppError && thrown.code === "request.cancelled",
    );
  });

  it("says which libraries of NVIDIA's are missing, and where to name their folder", async () => {
    world.cuda.status = { providerFolder: "/store/cuda", missing: "libcudart.so.13" };
    fakeEditor.pressed.add("Name Their Folder");
    await run();
    assert.match(fakeEditor.messages[0]?.text ?? "", /not found: libcudart\.so\.13\. Install them/);
    assert.deepEqual(world.done, ["cudaStatus {}"]);
    assert.deepEqual(fakeEditor.executed, [
      ["workbench.action.openSettings", "sightline.cuda.libraryFolder"],
    ]);
  });

  it("removes what is installed", async () => {
    world.cuda.status = { providerFolder: "/store/cuda" };
    fakeEditor.pressed.add("Remove");
    await run();
    assert.deepEqual(world.done, ["cudaStatus {}", "removeCuda {}"]);
    assert.match(fakeEditor.messages[1]?.text ?? "", /removed; 800 MB are free again/);
  });

  it("needs room for it", async () => {
    const { plan } = world.cuda.plan;
    assert.ok(plan !== undefined);
    world.cuda = { ...world.cuda, plan: { plan: { ...plan, freeBytes: 5e8 } } };
    fakeEditor.pressed.add("Install");
    await run();
    assert.match(
      fakeEditor.messages[0]?.text ?? "",
      /CUDA needs 1\.0 GB, but only 500 MB are free/,
    );
    assert.equal(world.done.length, 2);
  });

  it("leaves the reason to the notice where there is no CUDA to be had", async () => {
    world.cuda.status = new AppError("device.unavailable", "For Linux x64 only.");
    await assert.rejects(run(), { code: "device.unavailable" });
  });
});
