import assert from "node:assert/strict";
import { cp, mkdir, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import path from "node:path";
import { runCli } from "../../../../src/cli/program";
import { mistypedPath, splitWords } from "../../../../src/cli/search/searchRun";
import { withModelLock } from "../../../../src/library/store/modelLock";
import { modelStoreOf } from "../../../../src/library/store/modelStore";
import type { TextScore } from "../../../../src/model/ask/request";
import { testHost } from "../../../helpers/cliHost";
import { fixturePath } from "../../../helpers/fixtures";
import { onFullDisk } from "../../../helpers/fullDisk";
import { kitModel, temporaryFolder } from "../../../helpers/kitModel";

interface FoundJson {
  readonly query: string;
  readonly model: string;
  readonly matches: readonly { file: string; similarity: number; match: number | null }[];
  readonly searched: number;
  readonly skipped: readonly { file: string; why: string }[];
}

describe("the commands of search", () => {
  let home: string;
  let pictures: string;
  beforeEach(async () => {
    home = await temporaryFolder();
    pictures = path.join(await temporaryFolder(), "pictures");
    await cp(fixturePath("kits", "itm", "images"), pictures, { recursive: true });
  });

  async function run(...args: string[]) {
    const host = testHost({ home });
    const code = await runCli(args, host);
    return { code, out: host.stdout.text, notes: host.stderr.text };
  }

  async function install(kit = "itm"): Promise<void> {
    await cp(await kitModel(kit), path.join(home, "models", kit), { recursive: true });
  }

  const json = async (...args: string[]): Promise<FoundJson> => {
    const { out } = await run(...args, "--json");
    return JSON.parse(out) as FoundJson;
  };

  for (const kit of ["itm", "blip-itm"]) {
    it(`find what score says, with the kit ${kit}`, async () => {
      await install(kit);
      for (const text of ["a red sign", "the photo of two dogs on a wall"]) {
        const { model, matches, searched } = await json("find", text, pictures);
        assert.equal(model, kit);
        assert.equal(searched, (await readdir(pictures)).length);
        assert.equal(matches.length, searched);
        for (const { file, similarity, match } of matches) {
          const { out } = await run("score", file, text, "--json");
          const { scores } = JSON.parse(out) as { scores: readonly TextScore[] };
          const [{ itc, itm } = { itc: 9, itm: 9 }] = scores;
          assert.ok(Math.abs(similarity - itc) < 1e-4, `${file}: ${similarity}, ${itc}`);
          assert.ok(match !== null && Math.abs(match - itm) < 1e-4, `${file}: ${match}, ${itm}`);
        }
        const sorted = [...matches].sort((a, b) => b.similarity - a.similarity);
        assert.deepEqual(matches, sorted);
      }
    });
  }

  it("print the JSON of programs, and words for people", async () => {
    await install();
    const found = await json("find", "A red sign!", pictures, "--k", "3", "--rerank", "1");
    assert.deepEqual(Object.keys(found), ["query", "model", "matches", "searched", "skipped"]);
    assert.equal(found.query, "A red sign!");
    assert.equal(found.matches.length, 3);
    assert.deepEqual(
      found.matches.map(({ match }) => match === null),
      [false, true, true],
    );
    const { code, out } = await run("find", "a", "red", "sign", pictures);
    assert.equal(code, 0);
    assert.match(out, /^SIMILARITY {2}MATCH {4}FILE\n/);
  });

  it("do nothing again: a second run looks at no picture, nor after a rename", async () => {
    await install();
    const first = await run("index", pictures);
    assert.match(first.out, /, 8 of them new\./);
    await cp(path.join(pictures, "photo.png"), path.join(pictures, "renamed.png"));
    await rm(path.join(pictures, "photo.png"));
    const { out, notes } = await run("index", pictures);
    assert.match(out, /^8 files can be searched, 0 of them new\./);
    assert.doesNotMatch(notes, /to look at/);
  });

  it("see a picture that has changed, though its size and time have not", async () => {
    await install();
    const file = path.join(pictures, "photo.png");
    await run("index", pictures);
    const before = await json("find", "a dog", file);
    const { atime, mtime } = await stat(file);
    await cp(path.join(pictures, "gray.png"), file);
    await utimes(file, atime, mtime);
    const after = await json("find", "a dog", file);
    assert.notEqual(before.matches[0]?.similarity, after.matches[0]?.similarity);
  });

  it("name what is not searched and why; exit with 1 where nothing is", async () => {
    await install();
    await writeFile(path.join(pictures, "empty.png"), "");
    await writeFile(path.join(pictures, "broken.jpg"), "text");
    await writeFile(path.join(pictures, ".sightlineignore"), "flat.webp\n");
    const { skipped, searched } = await json("find", "a dog", pictures);
    assert.equal(searched, 7);
    assert.deepEqual(
      skipped.map(({ file }) => path.basename(file)),
      ["flat.webp", "empty.png", "broken.jpg"],
    );
    const empty = await temporaryFolder();
    const { code, out } = await run("find", "a dog", empty, "--json");
    assert.equal(code, 1);
    assert.deepEqual((JSON.parse(out) as FoundJson).matches, []);
    assert.equal((await run("find", "a dog", pictures, "--k", "0")).code, 2);
    assert.equal((await run("find")).code, 2);
  });

  it("announce no work for a file that cannot be read, and try it again when it has changed", async () => {
    await install();
    const broken = path.join(pictures, "broken.jpg");
    await writeFile(broken, "text");
    const first = await run("index", pictures);
    assert.match(first.notes, /9 pictures to look at/);
    const { out, notes } = await run("index", pictures);
    assert.match(out, /^8 files can be searched, 0 of them new\./);
    assert.doesNotMatch(notes, /to look at/);
    assert.match(notes, /Not searched: .*broken\.jpg is a text and no picture/);
    const found = await json("find", "a dog", pictures);
    assert.deepEqual(
      found.skipped.map(({ file }) => path.basename(file)),
      ["broken.jpg"],
    );
    await cp(path.join(pictures, "photo.png"), broken);
    assert.equal((await json("find", "a dog", pictures)).searched, 9);
  });

  it("find the picture itself nowhere among those like it, but its copies", async () => {
    await install();
    await mkdir(path.join(pictures, "more"));
    await cp(path.join(pictures, "photo.png"), path.join(pictures, "more", "copy.png"));
    const { matches } = await json("similar", path.join(pictures, "photo.png"), pictures);
    assert.equal(matches.length, 8);
    assert.equal(path.basename(matches[0]?.file ?? ""), "copy.png");
    assert.ok(Math.abs((matches[0]?.similarity ?? 0) - 1) < 1e-3);
    assert.ok(!matches.some(({ file }) => path.basename(file) === "photo.png"));
    const { out } = await run("duplicates", pictures, "--json");
    const { groups } = JSON.parse(out) as { groups: { kind: string; files: string[] }[] };
    assert.deepEqual(groups[0]?.kind, "same bytes");
    assert.deepEqual(groups[0].files.map((file) => path.basename(file)).sort(), [
      "copy.png",
      "photo.png",
    ]);
  });

  it("keep what is done when they are interrupted, and go on there", async () => {
    await install();
    const host = testHost({ home });
    let nLines = 0;
    const stderr = {
      ...{ isTTY: true, text: "" },
      write: (text: string) => {
        if (/[0-9]+ of 8 pictures looked at/.test(text) && ++nLines === 4) {
          host.interrupts.interrupt("SIGINT");
        }
      },
    };
    const code = await runCli(["index", pictures], { ...host, stderr });
    assert.equal(code, 130);
    const { out } = await run("index", pictures);
    assert.match(out, /^8 files can be searched, 5 of them new\./);
  });

  it("search what is there while another program writes", async () => {
    await install();
    await run("index", path.join(pictures, "photo.png"));
    const store = modelStoreOf({ env: { SIGHTLINE_HOME: home }, platform: "linux", homeDir: home });
    const entries = await readdir(path.join(home, "search"), { withFileTypes: true });
    const [folder] = entries.filter((entry) => entry.isDirectory());
    assert.ok(folder !== undefined);
    const at = path.join(home, "search", folder.name);
    const before = await readFile(path.join(at, "codes.index"));
    await withModelLock({ store, folder: at, ifBusy: "refuse" }, async () => {
      const found = await json("find", "a dog", pictures);
      assert.equal(found.searched, 1);
      assert.equal(found.skipped.length, 7);
      assert.match(found.skipped[0]?.why ?? "", /^not indexed yet/);
    });
    assert.deepEqual(await readFile(path.join(at, "codes.index")), before);
  });

  it("search what is there where nothing can be written, which `index` says and nothing else", async () => {
    await install();
    await run("index", path.join(pictures, "photo.png"));
    await onFullDisk(0, async () => {
      const { code, out, notes } = await run("find", "a dog", pictures, "--json");
      const { searched, skipped } = JSON.parse(out) as FoundJson;
      assert.deepEqual([code, searched, skipped.length], [0, 1, 7]);
      assert.ok(skipped.every(({ why }) => why === "not indexed yet"));
      assert.match(notes, /cannot be written: the disk is full/);
      assert.equal((await run("index", pictures)).code, 1);
    });
    assert.equal((await json("find", "a dog", pictures)).searched, 8);
  });

  it("say which model they need", async () => {
    await install("opt-odd");
    const { code, notes } = await run("find", "a dog", pictures, "--model", "opt-odd");
    assert.equal(code, 1);
    assert.match(notes, /does not compare pictures with texts/);
  });

  it("part words from paths, and say of a word that looks like one", async () => {
    const split = async (...given: string[]) => {
      const { words, paths } = await splitWords(given);
      return { words, paths };
    };
    assert.deepEqual(await split("src"), { words: "src", paths: ["."] });
    assert.deepEqual(await split("a", "red", "sign", "src", "b/*.png"), {
      words: "a red sign",
      paths: ["src", "b/*.png"],
    });
    assert.deepEqual(await split("a cat"), { words: "a cat", paths: ["."] });
    assert.match(
      (await mistypedPath(["a", "cat", "medai"])) ?? "",
      /"medai".*Did you mean media\?/,
    );
    assert.match((await mistypedPath(["a cat", "pics"])) ?? "", /no file or folder "pics", so it/);
    assert.match((await mistypedPath(["cat", "none.png"])) ?? "", /"none.png"/);
    assert.equal(await mistypedPath(["a", "red", "sign"]), undefined);
    assert.equal(await mistypedPath(["a red sign"]), undefined);
  });
});
