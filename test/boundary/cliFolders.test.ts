/** The built command line with folders of pictures, and with tables of answers. */

import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { withModelLock } from "../../src/library/store/modelLock";
import { modelStoreOf } from "../../src/library/store/modelStore";
import { runCliProcess, type CliOutcome } from "../helpers/cliProcess";
import { fixturePath } from "../helpers/fixtures";

const PHOTO = fixturePath("kits", "opt", "images", "photo.png");

/** The JSON lines of stdout. */
function jsonLines(outcome: CliOutcome): readonly Record<string, unknown>[] {
  const lines = outcome.stdout.trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe("the command line with many pictures", () => {
  const home = mkdtempSync(path.join(tmpdir(), "sightline-folders-"));
  const run = (args: readonly string[]): Promise<CliOutcome> =>
    runCliProcess([...args, "--device", "cpu"], { home });

  after(() => rm(home, { recursive: true }));

  it("describes a folder without what tools make, as a table if need be", async () => {
    const folder = await mkdtemp(path.join(home, "pictures-"));
    await mkdir(path.join(folder, "sub, folder"));
    await mkdir(path.join(folder, "node_modules"));
    const good = path.join(folder, "sub, folder", "b.PNG");
    await copyFile(PHOTO, good);
    await copyFile(PHOTO, path.join(folder, "node_modules", "c.png"));
    await writeFile(path.join(folder, "notes.txt"), "no picture");
    const bad = path.join(folder, "a.png");
    await writeFile(bad, "no picture");
    const { exitCode, stdout, stderr } = await run(["caption", folder, "--csv"]);
    assert.equal(exitCode, 1);
    const [head, first, second, end] = stdout.split("\r\n");
    assert.equal(head, "file,text,error");
    assert.ok(first?.startsWith(`${bad},,`), first);
    assert.ok(second?.startsWith(`"${good}",`), second);
    assert.equal(end, "");
    assert.match(stderr, /^sightline: 1 picture answered, 1 failed\.$/m);
    const asked = await run(["ask", folder, "what is it?", "--json"]);
    const images = jsonLines(asked).map((line) => line["image"]);
    assert.deepEqual(images, [bad, good]);
  });

  it("asks about many pictures and goes on where a table ends", async () => {
    const folder = await mkdtemp(path.join(home, "asked-"));
    for (const name of ["a.png", "b.png"]) await copyFile(PHOTO, path.join(folder, name));
    const [a, b] = ["a.png", "b.png"].map((name) => path.join(folder, name)) as [string, string];
    const out = path.join(folder, "answers.csv");
    const asked = (...paths: string[]): Promise<CliOutcome> =>
      run(["ask", ...paths, "--question", "what is it?", "--out", out]);
    assert.equal((await asked(a)).exitCode, 0);
    const { exitCode, stdout, stderr } = await asked(a, folder);
    assert.deepEqual([exitCode, stdout], [0, ""]);
    assert.match(stderr, /1 picture answered before\./);
    const rows = (await readFile(out, "utf8")).split("\r\n").map((row) => row.split(",")[0]);
    assert.deepEqual(rows, ["file", a, b, ""]);
    const store = modelStoreOf({ env: { SIGHTLINE_HOME: home }, platform: "linux", homeDir: home });
    const lock = { store, folder: await realpath(out), ifBusy: "refuse" } as const;
    await withModelLock(lock, async () => {
      const other = await asked(a, folder);
      assert.equal(other.exitCode, 1);
      assert.match(other.stderr, /Another window or program is writing to .*answers\.csv/);
    });
    const lines = jsonLines(await run(["ask", a, b, "--question", "what is it?", "--jsonl"]));
    assert.deepEqual(
      lines.map(({ image }) => image),
      [a, b],
    );
    assert.equal((await run(["ask", a, "what", "is", "it?"])).exitCode, 2);
  });

  it("says which folder has no picture, and which picture failed alone", async () => {
    const folder = await mkdtemp(path.join(home, "empty-"));
    const empty = await run(["caption", folder, "--json"]);
    const alone = await run(["caption", "nowhere.png", "--json"]);
    for (const [outcome, image] of [
      [empty, folder],
      [alone, "nowhere.png"],
    ] as const) {
      assert.equal(outcome.exitCode, 1);
      const [line] = jsonLines(outcome);
      assert.equal(line?.["image"], image);
      assert.equal((line["error"] as { code: string }).code, "image.missing");
    }
  });

  it("prints in one way only", async () => {
    const outcome = await run(["caption", PHOTO, "--csv", "--tsv"]);
    assert.equal(outcome.exitCode, 2);
    assert.match(outcome.stderr, /Give one of --csv and --tsv, not both/);
  });

  it("tells programs about each picture", async () => {
    const outcome = await run(["caption", PHOTO, "nowhere.png", "--json"]);
    const [good, bad] = jsonLines(outcome);
    assert.equal(good?.["image"], PHOTO);
    assert.equal(typeof good["answer"], "string");
    assert.equal((bad?.["error"] as { code: string }).code, "image.missing");
    assert.equal(bad?.["image"], "nowhere.png");
  });
});
