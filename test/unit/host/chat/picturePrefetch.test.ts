import assert from "node:assert/strict";
import { AppError } from "../../../../src/base/errors";
import { ChatBench, fails, hangs, pasted, settled } from "../../../helpers/chatFakes";

function ahead(): ChatBench {
  const bench = new ChatBench();
  bench.isPreparingAhead = true;
  return bench;
}

describe("looking at pictures ahead", () => {
  it("takes the newest selected picture, and each only once", async () => {
    const bench = ahead();
    bench.session.addPictures([bench.file("a.png"), bench.file("b.png")]);
    await settled();
    bench.session.addPictures([bench.file("b.png")]);
    await settled();
    assert.deepEqual(bench.engine.prepared, ["b.png"]);
    bench.session.addPictures([pasted("c")]);
    await settled();
    assert.deepEqual(bench.engine.prepared, ["b.png", "image.png"]);
  });

  it("is off where it is not wanted, and never begins by itself", async () => {
    const bench = ChatBench.withPicture();
    await settled();
    assert.deepEqual(bench.engine.prepared, []);
    bench.isPreparingAhead = true;
    const next = bench.reopened();
    next.isPreparingAhead = true;
    next.session.viewed();
    next.session.view();
    await settled();
    assert.deepEqual(next.selected, ["cat.png"]);
    assert.deepEqual(next.engine.prepared, []);
  });

  it("drops a picture that is deselected, and takes the one that is selected then", async () => {
    const bench = ahead();
    const dropped: string[] = [];
    bench.engine.prepareOne = ({ imageName }, options) =>
      new Promise((_resolve, reject) => {
        options?.signal?.addEventListener("abort", () => {
          dropped.push(imageName ?? "");
          reject(new AppError("request.cancelled", "Dropped."));
        });
      });
    bench.session.addPictures([bench.file("a.png"), bench.file("b.png")]);
    await settled();
    const [, second] = bench.session.view().pictures;
    bench.session.selectPicture(second!.id, { isSelected: false });
    await settled();
    assert.deepEqual(bench.engine.prepared, ["b.png", "a.png"]);
    assert.deepEqual(dropped, ["b.png"]);
    bench.session.newConversation();
    await settled();
    assert.deepEqual(dropped, ["b.png", "a.png"]);
  });

  it("waits while a question is answered, and then takes what came meanwhile", async () => {
    const bench = ahead();
    bench.session.addPictures([bench.file("a.png")]);
    await settled();
    bench.engine.script = [hangs("yes")];
    const asked = bench.session.ask("what?");
    await settled();
    bench.session.addPictures([bench.file("b.png")]);
    await settled();
    assert.deepEqual(bench.engine.prepared, ["a.png"]);
    bench.session.stop();
    await asked;
    await settled();
    assert.deepEqual(bench.engine.prepared, ["a.png", "b.png"]);
  });

  it("leaves a picture alone that was asked about", async () => {
    const bench = ahead();
    bench.engine.status = { kind: "failed", model: "big" };
    bench.session.addPictures([bench.file("a.png")]);
    bench.engine.status = { kind: "ready", model: "big" };
    await bench.session.ask("what?");
    await settled();
    assert.deepEqual(bench.engine.prepared, []);
  });

  it("tells nobody of a failure, and rests until a question was answered", async () => {
    const bench = ahead();
    bench.engine.prepareOne = () => Promise.reject(new AppError("model.corrupt", "Damaged."));
    bench.session.addPictures([bench.file("a.png")]);
    await settled();
    bench.session.addPictures([bench.file("b.png")]);
    await settled();
    assert.deepEqual(bench.engine.prepared, ["a.png"]);
    assert.deepEqual(bench.take("noticeShown"), []);
    assert.ok(bench.session.view().pictures.every(({ problem }) => problem === undefined));
    bench.engine.script = [fails("model.corrupt")];
    await bench.session.ask("what?");
    bench.session.addPictures([bench.file("c.png")]);
    await settled();
    assert.deepEqual(bench.engine.prepared, ["a.png"]);
    await bench.session.ask("what?");
    bench.session.addPictures([bench.file("d.png")]);
    await settled();
    assert.deepEqual(bench.engine.prepared, ["a.png", "d.png"]);
  });

  it("starts nothing while the engine has failed or is not there", async () => {
    const bench = ahead();
    for (const kind of ["failed", "unsupported"] as const) {
      bench.engine.status = { kind, model: "big" };
      bench.session.addPictures([bench.file(`${kind}.png`)]);
      await settled();
    }
    assert.deepEqual(bench.engine.prepared, []);
  });
});
