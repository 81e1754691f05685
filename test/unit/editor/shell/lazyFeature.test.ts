import assert from "node:assert/strict";
import { lazyFeature, lazy } from "../../../../src/editor/shell/lazyFeature";

describe("what is loaded late", () => {
  it("is loaded once, however often it is asked for", async () => {
    let nLoads = 0;
    const load = lazy(() => Promise.resolve(++nLoads));
    assert.deepEqual(await Promise.all([load(), load()]), [1, 1]);
    assert.equal(await load(), 1);
  });

  it("is tried again after it could not be loaded", async () => {
    let nLoads = 0;
    const load = lazy(() =>
      ++nLoads === 1 ? Promise.reject(new Error("The file is gone.")) : Promise.resolve(nLoads),
    );
    await assert.rejects(load(), /gone/);
    assert.equal(await load(), 2);
  });

  it("runs the command with its arguments, and ends with what was loaded", async () => {
    const did: unknown[] = [];
    const late = lazyFeature(["sightline.showLog"], () =>
      Promise.resolve({
        commands: { "sightline.showLog": (...args: readonly unknown[]) => did.push(args) },
        dispose: () => did.push("disposed"),
      }),
    );
    late.dispose();
    assert.deepEqual(did, []);
    await late.commands["sightline.showLog"](1, "two");
    late.dispose();
    await late.feature();
    assert.deepEqual(did, [[1, "two"], "disposed"]);
  });
});
