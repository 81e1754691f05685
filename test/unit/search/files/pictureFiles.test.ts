import assert from "node:assert/strict";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import {
  EMPTY,
  IGNORE_FILES,
  lookAtFiles,
  NOT_DOWNLOADED,
} from "../../../../src/search/files/pictureFiles";
import { filesBelow, SkippedParts } from "../../../../src/disk/searchFolder";
import { temporaryFolder } from "../../../helpers/kitModel";

const { signal } = new AbortController();
const POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n";

describe("files that could be pictures", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await temporaryFolder();
  });
  const at = (name: string): string => path.join(folder, name);

  it("are named where they are empty, not downloaded, gone or no files", async () => {
    await writeFile(at("a.png"), "picture");
    await writeFile(at("empty.png"), "");
    await writeFile(at("pointer.png"), POINTER);
    await writeFile(at("large.png"), POINTER.repeat(40));
    await mkdir(at("folder.png"));
    const names = ["a.png", "empty.png", "pointer.png", "large.png", "folder.png", "gone.png"];
    const { pictures, skipped } = await lookAtFiles(names.map(at), signal);
    assert.deepEqual(
      pictures.map(({ file, size }) => [path.basename(file), size]),
      [
        ["a.png", 7],
        ["large.png", POINTER.length * 40],
      ],
    );
    assert.deepEqual(
      skipped.map(({ file, why }) => [path.basename(file), why]),
      [
        ["empty.png", EMPTY],
        ["pointer.png", NOT_DOWNLOADED],
        ["folder.png", "not an ordinary file"],
        ["gone.png", "not there"],
      ],
    );
  });

  async function below(): Promise<Record<"found" | "ignored" | "links", readonly string[]>> {
    const skipped = new SkippedParts();
    const found: string[] = [];
    const files = filesBelow(folder, {
      ...{ signal, skipped, heedsGitignore: true, ignoreFiles: IGNORE_FILES, followsLinks: true },
      isWanted: (name) => name.endsWith(".png"),
      onFailure: (thrown) => {
        throw thrown;
      },
    });
    for await (const file of files) found.push(path.relative(folder, file));
    const near = (all: readonly string[]) => all.map((one) => path.relative(folder, one));
    return { found, ignored: near(skipped.ignored()), links: near(skipped.links()) };
  }

  it("are left out by .gitignore, .ignore and .sightlineignore, the last of which wins", async () => {
    await mkdir(at("old"));
    for (const name of ["a.png", "b.png", "c.png", "d.png", "old/e.png"]) {
      await writeFile(at(name), "x");
    }
    await writeFile(at(".gitignore"), "a.png\nb.png\nold/\n");
    await writeFile(at(".ignore"), "c.png\n!b.png\n");
    await writeFile(at(".sightlineignore"), "d.png\n!a.png\n");
    assert.deepEqual(await below(), {
      found: ["a.png", "b.png"],
      ignored: ["old", "c.png", "d.png"],
      links: [],
    });
  });

  it("come once, whatever links lead to them, and links end nowhere", async () => {
    await mkdir(at("sub/deep"), { recursive: true });
    const outside = await temporaryFolder();
    await writeFile(path.join(outside, "secret.png"), "x");
    await writeFile(at("sub/a.png"), "x");
    await writeFile(at("sub/deep/b.png"), "x");
    await writeFile(at("sub/.hidden"), "x");
    await symlink("..", at("sub/loop"));
    await symlink("sub", at("again"));
    await symlink("sub/a.png", at("0.png"));
    await symlink("sub/.hidden", at("z.png"));
    await symlink("nowhere", at("broken.png"));
    await symlink("nowhere", at("broken.txt"));
    await symlink(outside, at("out"));
    await symlink(path.join(outside, "secret.png"), at("secret.png"));
    const { found, links } = await below();
    assert.deepEqual(found, ["sub/a.png", "sub/deep/b.png", "z.png"]);
    assert.deepEqual(links, ["broken.png", "out", "secret.png"]);
  });
});
