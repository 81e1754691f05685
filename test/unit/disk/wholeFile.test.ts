import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { lstat, mkdir, readdir, readFile, readlink, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { writeWholeFile } from "../../../src/disk/wholeFile";
import { temporaryFolder } from "../../helpers/kitModel";

describe("writeWholeFile", () => {
  let folder: string;
  const at = (name: string): string => path.join(folder, name);
  beforeEach(async () => {
    folder = await temporaryFolder();
  });

  it("writes through a link, also one to nothing, and leaves nothing beside", async () => {
    await writeFile(at("old"), "before");
    await symlink("old", at("link"));
    await symlink("new", at("dangling"));
    await writeWholeFile(at("link"), "after");
    await writeWholeFile(at("dangling"), "made");
    assert.equal(await readlink(at("link")), "old");
    assert.equal(await readFile(at("old"), "utf8"), "after");
    assert.equal(await readlink(at("dangling")), "new");
    assert.equal(await readFile(at("new"), "utf8"), "made");
    assert.deepEqual((await readdir(folder)).sort(), ["dangling", "link", "new", "old"]);
  });

  it("writes into a pipe, which stays one", async function () {
    if (process.platform === "win32") return;
    execFileSync("mkfifo", [at("pipe")]);
    const read = readFile(at("pipe"), "utf8");
    await writeWholeFile(at("pipe"), "through");
    assert.equal(await read, "through");
    assert.ok((await lstat(at("pipe"))).isFIFO());
  });

  it("keeps what was there, and nothing else, where it fails", async () => {
    await mkdir(at("folder"));
    await assert.rejects(writeWholeFile(at("folder"), "text"));
    await assert.rejects(writeWholeFile(path.join(at("none"), "file"), "text"));
    assert.deepEqual(await readdir(folder), ["folder"]);
  });
});
