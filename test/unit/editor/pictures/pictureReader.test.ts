import assert from "node:assert/strict";
import type * as vscode from "vscode";
import type { ErrorCode } from "../../../../src/base/errors";
import { EditorPictureReader } from "../../../../src/editor/pictures/pictureReader";
import { MAX_PICTURE_BYTES } from "../../../../src/model/ask/pictureSize";
import { fakeEditor, resetFakeEditor } from "../../../helpers/editor/fakeEditor";
import { FakeClock } from "../../../helpers/fakeClock";
import { FakeFileSystemError, FakeUri } from "../../../helpers/editor/values";

const bytes = Uint8Array.of(0x89, 0x50, 0x4e, 0x47);
const CAT = "memfs://store/pictures/a cat.png";
const reader = new EditorPictureReader();

describe("the reader of pictures", () => {
  beforeEach(resetFakeEditor);

  it("reads through the editor's file systems and takes the name of the file", async () => {
    fakeEditor.files.set(CAT, bytes);
    assert.deepEqual(await reader.read(uriOf(CAT)), { name: "a cat.png", bytes, uri: CAT });
  });

  it("reads a file once, until it is written again", async () => {
    const own = new EditorPictureReader({ clock: new FakeClock() });
    fakeEditor.files.set(CAT, bytes);
    fakeEditor.times.set(CAT, { mtime: 1e12, ctime: 1e12 });
    const first = await own.read(uriOf(CAT));
    assert.equal(await own.read(uriOf(CAT)), first);
    assert.equal(fakeEditor.filesRead.length, 1);
    fakeEditor.times.set(CAT, { mtime: 1e12 + 1, ctime: 1e12 });
    assert.notEqual(await own.read(uriOf(CAT)), first);
    assert.equal(fakeEditor.filesRead.length, 2);
    fakeEditor.files.delete(CAT);
    await assert.rejects(own.read(uriOf(CAT)), { code: "image.missing" });
  });

  it("does not read a file that is too large", async () => {
    fakeEditor.files.set(CAT, bytes);
    fakeEditor.sizes.set(CAT, MAX_PICTURE_BYTES + 1);
    await refuses(CAT, "image.tooLarge", /a cat\.png is larger than 268 MB/);
    assert.deepEqual(fakeEditor.filesRead, []);
  });

  it("refuses a folder, an empty file and one that is not there", async () => {
    fakeEditor.files.set("file:///pictures", "folder");
    await refuses("file:///pictures", "image.unreadable", /pictures is a folder/);
    fakeEditor.files.set("file:///empty.png", new Uint8Array());
    await refuses("file:///empty.png", "image.unreadable", /empty\.png is empty/);
    await refuses("file:///lost.png", "image.missing", /lost\.png was not found/);
  });

  it("says why a file system did not give the file", async () => {
    fakeEditor.files.set(CAT, new FakeFileSystemError("NoPermissions"));
    await refuses(CAT, "image.unreadable", /permission/);
    fakeEditor.files.set(CAT, new FakeFileSystemError("Unavailable"));
    await refuses(CAT, "image.unreadable", /a cat\.png cannot be read/);
    fakeEditor.files.set(CAT, new Error("the disk is on fire"));
    await refuses(CAT, "image.unreadable", /a cat\.png cannot be read/);
  });

  for (const address of ["data:image/png;base64,AAAA", "untitled:cat.png", "https://a.org/b.png"]) {
    it(`refuses ${address.slice(0, 9)} without looking for a file`, async () => {
      fakeEditor.files.set(address, bytes);
      await refuses(address, "image.unreadable", /is not a file/);
      assert.deepEqual(fakeEditor.filesRead, []);
    });
  }

  it("never shows what a data address holds", async () => {
    await assert.rejects(
      reader.read(uriOf(`data:image/png;base64,${"A".repeat(5000)}`)),
      (error) => (error instanceof Error ? error.message.length < 100 : false),
    );
  });
});

function uriOf(text: string): vscode.Uri {
  return FakeUri.parse(text) as unknown as vscode.Uri;
}

async function refuses(address: string, code: ErrorCode, message: RegExp): Promise<void> {
  await assert.rejects(reader.read(uriOf(address)), { code, message });
}
