import assert from "node:assert/strict";
import { ChatBench, hangs, says, settled } from "../../helpers/chatFakes";

describe("ChatSession: conversations", () => {
  it("is in the list from its first question on, under the question and the picture", async () => {
    const bench = ChatBench.withPicture("cat.png");
    assert.deepEqual(bench.session.view().history, []);
    await bench.session.ask("what  is\nthis?");
    await bench.session.ask("how many?");
    const [entry] = bench.session.view().history;
    assert.equal(entry?.title, "what is this? · cat.png");
    assert.equal(entry.isOpen, true);
  });

  it("has a title of bounded length", async () => {
    const bench = ChatBench.withPicture("cat.png");
    await bench.session.ask("why? ".repeat(500));
    assert.ok(bench.session.view().history[0]!.title.length < 80);
  });

  it("begins anew and goes back", async () => {
    const bench = ChatBench.withPicture("cat.png");
    await bench.session.ask("first?");
    const { conversationId } = bench.session.view();
    bench.messages.length = 0;
    bench.session.newConversation();
    const [message] = bench.take("chatReplaced");
    assert.deepEqual([message?.chat.turns, message?.chat.pictures], [[], []]);
    bench.session.addPictures([bench.file("dog.png")]);
    await bench.session.ask("second?");
    assert.deepEqual(
      bench.session.view().history.map(({ title, isOpen }) => [title, isOpen]),
      [
        ["second? · dog.png", true],
        ["first? · cat.png", false],
      ],
    );
    bench.session.openConversation(conversationId);
    assert.deepEqual(bench.questions, ["first?"]);
    bench.session.openConversation("nothing");
    assert.deepEqual(bench.questions, ["first?"]);
  });

  it("stops the answer of a conversation that is left, and keeps what was said", async () => {
    const bench = ChatBench.withPicture();
    bench.engine.script = [hangs("a black")];
    const asked = bench.session.ask("what?");
    await settled();
    const { conversationId } = bench.session.view();
    bench.session.newConversation();
    bench.messages.length = 0;
    await asked;
    assert.deepEqual(
      bench.messages.filter(({ type }) => type.startsWith("t")),
      [],
    );
    bench.session.openConversation(conversationId);
    assert.deepEqual(
      bench.turns.map(({ answer, state }) => [answer, state]),
      [["a black", "stopped"]],
    );
  });

  it("deletes one from the list, and the open one as well", async () => {
    const bench = ChatBench.withPicture();
    await bench.session.ask("first?");
    bench.session.newConversation();
    bench.session.addPictures([bench.file("dog.png")]);
    await bench.session.ask("second?");
    const [open, other] = bench.session.view().history;
    bench.session.deleteConversation(other!.id);
    assert.deepEqual(bench.questions, ["second?"]);
    bench.session.deleteConversation(open!.id);
    assert.deepEqual(bench.questions, []);
    assert.deepEqual(bench.session.view().history, []);
    assert.deepEqual(bench.take("historyChanged").at(-1)?.history, []);
    assert.deepEqual(bench.reopened().session.view().history, []);
  });

  it("is there again in the next window, with its pictures", async () => {
    const bench = ChatBench.withPicture("cat.png");
    bench.session.addPictures([{ name: "image.png", bytes: new Uint8Array([1, 2, 3]) }]);
    await bench.session.ask("what?");
    await settled();
    const next = bench.reopened();
    const view = next.session.view();
    assert.deepEqual(next.questions, ["what?"]);
    assert.deepEqual(
      view.pictures.map(({ name, isSelected, thumbnail }) => [name, isSelected, thumbnail]),
      [
        ["cat.png", false, undefined],
        ["image.png", true, undefined],
      ],
    );
    assert.equal(next.engine.thumbnails.length, 0);
    next.session.viewed();
    await settled();
    assert.ok(next.session.view().pictures.every(({ thumbnail }) => thumbnail !== undefined));
    await next.session.ask("and?");
    assert.deepEqual(next.engine.requests[0], {
      image: new Uint8Array([1, 2, 3]),
      imageName: "image.png",
      prompt: {
        kind: "chat",
        turns: [{ question: "what?", answer: "yes" }],
        question: "and?",
      },
    });
  });

  it("is there again although it has no question yet", () => {
    const next = ChatBench.withPicture("cat.png").reopened();
    assert.deepEqual(next.selected, ["cat.png"]);
    assert.deepEqual(next.session.view().history, []);
  });

  it("keeps an answer at once, and a question after a moment", async () => {
    const bench = ChatBench.withPicture();
    bench.engine.script = [hangs("a bl"), says("a cat")];
    const asked = bench.session.ask("what?");
    await settled();
    bench.clock.advance(1000);
    // A window that dies disposes of nothing.
    assert.deepEqual(
      new ChatBench(bench).turns.map(({ answer, state }) => [answer, state]),
      [["a bl", "stopped"]],
    );
    bench.session.stop();
    await asked;
    await bench.session.ask("what now?");
    assert.deepEqual(new ChatBench(bench).questions, ["what?", "what now?"]);
  });

  it("keeps what was said when the window closes in the middle of an answer", async () => {
    const bench = ChatBench.withPicture();
    bench.engine.script = [hangs("a bl")];
    const asked = bench.session.ask("what?");
    await settled();
    const next = bench.reopened();
    await asked;
    assert.deepEqual(
      next.turns.map(({ answer, state }) => [answer, state]),
      [["a bl", "stopped"]],
    );
    assert.equal(next.session.isAnswering, false);
  });

  it("stays as it is when a new one is wanted and this one is empty", () => {
    const bench = new ChatBench();
    const { conversationId } = bench.session.view();
    bench.session.newConversation();
    assert.equal(bench.session.view().conversationId, conversationId);
  });
});
