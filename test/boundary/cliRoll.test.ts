/** The built command line in the roll of engines: others see what it holds, and delete nothing under it. */

import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { enginesOn, type OtherEngine } from "../../src/roll/engineRoll";
import { CliProcess, runCliProcess } from "../helpers/cliProcess";
import { fixturePath } from "../helpers/fixtures";

const PHOTO = fixturePath("kits", "opt", "images", "photo.png");
const REMOVE = ["models", "remove", "--all", "--yes"];

describe("a command that holds a model", () => {
  const home = mkdtempSync(path.join(tmpdir(), "sightline-roll-"));
  const elsewhere = mkdtempSync(path.join(tmpdir(), "sightline-roll-"));

  after(async () => {
    await rm(home, { recursive: true, force: true });
    await rm(elsewhere, { recursive: true, force: true });
  });

  const entryOf = async ({ child }: CliProcess): Promise<OtherEngine | undefined> =>
    (await enginesOn()).find(({ pid }) => pid === child.pid);

  it("is seen by others until it ends, and keeps its models from being removed", async () => {
    const running = new CliProcess(["chat", PHOTO, "--device", "cpu"], home);
    running.child.stdin.write("what is it?\n");
    await running.until("stdout", /\n/);
    const entry = await entryOf(running);
    assert.ok(entry !== undefined && entry.bytes > 0);
    const { holder, state, model, store } = entry;
    assert.deepEqual(
      { holder, state, model, store },
      { holder: "command", state: "busy", model: "demo", store: home },
    );
    const refused = await runCliProcess(REMOVE, { home });
    assert.notEqual(refused.exitCode, 0);
    assert.match(refused.stderr, new RegExp(`uses a model \\(process ${running.child.pid}, `));
    // Whoever removes another store is not kept from it.
    const other = await runCliProcess(REMOVE, { home: elsewhere });
    assert.equal(other.exitCode, 0, other.stderr);
    running.child.stdin.write("and now?\n");
    await running.until("stdout", /\n.*\n/);
    running.child.stdin.end();
    assert.equal((await running.ended()).exitCode, 0);
    assert.equal(await entryOf(running), undefined);
    const removed = await runCliProcess(REMOVE, { home });
    assert.equal(removed.exitCode, 0, removed.stderr);
  });
});
