import { fakeWindow, resetFakeWindow } from "../../helpers/fakeWindow";
import assert from "node:assert/strict";
import { showOverruledDevice } from "../../../src/editor/deviceNotice";

describe("the message about a device that was given up", () => {
  beforeEach(resetFakeWindow);

  it("names the device, and its buttons do what they say", async () => {
    const did: string[] = [];
    const notices = { run: (id: string) => Promise.resolve(void did.push(id)) };
    await showOverruledDevice({ chosen: "auto", failed: "webgpu", why: "failed" }, notices);
    assert.deepEqual(did, []);
    fakeWindow.pressed.add("Show Log");
    await showOverruledDevice({ chosen: "auto", failed: undefined, why: "unfit" }, notices);
    assert.match(fakeWindow.messages[1]?.text ?? "", /^The graphics card cannot hold this model/);
    resetFakeWindow();
    fakeWindow.pressed.add("Choose Device");
    await showOverruledDevice({ chosen: "auto", failed: "cuda", why: "failed" }, notices);
    assert.deepEqual(did, ["showLog", "openDeviceSetting"]);
    assert.match(fakeWindow.messages[0]?.text ?? "", /^GPU \(CUDA\) failed twice .* on the CPU/);
  });
});
