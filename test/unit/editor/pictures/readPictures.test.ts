import assert from "node:assert/strict";
import type { Uri } from "vscode";
import { readPictures } from "../../../../src/editor/pictures/readPictures";
import type { PictureReader } from "../../../../src/editor/shell/services";
import { until } from "../../../helpers/waiting";
import { fakeEditor, resetFakeEditor } from "../../../helpers/editor/fakeEditor";
import { FakeUri } from "../../../helpers/editor/values";

/** Never settles, as a file behind a connection that is gone. */
const hanging = (): ReturnType<PictureReader["read"]> => new Promise(() => undefined);

const reports = (): readonly unknown[] => fakeEditor.progress.flatMap((shown) => shown.reports);

const uris = ["a.png", "b.png"].map((name) => FakeUri.file(`/w/${name}`)) as unknown as Uri[];

describe("reading several pictures", () => {
  beforeEach(resetFakeEditor);

  it("can be cancelled when it takes long", async () => {
    fakeEditor.cancelledTitle = "Reading pictures";
    const reading = readPictures({ pictures: { read: hanging } }, uris);
    await assert.rejects(reading, { code: "request.cancelled" });
  });

  it("says which file it waits for when it takes long", async () => {
    const gates: (() => void)[] = [];
    const read: PictureReader["read"] = ({ path }) =>
      new Promise((resolve) => {
        gates.push(() => {
          resolve({ name: path, bytes: Uint8Array.of(1) });
        });
      });
    const reading = readPictures({ pictures: { read } }, uris);
    await until(() => reports().length === 1, "the progress");
    assert.deepEqual(reports(), [{ message: "a.png" }]);
    gates.shift()?.();
    await until(() => gates.length === 1, "the second file");
    assert.deepEqual(reports()[1], { message: "b.png", increment: 50 });
    gates.shift()?.();
    const { pictures, failures } = await reading;
    assert.deepEqual([pictures.length, failures], [2, []]);
  });
});
