import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { silentLogger } from "../../../../src/base/logger";
import { PastedPictures } from "../../../../src/host/chat/pastedPictures";
import { PASTED_FILE } from "../../../../src/host/chat/storedConversation";
import { MemoryFolder, pasted } from "../../../helpers/chatFakes";

describe("PastedPictures", () => {
  it("keeps a picture under the digest of its bytes", async () => {
    const { pictures, folder } = create();
    const name = pictures.add(pasted("cat", "Screenshot.PNG"));
    assert.equal(name, `${createHash("sha256").update("cat").digest("hex")}.png`);
    await pictures.drained();
    assert.deepEqual([...folder.files.keys()], [name]);
    assert.equal(textOf(await pictures.read(name)), "cat");
  });

  it("gives the bytes before they are written", async () => {
    const { pictures, folder } = create();
    const name = pictures.add(pasted("cat"));
    assert.equal(folder.files.size, 0);
    assert.equal(textOf(await pictures.read(name)), "cat");
  });

  for (const name of ["a", "a.exe", "a.", "../../x.sh", "a.png.tooLong0123456789", "", "a.p/g"]) {
    it(`makes a safe name of "${name}"`, () => {
      assert.match(create().pictures.add(pasted("cat", name)), PASTED_FILE);
    });
  }

  it("keeps a picture in memory that could not be written", async () => {
    const { pictures, folder } = create();
    folder.failure = new Error("disk full");
    const name = pictures.add(pasted("cat"));
    await pictures.drained();
    assert.equal(textOf(await pictures.read(name)), "cat");
  });

  it("says so when the file is gone", async () => {
    await assert.rejects(create().pictures.read("x.png"), { code: "image.missing" });
  });

  it("deletes, and takes a file that is not there", async () => {
    const { pictures, folder } = create();
    const name = pictures.add(pasted("cat"));
    pictures.delete([name, "nothing.png"]);
    await pictures.drained();
    assert.equal(folder.files.size, 0);
    await assert.rejects(pictures.read(name), { code: "image.missing" });
  });

  it("has a picture that was pasted again right after it was deleted", async () => {
    const { pictures, folder } = create();
    const name = pictures.add(pasted("cat"));
    await pictures.drained();
    pictures.delete([name]);
    assert.equal(pictures.add(pasted("cat")), name);
    await pictures.drained();
    assert.ok(folder.files.has(name));
    assert.equal(textOf(await pictures.read(name)), "cat");
  });
});

function create(): { pictures: PastedPictures; folder: MemoryFolder } {
  const folder = new MemoryFolder();
  return {
    folder,
    pictures: new PastedPictures({ folder, goneText: "It is gone.", log: silentLogger }),
  };
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
