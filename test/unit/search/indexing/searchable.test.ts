import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { rename, rm, utimes, writeFile } from "node:fs/promises";
import path from "node:path";
import { AppError } from "../../../../src/base/errors";
import { createOrtSessionFactory } from "../../../../src/engine/session/ortSession";
import { KnownFiles } from "../../../../src/search/files/knownFiles";
import { lookAtFiles, type LookedAt } from "../../../../src/search/files/pictureFiles";
import { RefusedPictures } from "../../../../src/search/files/refusedPictures";
import { openFlatIndex } from "../../../../src/search/index/flatIndex";
import type { PictureIndex } from "../../../../src/search/index/pictureIndex";
import type { ComparingEngine } from "../../../../src/search/indexing/indexPictures";
import { makeSearchable } from "../../../../src/search/indexing/searchable";
import { onFullDisk } from "../../../helpers/fullDisk";
import { temporaryFolder } from "../../../helpers/kitModel";
import { SeededRandom } from "../../../helpers/random";
import { unitVectors } from "../../../helpers/unitVectors";

const shape = { rows: 4, width: 256 };
const { signal } = new AbortController();

describe("bringing an index up to date", () => {
  let folder: string;
  let index: PictureIndex;
  /** Done while a picture is embedded. */
  let during: (text: string) => Promise<void>;
  /** Counts of new pictures, as they are announced. */
  let announced: number[];

  const open = () =>
    openFlatIndex({
      ...{ folder: path.join(folder, "index"), shape, mode: "write" },
      factory: createOrtSessionFactory(),
    });

  beforeEach(async () => {
    folder = await temporaryFolder();
    index = await open();
    during = () => Promise.resolve();
    announced = [];
  });
  afterEach(() => index.close());

  /** Makes vectors of the bytes, whatever they are. */
  const engine = {
    embedPicture: async ({ image }: { image: Uint8Array }) => {
      await during(Buffer.from(image).toString());
      const seed = createHash("sha256").update(image).digest().readUInt32LE();
      const facts = { width: 1, height: 1, isOneColor: false, look: "0".repeat(16) };
      return { vectors: unitVectors(new SeededRandom(seed), shape), facts };
    },
  } as unknown as ComparingEngine;

  const write = async (names: readonly string[]): Promise<readonly string[]> => {
    const files = names.map((name) => path.join(folder, name));
    for (const file of files) await writeFile(file, path.basename(file));
    return files;
  };
  const bringUpToDate = async (files: readonly string[]) =>
    await searchable(await lookAtFiles(files, signal));
  const searchable = async (looked: LookedAt) =>
    makeSearchable(looked, {
      ...{ index, signal, alpha: "auto", engine: () => Promise.resolve(engine) },
      known: await KnownFiles.open(path.join(folder, "files.jsonl")),
      refused: await RefusedPictures.open(path.join(folder, "index")),
      onStart: (nNew) => announced.push(nNew),
    });
  const digestOf = (text: string): string => createHash("sha256").update(text).digest("hex");

  it("keeps of a picture that changes while it is read what was embedded, and sees the change next", async () => {
    const [file = "", other = ""] = await write(["a.png", "b.png"]);
    // Long ago, so that size and time are trusted.
    for (const one of [file, other]) await utimes(one, 1, 1);
    during = async (text) => {
      if (text === "b.png") return;
      // As a program that writes a new file and renames it.
      await writeFile(`${file}.new`, "later");
      await rename(`${file}.new`, file);
    };
    const searched = await bringUpToDate([file, other]);
    assert.deepEqual(searched.files.get(digestOf("a.png")), [file]);
    assert.deepEqual(searched.skipped, []);
    const again = await bringUpToDate([file, other]);
    assert.deepEqual([...again.files.values()].flat(), [file, other]);
    assert.deepEqual(again.files.get(digestOf("later")), [file]);
    assert.equal(again.nEmbedded, 1);
  });

  it("does not remember what it read of a file that was another when it was looked at", async () => {
    const [file = ""] = await write(["a.png"]);
    await utimes(file, 1, 1);
    const looked = await lookAtFiles([file], signal);
    await writeFile(file, "b.png");
    await utimes(file, 2, 2);
    const searched = await searchable(looked);
    assert.deepEqual(searched.files.get(digestOf("b.png")), [file]);
    // As a copy that keeps times brings it back.
    await writeFile(file, "a.png");
    await utimes(file, 1, 1);
    const again = await bringUpToDate([file]);
    assert.deepEqual(again.files.get(digestOf("a.png")), [file]);
  });

  it("embeds what a file is when its turn comes, and names one that is gone by then", async () => {
    const [first = "", second = "", third = ""] = await write(["1.png", "2.png", "3.png"]);
    during = async (text) => {
      if (text !== "1.png") return;
      await writeFile(second, "other");
      await rm(third);
    };
    const searched = await bringUpToDate([first, second, third]);
    assert.deepEqual(searched.files.get(digestOf("other")), [second]);
    assert.deepEqual(searched.skipped, [{ file: third, why: "cannot be read (ENOENT)" }]);
    assert.equal(searched.files.get(digestOf("2.png")), undefined);
  });

  it("ends with whole records on a full disk, at whichever byte it is full, and goes on when there is room", async () => {
    const files = await write(["1.png", "2.png", "3.png"]);
    await bringUpToDate(files.slice(0, 1));
    for (const nBytes of [0, 100, 2048, 2049, 3000]) {
      await onFullDisk(nBytes, () =>
        assert.rejects(bringUpToDate(files), {
          code: "index.unwritable",
          message: /the disk is full.*What was indexed before is kept/,
        }),
      );
      assert.equal(index.size, 1);
      await index.close();
      index = await open();
      assert.deepEqual(index.digests(), [digestOf("1.png")]);
    }
    const searched = await bringUpToDate(files);
    assert.deepEqual([searched.nFiles, searched.nEmbedded], [3, 2]);
    assert.equal(index.size, 3);
  });

  it("tries no picture again that failed with the same bytes, names all that have them, and tries a changed one", async () => {
    const [good = "", broken = "", copy = ""] = await write(["good.png", "broken.png", "copy.png"]);
    await writeFile(copy, "broken.png");
    const tried: string[] = [];
    during = (text) => {
      tried.push(text);
      if (text !== "broken.png") return Promise.resolve();
      throw new AppError("image.unreadable", `${broken} is damaged. Use an intact copy.`);
    };
    const skipped = [broken, copy].map((file) => ({
      ...{ file, why: `${file} is damaged. Use an intact copy.` },
    }));
    const first = await bringUpToDate([good, broken, copy]);
    assert.deepEqual([first.nFiles, first.skipped, announced], [1, skipped, [2]]);
    const again = await bringUpToDate([good, broken, copy]);
    assert.deepEqual([again.nFiles, again.skipped, announced], [1, skipped, [2]]);
    assert.deepEqual(tried, ["good.png", "broken.png"]);
    await writeFile(broken, "mended");
    const mended = await bringUpToDate([good, broken, copy]);
    assert.deepEqual([mended.nFiles, mended.skipped], [2, skipped.slice(1)]);
    assert.deepEqual([tried.slice(2), announced], [["mended"], [2, 1]]);
  });

  it("tries again what took too long, and what failed for another reason than the picture", async () => {
    const files = await write(["slow.png"]);
    during = () => {
      const detail = { timeoutMs: 20_000 };
      throw new AppError("image.unreadable", "slow.png took longer than 20 s.", { detail });
    };
    assert.equal((await bringUpToDate(files)).skipped.length, 1);
    during = () => {
      throw new AppError("device.failed", "The device is lost.");
    };
    await assert.rejects(bringUpToDate(files), { code: "device.failed" });
    during = () => Promise.resolve();
    assert.equal((await bringUpToDate(files)).nEmbedded, 1);
  });

  it("knows of a picture that makes no numbers, too", async () => {
    const files = await write(["nan.png"]);
    during = () => {
      throw new RangeError("not finite");
    };
    const why = "the model made no numbers of it";
    for (let i = 0; i < 2; i++) {
      assert.deepEqual((await bringUpToDate(files)).skipped, [{ file: files[0], why }]);
    }
    assert.deepEqual(announced, [1]);
  });
});
