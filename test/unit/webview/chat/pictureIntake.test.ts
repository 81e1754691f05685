/// <reference lib="dom" />
import assert from "node:assert/strict";
import { PICTURE_EXTENSIONS } from "../../../../src/model/ask/pictureNames";
import { VIEW_LIMITS } from "../../../../src/protocol/views/chatMessages";
import {
  batchesOf,
  MAX_FILE_BYTES,
  mayHoldPictures,
  readPicture,
  readTransfer,
  sortFiles,
} from "../../../../webview/chat/pictureIntake";

describe("a drop or a paste", () => {
  it("may hold pictures when it has files or addresses", () => {
    const types = [["Files"], ["text/uri-list"], ["application/vnd.code.uri-list"], ["text/plain"]];
    assert.deepEqual(
      types.map((list) => mayHoldPictures({ types: list })),
      [true, true, true, false],
    );
    assert.equal(mayHoldPictures(null), false);
  });

  it("is the editor's addresses, else files, else other addresses", () => {
    const editors = "# from the explorer\r\nfile:///a.png\r\n\r\nfile:///b.png";
    const others = "https://a.example/c.png";
    const file = new File(["x"], "c.png", { type: "image/png" });
    const of = (files: readonly File[], lists: Readonly<Record<string, string>>) =>
      readTransfer({
        files: files as unknown as FileList,
        getData: (type) => lists[type] ?? "",
      });
    const all = { "application/vnd.code.uri-list": editors, "text/uri-list": others };
    assert.deepEqual(of([file], all), { files: [], uris: ["file:///a.png", "file:///b.png"] });
    assert.deepEqual(of([file], { "text/uri-list": others }), { files: [file], uris: [] });
    assert.deepEqual(of([], { "text/uri-list": others }), { files: [], uris: [others] });
    const long = `file:///${"x".repeat(VIEW_LIMITS.uriLength)}`;
    assert.deepEqual(of([], { "text/uri-list": long }), { files: [], uris: [] });
  });

  it("lets in what is a picture by its type or its name, and not what is too large", () => {
    const large = new File(["x"], "large.png", { type: "image/png" });
    Object.defineProperty(large, "size", { value: MAX_FILE_BYTES + 1 });
    const good = [new File(["x"], "a", { type: "image/webp" }), new File(["x"], "B.JPG")];
    const { accepted, refused } = sortFiles([...good, new File(["x"], "png.txt"), large]);
    assert.deepEqual(accepted, good);
    assert.deepEqual(refused, [
      { name: "png.txt", reason: "notAPicture" },
      { name: "large.png", reason: "tooLarge" },
    ]);
  });

  it("lets in exactly the pictures that the host reads", () => {
    const known = PICTURE_EXTENSIONS.map((extension) => new File(["x"], `a.${extension}`));
    assert.deepEqual(sortFiles(known).accepted, known);
    const others = ["bmp", "heic", "heif", "ico"].map(
      (extension) => new File(["x"], `a.${extension}`, { type: `image/${extension}` }),
    );
    assert.deepEqual(sortFiles(others).accepted, []);
  });

  it("is read whole, with the end of a name that is too long", async () => {
    const name = `${"x".repeat(VIEW_LIMITS.nameLength)}.png`;
    const picture = await readPicture(new File([Uint8Array.of(1, 2)], name));
    assert.deepEqual(picture?.bytes, Uint8Array.of(1, 2));
    assert.equal(picture.name, name.slice(4));
  });

  it("is left out when it cannot be read", async () => {
    const file = { name: "folder", arrayBuffer: () => Promise.reject(new Error("a folder")) };
    assert.equal(await readPicture(file as unknown as File), undefined);
  });

  it("goes in as few messages as one message's limit allows", () => {
    const half = { length: VIEW_LIMITS.pictureBytes / 2 } as Uint8Array;
    const pictures = ["a", "b", "c"].map((name) => ({ name, bytes: half }));
    assert.deepEqual(
      batchesOf(pictures).map((batch) => batch.map(({ name }) => name)),
      [["a", "b"], ["c"]],
    );
    assert.deepEqual(batchesOf([]), []);
  });
});
