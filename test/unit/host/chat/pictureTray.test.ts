import assert from "node:assert/strict";
import { AppError } from "../../../../src/base/errors";
import { ChatBench, fails, says, settled, TEXTS } from "../../../helpers/chatFakes";

describe("PictureTray", () => {
  it("selects what is added and nothing else", () => {
    const bench = new ChatBench();
    bench.session.addPictures([bench.file("a.png")]);
    bench.session.addPictures([bench.file("b.png"), bench.file("c.png")]);
    assert.deepEqual(bench.selected, ["b.png", "c.png"]);
    bench.session.addPictures([bench.file("a.png")]);
    assert.deepEqual(bench.selected, ["a.png"]);
    assert.equal(bench.session.view().pictures.length, 3);
  });

  it("shows small copies as soon as they are made", async () => {
    const bench = ChatBench.withPicture("cat.png");
    assert.equal(bench.session.view().pictures[0]?.thumbnail, undefined);
    await settled();
    const last = bench.take("picturesChanged").at(-1);
    assert.match(last?.pictures[0]?.thumbnail ?? "", /^data:image\/webp;base64,[\w+/=]+$/);
    assert.deepEqual([last?.pictures[0]?.width, last?.pictures[0]?.height], [7, 1]);
    assert.equal(bench.engine.thumbnails[0]?.maxSide, 192);
  });

  it("says at the picture why it is none, until its file is another", async () => {
    const bench = new ChatBench();
    bench.engine.makeThumbnail = () =>
      Promise.reject(new AppError("image.unreadable", "Not a picture."));
    bench.session.addPictures([bench.file("a.png")]);
    await settled();
    assert.equal(bench.session.view().pictures[0]?.problem, "Not a picture.");
    await bench.session.ask("what?");
    await settled();
    assert.equal(bench.session.view().pictures[0]?.problem, "Not a picture.");
    bench.engine.makeThumbnail = new ChatBench().engine.makeThumbnail;
    bench.session.addPictures([bench.file("a.png", "a picture now")]);
    await settled();
    const [picture] = bench.session.view().pictures;
    assert.equal(picture?.problem, undefined);
    assert.ok(picture?.thumbnail);
  });

  it("blames no picture for an engine that is not there, and tries once for each view", async () => {
    const bench = new ChatBench();
    bench.engine.makeThumbnail = () => Promise.reject(new AppError("engine.exited", "Gone."));
    bench.session.addPictures([bench.file("a.png"), bench.file("b.png")]);
    await settled();
    assert.ok(bench.session.view().pictures.every(({ problem }) => problem === undefined));
    assert.equal(bench.engine.thumbnails.length, 2);
    bench.session.viewed();
    await settled();
    assert.equal(bench.engine.thumbnails.length, 4);
  });

  it("shows a file that is gone, at its turn and in the tray, until it is back", async () => {
    const bench = ChatBench.withPicture("cat.png");
    await settled();
    bench.workspace.clear();
    await bench.session.ask("what?");
    const [failed] = bench.turns;
    assert.equal(failed?.notice?.actions[0]?.id, "image.missing");
    assert.equal(bench.session.view().pictures[0]?.problem, "There is no file:///w/cat.png.");
    bench.file("cat.png");
    await bench.session.retry(failed.id);
    assert.deepEqual(bench.states, ["done"]);
    assert.equal(bench.session.view().pictures[0]?.problem, undefined);
  });

  it("shows a file that changed as it looks now", async () => {
    const bench = ChatBench.withPicture("cat.png");
    await settled();
    bench.file("cat.png", "wider cat.png");
    await bench.session.ask("what?");
    await settled();
    assert.equal(bench.session.view().pictures[0]?.width, "wider cat.png".length);
    assert.equal(bench.engine.thumbnails.length, 2);
  });

  it("keeps a picture that was taken out for the turns about it", async () => {
    const bench = ChatBench.withPicture("cat.png");
    bench.engine.script = [fails("engine.exited"), says("a cat")];
    await bench.session.ask("what?");
    bench.session.removePicture(bench.session.view().pictures[0]!.id);
    assert.deepEqual(bench.session.view().pictures, []);
    await bench.session.retry(bench.turns[0]!.id);
    assert.equal(bench.turns[0]?.answer, "a cat");
    bench.session.addPictures([bench.file("cat.png")]);
    assert.equal(bench.session.view().pictures[0]?.id, bench.turns[0].pictureId);
  });

  it("selects another picture when the only selected one is taken out", () => {
    const bench = new ChatBench();
    bench.session.addPictures([bench.file("a.png"), bench.file("b.png")]);
    bench.session.addPictures([bench.file("c.png")]);
    bench.session.removePicture(bench.session.view().pictures[2]!.id);
    assert.deepEqual(bench.selected, ["b.png"]);
    bench.session.removePicture("nothing");
    assert.equal(bench.session.view().pictures.length, 2);
  });

  it("makes room for new pictures, and says when there is none", () => {
    const bench = new ChatBench();
    const files = Array.from({ length: 40 }, (_, n) => bench.file(`${n}.png`));
    bench.session.addPictures(files.slice(0, 32));
    assert.deepEqual(bench.take("noticeShown"), []);
    bench.session.addPictures([files[39]!]);
    assert.deepEqual(bench.take("noticeShown"), []);
    assert.equal(bench.session.view().pictures[0]?.name, "1.png");
    assert.deepEqual(bench.selected, ["39.png"]);
    bench.session.addPictures(files);
    assert.equal(bench.session.view().pictures.length, 32);
    assert.equal(bench.take("noticeShown")[0]?.notice.text, TEXTS.tooManyPictures);
  });

  it("keeps pasted pictures in files, and gives them up with the picture", async () => {
    const bench = new ChatBench();
    const picture = { name: "image.png", bytes: new Uint8Array([1, 2]) };
    bench.session.addPictures([picture]);
    await bench.session.ask("what?");
    assert.deepEqual(bench.engine.requests[0]?.image, picture.bytes);
    bench.session.addPictures([{ name: "image.png", bytes: new Uint8Array([3]) }]);
    await settled();
    assert.equal(bench.folder.files.size, 2);
    for (const { id } of bench.session.view().pictures) bench.session.removePicture(id);
    await settled();
    // The first is still needed for its turn.
    assert.equal(bench.folder.files.size, 1);
  });

  it("names the files of the workspace that were used last", () => {
    const bench = new ChatBench();
    bench.session.addPictures([bench.file("a.png"), bench.file("b.png")]);
    bench.session.addPictures([{ name: "image.png", bytes: new Uint8Array([1]) }]);
    assert.deepEqual(bench.session.recentUris(), ["file:///w/b.png", "file:///w/a.png"]);
  });
});
