import assert from "node:assert/strict";
import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { PassThrough, Readable } from "node:stream";

import { AppError, isCancelled, type ErrorCode } from "../../../../src/base/errors";
import { readPicture } from "../../../../src/cli/ask/pictureSource";
import { testContext, testHost } from "../../../helpers/cliHost";

const withCode = (code: ErrorCode, words: string) => (thrown: unknown) => {
  assert.ok(thrown instanceof AppError);
  assert.equal(thrown.code, code, thrown.message);
  assert.ok(thrown.message.includes(words), thrown.message);
  return true;
};

describe("readPicture", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "sightline-picture-"));
  });
  after(() => rm(folder, { recursive: true }));

  it("reads a file and calls the picture by its path", async () => {
    const file = path.join(folder, "a.png");
    await writeFile(file, "bytes");
    const picture = await readPicture(file, testContext(testHost()));
    assert.equal(Buffer.from(picture.image).toString(), "bytes");
    assert.equal(picture.imageName, file);
  });

  it("reads standard input in pieces and closes it", async () => {
    const stdin = Readable.from([Buffer.from("by"), Buffer.from("tes")]);
    const picture = await readPicture("-", testContext(testHost({ stdin: () => stdin })));
    assert.equal(Buffer.from(picture.image).toString(), "bytes");
    assert.equal(stdin.destroyed, true);
  });

  it("does not wait for a person to type a picture", async () => {
    const stdin = Object.assign(new PassThrough(), { isTTY: true });
    const context = testContext(testHost({ stdin: () => stdin }));
    await assert.rejects(readPicture("-", context), withCode("image.missing", "terminal"));
  });

  it("stops waiting for standard input when it is interrupted, and closes it", async () => {
    const stdin = new PassThrough();
    const host = testHost({ stdin: () => stdin });
    const reading = readPicture("-", testContext(host));
    host.interrupts.interrupt("SIGINT");
    await assert.rejects(reading, isCancelled);
    assert.equal(stdin.destroyed, true);
  });

  it("says which file is missing", async () => {
    const file = path.join(folder, "missing.png");
    const context = testContext(testHost());
    await assert.rejects(readPicture(file, context), withCode("image.missing", file));
    const below = path.join(folder, "a.png", "b.png");
    await assert.rejects(readPicture(below, context), withCode("image.missing", below));
  });

  it("refuses a folder", async () => {
    const context = testContext(testHost());
    await assert.rejects(readPicture(folder, context), withCode("image.unreadable", "a folder"));
  });

  it("refuses more bytes than a picture has, without reading them all", async () => {
    const file = path.join(folder, "huge.png");
    await writeFile(file, "");
    await truncate(file, 2 ** 40);
    const context = testContext(testHost());
    await assert.rejects(readPicture(file, context), withCode("image.tooLarge", "268 MB"));
  });
});
