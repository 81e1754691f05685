import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { AppError } from "../../../../src/base/errors";
import { findCheckpoint } from "../../../../src/library/checkpoints/findCheckpoint";
import { kitModel, temporaryFolder } from "../../../helpers/kitModel";

const COMMIT = "51572668da0eb669e01a189dc22abe6088589a24";
const OTHER = "0".repeat(40);

describe("findCheckpoint", () => {
  let root: string;
  beforeEach(async () => {
    root = await temporaryFolder();
  });

  const at = (...names: string[]): string => path.join(root, ...names);

  async function write(text: string, ...names: string[]): Promise<void> {
    await mkdir(path.dirname(at(...names)), { recursive: true });
    await writeFile(at(...names), text);
  }

  /** A download of the hub's client: snapshots by commit, and the name of the newest. */
  async function download(main: string | undefined, ...commits: string[]): Promise<string> {
    const folder = "models--Salesforce--blip2-opt-2.7b";
    for (const commit of commits) await write("{}", folder, "snapshots", commit, "config.json");
    if (main !== undefined) await write(main, folder, "refs", "main");
    return at(folder);
  }

  const refuses = async (folder: string, code: string, words: RegExp): Promise<void> => {
    await assert.rejects(findCheckpoint(folder), (thrown) => {
      assert.ok(thrown instanceof AppError, String(thrown));
      assert.equal(thrown.code, code);
      assert.match(thrown.message, words);
      return true;
    });
  };

  it("takes a folder with a configuration as it is", async () => {
    await write("{}", "blip2", "config.json");
    assert.deepEqual(await findCheckpoint(at("blip2")), { folder: at("blip2"), name: "blip2" });
  });

  it("takes the parts of a LAVIS release, and not the language model below", async () => {
    await write("x", "release", "blip2_pretrained_flant5xl.pth");
    await write("{}", "release", "flan-t5-xl", "config.json");
    const found = { folder: at("release"), name: "release" };
    assert.deepEqual(await findCheckpoint(at("release")), found);
    assert.deepEqual(await findCheckpoint(root), found);
  });

  it("takes the snapshot of a download that its main branch names", async () => {
    const expected = { name: "blip2-opt-2.7b" };
    const folder = await download(`${COMMIT}\n`, COMMIT, OTHER);
    const snapshot = path.join(folder, "snapshots", COMMIT);
    assert.deepEqual(await findCheckpoint(folder), { folder: snapshot, ...expected });
    assert.deepEqual(await findCheckpoint(snapshot), { folder: snapshot, ...expected });
    assert.deepEqual(await findCheckpoint(root), { folder: snapshot, ...expected });
  });

  it("takes the only snapshot when the main branch names none, or a path", async () => {
    for (const main of [undefined, "", "../../..", OTHER]) {
      root = await temporaryFolder();
      const folder = await download(main, COMMIT);
      assert.equal((await findCheckpoint(folder)).folder, path.join(folder, "snapshots", COMMIT));
    }
  });

  it("refuses a download without a snapshot, and one whose files are missing", async () => {
    await mkdir(at("models--a--b"));
    await refuses(at("models--a--b"), "checkpoint.missing", /models--a--b.*Download/);
    await refuses(await download(undefined, COMMIT, OTHER), "checkpoint.missing", /no download/);
    await mkdir(at("models--c--d", "snapshots", COMMIT), { recursive: true });
    await refuses(at("models--c--d"), "checkpoint.missing", /no download is complete/);
  });

  it("takes the only checkpoint one level below, whatever else is there", async () => {
    await write("{}", "blip2", "config.json");
    await write("", "notes.txt");
    await mkdir(at("empty"));
    await mkdir(at("models--half--done"));
    await write("{}", "converted", "config.json");
    await write("{}", "converted", "manifest.json");
    await write("{}", ".hidden", "config.json");
    await write("{}", "deeper", "still", "config.json");
    assert.deepEqual(await findCheckpoint(root), { folder: at("blip2"), name: "blip2" });
  });

  it("asks for a choice between several", async () => {
    await write("{}", "a", "config.json");
    await write("{}", "b", "config.json");
    await refuses(root, "checkpoint.missing", /2 checkpoints: a, b\. Choose/);
  });

  it("leaves a folder without any to whoever opens it", async () => {
    assert.deepEqual(await findCheckpoint(root), { folder: root, name: path.basename(root) });
    assert.equal((await findCheckpoint(at("none"))).folder, at("none"));
  });

  it("says that a converted model is no checkpoint", async () => {
    const model = await kitModel("itm");
    await write("{}", "m", "manifest.json");
    await refuses(at("m"), "checkpoint.unsupported", /converted already/);
    await refuses(model, "checkpoint.unsupported", /converted already/);
  });
});
