import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdir, readdir, rm, stat, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import path from "node:path";
import { AppError, isCancelled } from "../../../../src/base/errors";
import { withModelLock, type LockOptions } from "../../../../src/library/store/modelLock";
import { modelStoreOf, type ModelStore } from "../../../../src/library/store/modelStore";
import { temporaryFolder } from "../../../helpers/kitModel";

describe("withModelLock", () => {
  let store: ModelStore;
  let options: LockOptions;
  beforeEach(async () => {
    const env = { SIGHTLINE_HOME: await temporaryFolder() };
    store = modelStoreOf({ env, platform: "linux", homeDir: "/" });
    options = { store, folder: path.join(store.modelsDir, "m"), ifBusy: "wait" };
  });

  const lockFiles = async (): Promise<string[]> =>
    (await readdir(store.locksDir)).map((name) => path.join(store.locksDir, name));

  it("lets one work at a folder at a time, and gives its result", async () => {
    const events: string[] = [];
    const work = (name: string) => async (): Promise<string> => {
      events.push(`${name} begins`);
      await new Promise((resolve) => setImmediate(resolve));
      events.push(`${name} ends`);
      return name;
    };
    const results = await Promise.all([
      withModelLock(options, work("a")),
      withModelLock(options, work("b")),
    ]);
    assert.deepEqual(results, ["a", "b"]);
    const [first = "", second = ""] = [events[0]?.slice(0, 1), events[2]?.slice(0, 1)];
    assert.deepEqual([first, second].sort(), ["a", "b"]);
    assert.deepEqual(
      events,
      [first, second].flatMap((name) => [`${name} begins`, `${name} ends`]),
    );
    assert.deepEqual(await lockFiles(), []);
  });

  it("lets works at different folders go on side by side", async () => {
    const other = { ...options, folder: `${options.folder}2` };
    await withModelLock(options, () => withModelLock(other, () => Promise.resolve()));
  });

  it("knows a folder by another spelling of its path", async () => {
    const folder = path.join(store.modelsDir, "x", "..", "m") + path.sep;
    const spelled = { ...options, folder, ifBusy: "refuse" } as const;
    await withModelLock(options, async () => {
      await assert.rejects(
        withModelLock(spelled, () => assert.fail("begun")),
        (thrown) => thrown instanceof AppError && thrown.code === "model.busy",
      );
    });
  });

  it("refuses at once when told so, naming the folder", async () => {
    await withModelLock(options, async () => {
      const refused = withModelLock({ ...options, ifBusy: "refuse" }, () => assert.fail("begun"));
      await assert.rejects(refused, (thrown) => {
        assert.ok(thrown instanceof AppError);
        assert.equal(thrown.code, "model.busy");
        assert.ok(thrown.message.includes(options.folder));
        return true;
      });
    });
    await withModelLock({ ...options, ifBusy: "refuse" }, () => Promise.resolve());
  });

  it("stops to wait when it is cancelled", async () => {
    const controller = new AbortController();
    await withModelLock(options, async () => {
      const waiting = withModelLock({ ...options, signal: controller.signal }, () =>
        assert.fail("begun"),
      );
      setImmediate(() => {
        controller.abort();
      });
      await assert.rejects(waiting, isCancelled);
    });
    const { signal } = controller;
    await assert.rejects(
      withModelLock({ ...options, signal }, () => assert.fail("begun")),
      isCancelled,
    );
  });

  it("opens again after a work that fails", async () => {
    await assert.rejects(
      withModelLock(options, () => Promise.reject(new Error("oops"))),
      /oops/,
    );
    assert.deepEqual(await lockFiles(), []);
  });

  it("takes over the lock of a process that was killed, and of one with a wrong clock", async () => {
    for (const ageMs of [11_000, -11_000]) {
      await withModelLock(options, async () => {
        const [file = ""] = await lockFiles();
        const then = new Date(Date.now() - ageMs);
        await utimes(file, then, then);
        assert.equal(await withModelLock(options, () => Promise.resolve("taken")), "taken");
        assert.deepEqual(await lockFiles(), []);
      });
    }
  });

  it("takes over at once when the process of this machine is gone", async () => {
    const { pid } = spawnSync(process.execPath, ["--version"]);
    await withModelLock(options, async () => {
      const [file = ""] = await lockFiles();
      await writeFile(file, `${pid} ${hostname()} x`);
      assert.equal(await withModelLock(options, () => Promise.resolve("taken")), "taken");
    });
  });

  it("does not refuse because of a process that is gone", async () => {
    const { pid } = spawnSync(process.execPath, ["--version"]);
    await withModelLock(options, async () => {
      const [file = ""] = await lockFiles();
      await writeFile(file, `${pid} ${hostname()} x`);
      assert.equal(
        await withModelLock({ ...options, ifBusy: "refuse" }, () => Promise.resolve("taken")),
        "taken",
      );
    });
  });

  it("believes the lock of another machine, and one that is still being written", async () => {
    const { pid } = spawnSync(process.execPath, ["--version"]);
    for (const text of [`${pid} elsewhere x`, "", `-1 ${hostname()} x`, `x ${hostname()}`]) {
      await withModelLock(options, async () => {
        const [file = ""] = await lockFiles();
        await writeFile(file, text);
        await assert.rejects(
          withModelLock({ ...options, ifBusy: "refuse" }, () => assert.fail("begun")),
          (thrown) => thrown instanceof AppError && thrown.code === "model.busy",
        );
        await rm(file);
      });
    }
  });

  it("leaves the lock of the process alone that took it over", async () => {
    let file = "";
    await withModelLock(options, async () => {
      [file = ""] = await lockFiles();
      await writeFile(file, "another process");
    });
    assert.deepEqual(await lockFiles(), [file]);
  });

  it("keeps its lock young while it works", async () => {
    await withModelLock({ ...options, staleMs: 40 }, async () => {
      const [file = ""] = await lockFiles();
      const { mtimeMs } = await stat(file);
      // Ends with the test's own limit when no beat comes.
      while ((await stat(file)).mtimeMs === mtimeMs) {
        await new Promise((resolve) => setImmediate(resolve));
      }
    });
  });

  it("works without a lock where none can be written", async () => {
    await writeFile(path.join(store.root, "locks"), "a file where the folder should be");
    assert.equal(await withModelLock(options, () => Promise.resolve(5)), 5);
  });

  it("works without a lock when one that is dead cannot be removed", async () => {
    await withModelLock(options, async () => {
      const [file = ""] = await lockFiles();
      // A folder cannot be removed as a file is, whoever asks.
      const store2 = modelStoreOf({
        env: { SIGHTLINE_HOME: await temporaryFolder() },
        platform: "linux",
        homeDir: "/",
      });
      const blocked = path.join(store2.locksDir, path.basename(file));
      await mkdir(blocked, { recursive: true });
      await utimes(blocked, new Date(0), new Date(0));
      const work = withModelLock({ ...options, store: store2 }, () => Promise.resolve("done"));
      assert.equal(await work, "done");
    });
  });
});
