import assert from "node:assert/strict";
import { showCpuFallback } from "../../../../src/editor/engine/deviceNotice";
import { fakeEditor, resetFakeEditor } from "../../../helpers/editor/fakeEditor";

describe("the message about a device that was given up", () => {
  beforeEach(resetFakeEditor);

  it("names the device, and its buttons do what they say", async () => {
    const did: string[] = [];
    const notices = { run: (id: string) => Promise.resolve(void did.push(id)) };
    await showCpuFallback({ chosen: "auto", failed: "webgpu", why: "failed" }, notices);
    assert.deepEqual(did, []);
    fakeEditor.pressed.add("Show Log");
    await showCpuFallback({ chosen: "auto", failed: undefined, why: "unfit" }, notices);
    assert.match(fakeEditor.messages[1]?.text ?? "", /^The graphics card cannot hold this model/);
    resetFakeEditor();
    fakeEditor.pressed.add("Choose Device");
    await showCpuFallback({ chosen: "auto", failed: "cuda", why: "failed" }, notices);
    assert.deepEqual(did, ["showLog", "openDeviceSetting"]);
    assert.match(fakeEditor.messages[0]?.text ?? "", /^GPU \(CUDA\) failed twice .* on the CPU/);
  });
});
