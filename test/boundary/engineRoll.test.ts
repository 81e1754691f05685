/** The roll of engines with windows that are real processes. */

import assert from "node:assert/strict";
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import os, { tmpdir } from "node:os";
import path from "node:path";
import { mock } from "node:test";
import { endEngine, EngineRoll, enginesOn, rollFolder, usesStore } from "../../src/roll/engineRoll";

/** What the other process says of itself. */
const HELD = { holder: "window", model: "opt", bytes: 2.9e9, state: "ready" };
const CHILD = path.resolve("out/test/helpers/rollChild.js");

describe("the roll of engines", () => {
  let folder: string;
  const windows: ChildProcess[] = [];

  beforeEach(async () => {
    // Short, because a socket's address has to be.
    folder = await mkdtemp(path.join(tmpdir(), "roll-"));
  });

  afterEach(async () => {
    for (const child of windows.splice(0)) child.kill("SIGKILL");
    await rm(folder, { recursive: true, force: true });
  });

  async function openWindow(state: "ready" | "busy" = "ready"): Promise<ChildProcess> {
    const child = fork(CHILD, [folder, state]);
    windows.push(child);
    await once(child, "message");
    return child;
  }

  it("knows the engines of other windows, and not a window's own", async () => {
    const child = await openWindow();
    const own = new EngineRoll({
      ...{ folder, release: () => Promise.resolve(true) },
      describe: () => ({ holder: "window", model: "demo", bytes: 4e9, state: "loading" }),
    });
    await own.join();
    const [other, ...more] = await own.others();
    assert.deepEqual(more, []);
    const { address, ...entry } = other ?? { address: "" };
    assert.deepEqual(entry, { ...HELD, pid: child.pid });
    assert.notEqual(address, "");
    const models = (await enginesOn(folder)).map(({ model }) => model);
    assert.deepEqual(models, ["demo", "opt"]);
    await own.dispose();
    assert.equal((await enginesOn(folder)).length, 1);
  });

  it("ends one that is idle, and not one that is at work", async () => {
    await openWindow("ready");
    await openWindow("busy");
    const outcomes = new Map<string, boolean>();
    for (const other of await enginesOn(folder)) {
      outcomes.set(other.state, await endEngine(other));
    }
    assert.deepEqual(Object.fromEntries(outcomes), { ready: true, busy: false });
    const left = await enginesOn(folder);
    assert.deepEqual(
      left.map(({ state }) => state),
      ["busy"],
    );
  });

  it("forgets a window that was killed, and leaves no trace of it", async () => {
    const child = await openWindow();
    const [known] = await enginesOn(folder);
    child.kill("SIGKILL");
    await once(child, "exit");
    assert.ok(known !== undefined && (await endEngine(known)));
    assert.deepEqual(await enginesOn(folder), []);
    assert.deepEqual(await readdir(folder), []);
  });

  it("is not held up by a window that says nothing, or nonsense", async () => {
    // A pipe has another address.
    if (process.platform === "win32") return;
    const words = [
      "",
      "no JSON\n",
      '{"pid":1,"model":"opt","bytes":-1,"state":"ready"}\n',
      "null\n",
    ];
    const servers = words.map((text, index) => {
      const server = createServer((socket) => {
        socket.on("error", () => undefined).end(text);
      });
      const name = `engine-00000000-0000-4000-8000-00000000000${index}`;
      return server.listen(path.join(folder, name));
    });
    await Promise.all(servers.map((server) => once(server, "listening")));
    await writeFile(path.join(folder, "notes.txt"), "somebody's");
    assert.deepEqual(await enginesOn(folder), []);
    assert.ok((await readdir(folder)).includes("notes.txt"));
    for (const server of servers) server.close();
  });

  it("trusts no folder that others may write to", async () => {
    if (process.platform === "win32") return;
    await openWindow();
    await chmod(folder, 0o777);
    assert.deepEqual(await enginesOn(folder), []);
    const open = path.join(folder, "open");
    await mkdir(open);
    await chmod(open, 0o777);
    const roll = new EngineRoll({
      ...{ folder: open, release: () => Promise.resolve(true) },
      describe: () => ({ holder: "window", model: "demo", bytes: 1, state: "ready" }),
    });
    await roll.join();
    assert.deepEqual(await readdir(open), []);
    await chmod(folder, 0o700);
  });

  it("tells what a command holds and of which store", async () => {
    const own = new EngineRoll({
      ...{ folder, release: () => Promise.resolve(false) },
      describe: () => ({ holder: "command", store: folder, model: "t5", bytes: 1, state: "busy" }),
    });
    await own.join();
    const [entry] = await enginesOn(folder);
    assert.deepEqual([entry?.holder, entry?.store, entry?.state], ["command", folder, "busy"]);
    assert.equal(entry !== undefined && (await endEngine(entry)), false);
    await own.dispose();
    const link = path.join(folder, "link");
    await symlink(folder, link, "junction");
    assert.ok(await usesStore({ store: link }, folder));
    assert.ok(await usesStore({}, folder));
    assert.ok(await usesStore({ store: "/not/there/." }, "/not/there"));
    assert.ok(!(await usesStore({ store: "/not/there" }, folder)));
  });

  it("waits for nobody who asks when it leaves", async () => {
    const own = new EngineRoll({
      // Never settles: the engine of a window that hangs.
      ...{ folder, release: () => new Promise(() => undefined) },
      describe: () => ({ holder: "window", model: "t5", bytes: 1, state: "ready" }),
    });
    await own.join();
    const [entry] = await enginesOn(folder);
    assert.ok(entry !== undefined);
    const asked = endEngine(entry);
    // It has been asked when it has answered the next one.
    await enginesOn(folder);
    await own.dispose();
    assert.equal(await asked, false);
    assert.deepEqual(await enginesOn(folder), []);
  });

  it("lies in a folder of the user whose sockets have addresses that are short enough", () => {
    assert.ok(path.isAbsolute(rollFolder()));
    assert.match(path.basename(rollFolder()), /^sightline-\w+$/);
  });

  it("needs no entry in the system's list of users where users have numbers", async () => {
    const listed = mock.method(os, "userInfo", () => {
      throw new Error("uv_os_get_passwd returned ENOENT");
    });
    try {
      assert.equal(path.basename(rollFolder()), `sightline-${process.getuid?.()}`);
      assert.deepEqual(await enginesOn(folder), []);
      assert.equal(listed.mock.callCount(), 0);
    } finally {
      listed.mock.restore();
    }
  });
});
