import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdir, realpath, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { RootedFiles } from "../../../../src/tools/files/rootedFiles";
import { temporaryFolder } from "../../../helpers/kitModel";

const { signal } = new AbortController();

describe("pictures below the folders that an agent may read", () => {
  let base = "";
  let root = "";
  let other = "";
  let pictures: RootedFiles;

  before(async () => {
    base = await realpath(await temporaryFolder());
    root = path.join(base, "root");
    other = path.join(base, "other");
    for (const folder of [root, other, path.join(root, "sub"), path.join(base, "rooted")]) {
      await mkdir(folder);
    }
    await writeFile(path.join(root, "dog.png"), "dog");
    await writeFile(path.join(root, "sub", "cat.jpg"), "cat");
    await writeFile(path.join(other, "secret.png"), "secret");
    await writeFile(path.join(base, "rooted", "a.png"), "beside");
    await symlink(other, path.join(root, "away"));
    await symlink(path.join(other, "secret.png"), path.join(root, "link.png"));
    await symlink(path.join(other, "nothing.png"), path.join(root, "dangling.png"));
    await symlink(path.join(root, "dog.png"), path.join(root, "inside.png"));
    await symlink(path.join(root, "loop.png"), path.join(root, "loop.png"));
    execFileSync("mkfifo", [path.join(root, "pipe.png")]);
    pictures = new RootedFiles({
      roots: () => Promise.resolve([root]),
      howToAllow: "Start it with --root.",
    });
  });

  const read = async (given: string): Promise<string> => {
    const found = await pictures.read(given, signal);
    return `${path.relative(base, found.path)}: ${Buffer.from(found.bytes).toString()}`;
  };
  const outside = (given: string): Promise<void> =>
    assert.rejects(
      pictures.read(given, signal),
      {
        code: "path.outside",
        message: /is not in a folder that Sightline may read: .*root\. Start/,
      },
      given,
    );

  it("are read by absolute and relative paths, URIs and links that stay inside", async () => {
    assert.equal(await read(path.join(root, "dog.png")), "root/dog.png: dog");
    assert.equal(await read("dog.png"), "root/dog.png: dog");
    assert.equal(await read("sub/../dog.png"), "root/dog.png: dog");
    assert.equal(await read("sub/cat.jpg"), "root/sub/cat.jpg: cat");
    assert.equal(await read("inside.png"), "root/dog.png: dog");
    assert.equal(await read(pathToFileURL(path.join(root, "dog.png")).href), "root/dog.png: dog");
  });

  it("have one answer for what is outside and for what is missing there", async () => {
    for (const given of [
      path.join(other, "secret.png"),
      path.join(other, "nothing.png"),
      "../other/secret.png",
      "../other/nothing.png",
      "../nowhere/at/all.png",
      "link.png",
      "dangling.png",
      "away/secret.png",
      "away/nothing.png",
      "away/sub/nothing.png",
      path.join(base, "rooted", "a.png"),
      "/etc/passwd",
      "/nonexistent/x.png",
      `${root}/../other/secret.png`,
      pathToFileURL(path.join(other, "secret.png")).href,
      "loop.png",
    ]) {
      await outside(given);
    }
    const messageOf = (given: string): Promise<string> =>
      pictures.read(given, signal).then(
        () => "",
        (thrown: unknown) => (thrown as Error).message.replace(given, "X"),
      );
    assert.equal(
      await messageOf(path.join(other, "secret.png")),
      await messageOf(path.join(other, "nothing.png")),
    );
  });

  it("are said to be missing inside, with the name that was probably meant", async () => {
    await assert.rejects(pictures.read("dog.jpg", signal), {
      code: "image.missing",
      message: `There is no file at ${path.join(root, "dog.jpg")}. Did you mean ${path.join(root, "dog.png")}?`,
    });
    await assert.rejects(pictures.read("sub/zebra-on-a-hill.png", signal), {
      code: "image.missing",
      message: `There is no file at ${path.join(root, "sub", "zebra-on-a-hill.png")}.`,
    });
  });

  it("are ordinary files: no folder, no pipe that nobody writes to", async () => {
    for (const given of ["sub", "pipe.png", "."]) {
      await assert.rejects(pictures.read(given, signal), { code: "image.unreadable" }, given);
    }
  });

  it("can be given in the place of a path, and are bounded", async () => {
    const given = `data:image/png;base64,${Buffer.from("dog").toString("base64")}`;
    const found = await pictures.read(given, signal);
    assert.equal(Buffer.from(found.bytes).toString(), "dog");
    await assert.rejects(pictures.read("data:,", signal), { code: "image.unreadable" });
  });

  it("are nowhere while there is no folder", async () => {
    const none = new RootedFiles({
      roots: () => Promise.resolve([]),
      howToAllow: "Start it with --root.",
    });
    for (const given of ["dog.png", path.join(root, "dog.png")]) {
      await assert.rejects(none.read(given, signal), {
        code: "path.outside",
        message: "Sightline may read no folder yet. Start it with --root.",
      });
    }
  });

  it("are asked for by absolute path when a relative one is in two folders", async () => {
    await writeFile(path.join(other, "dog.png"), "other dog");
    const both = new RootedFiles({
      roots: () => Promise.resolve([root, other]),
      howToAllow: "Start it with --root.",
    });
    await assert.rejects(both.read("dog.png", signal), {
      code: "option.invalid",
      message: "dog.png is in several folders. Give its absolute path.",
    });
    assert.equal((await both.read("secret.png", signal)).path, path.join(other, "secret.png"));
  });
});
