import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { cp, mkdir, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import path from "node:path";
import { silentLogger } from "../../../src/base/logger";
import { createSearchMethods } from "../../../src/child/searchMethods";
import type { TaskRun } from "../../../src/child/enginePort";
import { loadEngine } from "../../../src/engine/blip2Engine";
import { type ModelStore, modelStoreOf } from "../../../src/library/store/modelStore";
import { fixturePath } from "../../helpers/fixtures";
import { kitModel, temporaryFolder } from "../../helpers/kitModel";

const ignore = (): void => undefined;
const run: TaskRun = {
  ...{ signal: new AbortController().signal, onText: ignore, onProgress: ignore, onStage: ignore },
};

describe("finding pictures in a process of the editor", () => {
  let home: string;
  let pictures: string;
  let store: ModelStore;
  let methods: ReturnType<typeof createSearchMethods>;

  beforeEach(async () => {
    home = await temporaryFolder();
    await cp(await kitModel("itm"), path.join(home, "models", "itm"), { recursive: true });
    store = modelStoreOf({ env: { SIGHTLINE_HOME: home }, platform: "linux", homeDir: home });
    methods = createSearchMethods({
      ...{ store, demoCheckpoint: "/none", logger: silentLogger, writerMs: 60_000 },
    });
    pictures = path.join(await temporaryFolder(), "pictures");
    await cp(fixturePath("kits", "itm", "images"), pictures, { recursive: true });
    await mkdir(path.join(pictures, "out"));
    await cp(path.join(pictures, "photo.png"), path.join(pictures, "out", "copy.png"));
  });

  afterEach(async () => {
    // Closes the files.
    await methods.deleteIndex({}, run);
  });

  const list = (exclude: string[] = []) =>
    methods.listPictures({ folders: [pictures], exclude }, run);
  const index = async () => {
    const { files } = await list();
    return await methods.indexPictures({ files: [...files] }, run);
  };

  it("leaves out what the editor leaves out, and says so", async () => {
    const all = (await list()).files;
    const { files, skipped } = await list(["**/out", "**/gr*.png", "["]);
    assert.ok(all.some((file) => file.endsWith("copy.png")));
    assert.ok(!files.some((file) => /copy|gray/.test(file)), files.join());
    assert.deepEqual(skipped.map(({ file }) => path.relative(pictures, file)).sort(), [
      "gray.png",
      "out",
    ]);
  });

  it("finds pictures like one, never the one itself, and copies first", async () => {
    await index();
    const file = path.join(pictures, "photo.png");
    const { matches } = await methods.similarPictures({ file, k: 3 }, run);
    assert.equal(matches[0]?.file, path.join(pictures, "out", "copy.png"));
    assert.ok(matches.every((match) => match.file !== file));
    const gone = methods.similarPictures({ file: "/none.png", k: 3 }, run);
    await assert.rejects(gone, { code: "image.missing" });
  });

  it("compares texts with the pictures that it knows, and names its model without any", async () => {
    await index();
    const named = await methods.findMismatches({ of: "", changed: [], nDocuments: 0 }, run);
    assert.deepEqual(named, { model: "itm", isKnown: true, nTested: 0, mismatches: [] });
    const alts = ["a red sign on a wall", "two dogs on a beach", "a bowl of fruit", "a cat"];
    const texts = ["wide.png", "tall.png", "photo.png", "gone.png"].map((name, i) => ({
      ...{ picture: path.join(pictures, name), alt: alts[i] ?? "" },
    }));
    const all = { of: "a", changed: [{ document: "a.md", texts }], nDocuments: 1 };
    const found = await methods.findMismatches(all, run);
    assert.ok(found.nTested > 0 && found.nTested <= 3, `${found.nTested}`);
    for (const { text, fits, digest } of found.mismatches) {
      assert.ok(text < 3 && fits.startsWith(pictures) && /^[0-9a-f]{64}$/.test(digest));
    }
    const again = { of: "a", changed: [], nDocuments: 1 };
    assert.deepEqual(await methods.findMismatches(again, run), found);
    const unknown = await methods.findMismatches({ ...again, of: "b" }, run);
    assert.ok(!unknown.isKnown && unknown.mismatches.length === 0);
  });

  it("takes what was chosen for what compares, and else what finds pictures", async () => {
    const opt = await kitModel("opt");
    await cp(opt, path.join(home, "models", "opt"), { recursive: true });
    const other = await kitModel("blip-itm");
    const found = { model: "itm", isChosen: false };
    for (const chosen of ["demo", "opt", opt, "blip-base", "remote:gpu", "nothing", "/none", ""]) {
      assert.deepEqual(await methods.comparingModel({ chosen }, run), found, chosen);
    }
    for (const chosen of ["itm", path.join(home, "models", "itm"), "demo-itm", other]) {
      const itself = { model: chosen, isChosen: true };
      assert.deepEqual(await methods.comparingModel({ chosen }, run), itself);
    }
    await rm(path.join(home, "models", "itm"), { recursive: true });
    const demo = { model: "demo-itm", isChosen: false };
    assert.deepEqual(await methods.comparingModel({ chosen: "demo" }, run), demo);
  });

  it("says how well texts fit a picture as the model itself does", async () => {
    const { image, texts } = {
      image: await readFile(path.join(pictures, "wide.png")),
      texts: ["a red sign", "two dogs on a beach"],
    };
    const { model, result } = await methods.compareWithTexts({ image, texts }, run);
    assert.equal(model, "itm");
    const engine = await loadEngine({
      ...{ folder: await kitModel("itm"), device: "cpu", logger: silentLogger },
    });
    try {
      assert.deepEqual(result.scores, (await engine.score({ image, texts })).scores);
    } finally {
      await engine.release();
    }
    const broken = { image: Uint8Array.of(1, 2), imageName: "broken.png", texts };
    await assert.rejects(methods.compareWithTexts(broken, run), { code: "image.unreadable" });
  });

  it("reads the best together with the words, in the same order", async () => {
    await index();
    const words = "a red sign";
    const plain = await methods.findPictures({ words, k: 20, rerank: 0 }, run);
    const read = await methods.findPictures({ words, k: 20, rerank: 32 }, run);
    assert.deepEqual(
      read.matches.map(({ file }) => file),
      plain.matches.map(({ file }) => file),
    );
    assert.ok(plain.matches.every(({ match }) => match === undefined));
    assert.ok(read.matches.some(({ match }) => match !== undefined));
  });

  it("finds duplicates, without those that a person has called different", async () => {
    await index();
    const { groups } = await methods.findDuplicates({ pardoned: [] }, run);
    const [same] = groups;
    assert.equal(same?.kind, "same bytes");
    assert.equal(same.files.length, 2);
    assert.equal(same.files[0]?.digest, same.files[1]?.digest);
    const others = groups.filter(({ kind }) => kind !== "same bytes");
    const pardoned = others.flatMap(({ files }) =>
      files.flatMap((a) => files.map((b) => `${a.digest} ${b.digest}`)),
    );
    const after = await methods.findDuplicates({ pardoned }, run);
    assert.deepEqual(
      after.groups.map(({ kind }) => kind),
      ["same bytes"],
    );
  });

  it("knows what is in the index, says what is new, and forgets files that are gone", async () => {
    const { nFiles } = await index();
    const file = path.join(pictures, "photo.png");
    await rm(file);
    const fresh = path.join(pictures, "new.png");
    await cp(path.join(pictures, "gray.png"), fresh);
    const { files } = await list();
    const known = await methods.knownPictures({ files: [...files], below: [pictures] }, run);
    // A file that has just changed is read again, whatever its size and time are.
    assert.ok(known.fresh.includes(fresh));
    assert.ok(known.bytesEach > 100);
    await methods.indexPictures({ files: [...known.fresh] }, run);
    await rm(fresh);
    const after = files.filter((one) => one !== fresh);
    const again = await methods.knownPictures({ files: after, below: [pictures] }, run);
    await methods.indexPictures({ files: [...again.fresh] }, run);
    const { matches } = await methods.findPictures({ words: "a photo", k: 50, rerank: 0 }, run);
    assert.equal(matches.length, nFiles - 1);
    assert.ok(matches.every((match) => match.file !== file));
  });

  it("does not call a file new that cannot be read, until it changes or the index is deleted", async () => {
    const broken = path.join(pictures, "broken.png");
    await writeFile(broken, "text");
    // Long ago, so that size and time are trusted.
    await utimes(broken, 1, 1);
    const known = async () => {
      const { files } = await list();
      return await methods.knownPictures({ files: [...files], below: [pictures] }, run);
    };
    assert.ok((await known()).fresh.includes(broken));
    const { skipped } = await index();
    assert.deepEqual(
      skipped.map(({ file }) => file),
      [broken],
    );
    const again = await known();
    assert.deepEqual([again.fresh.includes(broken), again.skipped], [false, skipped]);
    await utimes(broken, 2, 2);
    assert.ok((await known()).fresh.includes(broken));
    await index();
    assert.ok(!(await known()).fresh.includes(broken));
    await methods.deleteIndex({}, run);
    assert.ok((await known()).fresh.includes(broken));
  });

  it("knows which files have a content, without a model", async () => {
    const bytes = await readFile(path.join(pictures, "photo.png"));
    const digest = createHash("sha256").update(bytes).digest("hex");
    const of = (size: number) =>
      methods.samePictures({ folders: [pictures], exclude: [], digest, size }, run);
    assert.equal((await of(bytes.length)).files.length, 2);
    assert.deepEqual((await of(bytes.length + 1)).files, []);
    assert.deepEqual(await readdir(home), ["models"]);
  });

  it("lets a cancelled search go while the model is opened, which goes on for the next", async () => {
    const controller = new AbortController();
    const words = { words: "a sign", k: 1 };
    const left = methods.findPictures(words, { ...run, signal: controller.signal });
    controller.abort();
    await assert.rejects(left, { code: "request.cancelled" });
    await index();
    assert.equal((await methods.findPictures(words, run)).matches.length, 1);
  });

  it("goes on with another model when its own was deleted", async () => {
    await index();
    const folder = path.join(home, "models", "itm");
    await cp(folder, path.join(home, "models", "other"), { recursive: true });
    await rm(folder, { recursive: true });
    const { files } = await list();
    await methods.indexPictures({ files: [...files] }, run);
    const found = await methods.findPictures({ words: "a sign", k: 1 }, run);
    assert.equal(found.model, "other");
  });

  it("shares the index with another window: one writes, both find, and then the other writes", async () => {
    const other = createSearchMethods({
      ...{ store, demoCheckpoint: "/none", logger: silentLogger, writerMs: 60_000 },
    });
    const { files } = await list();
    const [first = "", ...rest] = files;
    await methods.indexPictures({ files: [first] }, run);
    // The first one still holds the lock.
    const late = await other.indexPictures({ files: [...files] }, run);
    assert.deepEqual(
      new Set(late.skipped.map(({ file, why }) => `${why}: ${file}`)),
      new Set(rest.map((file) => `not indexed yet, another program is at it: ${file}`)),
    );
    assert.equal(late.nFiles, 1);
    await methods.indexPictures({ files: rest }, run);
    const seen = await other.indexPictures({ files: [...files] }, run);
    assert.deepEqual([seen.nFiles, seen.skipped], [files.length, []]);
    const found = await other.findPictures({ words: "a sign", k: 100 }, run);
    assert.equal(found.matches.length, files.length);
    await methods.deleteIndex({}, run);
    const alone = await other.indexPictures({ files: [...files] }, run);
    assert.deepEqual(alone.skipped, []);
    await other.deleteIndex({}, run);
  });

  it("says how large the index is, and deletes it, and begins anew", async () => {
    assert.deepEqual(await methods.indexSize({}, run), { bytes: 0 });
    assert.deepEqual(await methods.deleteIndex({}, run), { freedBytes: 0 });
    const before = await index();
    const { bytes } = await methods.indexSize({}, run);
    assert.ok(bytes > 1000);
    const { freedBytes } = await methods.deleteIndex({}, run);
    assert.ok(freedBytes > 1000 && freedBytes <= bytes);
    assert.deepEqual(await methods.indexSize({}, run), { bytes: 0 });
    await writeFile(path.join(home, "search", "other.txt"), "");
    assert.equal((await index()).nFiles, before.nFiles);
  });
});
