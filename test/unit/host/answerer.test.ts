import assert from "node:assert/strict";
import { ChatBench, fails, hangs, says, settled } from "../../helpers/chatFakes";

describe("Answerer", () => {
  it("stops the running turn with what was said, and those that wait", async () => {
    const bench = new ChatBench();
    bench.session.addPictures([bench.file("a.png"), bench.file("b.png")]);
    bench.engine.script = [hangs("a black", " cat")];
    const asked = bench.session.ask("what?");
    await settled();
    bench.session.stop();
    assert.deepEqual(bench.states, ["stopped", "stopped"]);
    assert.equal(bench.session.isAnswering, false);
    await asked;
    assert.deepEqual(
      bench.turns.map(({ answer }) => answer),
      ["a black cat", ""],
    );
    assert.equal(bench.engine.requests.length, 1);
  });

  it("tells nothing of an answer that comes after the stop", async () => {
    const bench = ChatBench.withPicture();
    let finish: (text: string) => void = () => undefined;
    bench.engine.script = [() => new Promise((resolve) => (finish = resolve))];
    const asked = bench.session.ask("what?");
    await settled();
    bench.session.stop();
    bench.messages.length = 0;
    finish("too late");
    await asked;
    assert.deepEqual(bench.states, ["stopped"]);
    assert.deepEqual(
      bench.messages.filter(({ type }) => type !== "picturesChanged"),
      [],
    );
  });

  it("begins an answer anew when its device was lost on the way", async () => {
    const bench = ChatBench.withPicture();
    bench.engine.script = [
      (options) => {
        options.onText?.("a bl");
        options.onRestarted?.();
        for (const piece of [" a black", " cat"]) options.onText?.(piece);
        return Promise.resolve("a black cat");
      },
    ];
    await bench.session.ask("what?");
    const shown = bench.messages.flatMap((message) => {
      if (message.type === "textEmitted") return [`+${message.text}`];
      return message.type === "turnChanged" ? [`${message.turn.state} ${message.turn.answer}`] : [];
    });
    assert.deepEqual(shown, [
      "streaming a bl",
      "waiting ",
      "streaming a black",
      "+ cat",
      "done a black cat",
    ]);
  });

  it("does nothing when there is nothing to stop", async () => {
    const bench = ChatBench.withPicture();
    await bench.session.ask("what?");
    bench.messages.length = 0;
    bench.session.stop();
    assert.deepEqual(bench.messages, []);
    assert.deepEqual(bench.states, ["done"]);
  });

  it("answers the next question after a stop", async () => {
    const bench = ChatBench.withPicture();
    bench.engine.script = [hangs("a"), says("no")];
    const first = bench.session.ask("first?");
    await settled();
    bench.session.stop();
    await Promise.all([first, bench.session.ask("second?")]);
    assert.deepEqual(bench.states, ["stopped", "done"]);
    assert.equal(bench.turns[1]?.answer, "no");
  });

  it("asks a stopped turn again in its place while the old answer is still ending", async () => {
    const bench = ChatBench.withPicture();
    bench.engine.script = [hangs("a"), says("two")];
    const first = bench.session.ask("how many?");
    await settled();
    bench.session.stop();
    const again = bench.session.retry(bench.turns[0]!.id);
    assert.deepEqual(bench.turns[0]?.state, "waiting");
    assert.equal(bench.turns[0].answer, "");
    await Promise.all([first, again]);
    assert.deepEqual(
      bench.turns.map(({ answer, state }) => [answer, state]),
      [["two", "done"]],
    );
  });

  it("shows a crash at its turn, and Retry works", async () => {
    const bench = ChatBench.withPicture();
    bench.engine.script = [fails("engine.exited", "a bl"), says("a cat")];
    await bench.session.ask("what?");
    const [failed] = bench.turns;
    assert.equal(failed?.state, "failed");
    assert.equal(failed.answer, "a bl");
    assert.deepEqual(failed.notice, {
      text: "It was engine.exited.",
      actions: [{ id: "engine.exited", label: "Help" }],
    });
    await bench.session.retry(failed.id);
    const [turn] = bench.turns;
    assert.equal(turn?.answer, "a cat");
    assert.equal(turn.notice, undefined);
  });

  it("goes on with the next picture when one fails", async () => {
    const bench = new ChatBench();
    bench.session.addPictures([bench.file("a.png"), bench.file("b.png")]);
    bench.engine.script = [fails("engine.exited")];
    await bench.session.ask("what?");
    assert.deepEqual(bench.states, ["failed", "done"]);
  });

  it("takes a cancel from elsewhere for a stop", async () => {
    const bench = ChatBench.withPicture();
    bench.engine.script = [fails("request.cancelled", "a bl")];
    await bench.session.ask("what?");
    assert.deepEqual(
      bench.turns.map(({ state, answer }) => [state, answer]),
      [["stopped", "a bl"]],
    );
  });

  it("turns a bug into a failed turn", async () => {
    const bench = ChatBench.withPicture();
    bench.engine.script = [() => Promise.reject(new TypeError("undefined is no function"))];
    await bench.session.ask("what?");
    assert.equal(bench.turns[0]?.notice?.actions[0]?.id, "internal");
  });

  it("does not ask again what is being answered, nor what there is not", async () => {
    const bench = ChatBench.withPicture();
    bench.engine.script = [hangs()];
    const asked = bench.session.ask("what?");
    await settled();
    await bench.session.retry(bench.turns[0]!.id);
    await bench.session.retry("nothing");
    bench.session.stop();
    await asked;
    assert.equal(bench.engine.requests.length, 1);
  });

  it("sends only what came before a turn that is asked again", async () => {
    const bench = ChatBench.withPicture();
    for (const question of ["first?", "second?", "third?"]) await bench.session.ask(question);
    await bench.session.retry(bench.turns[1]!.id);
    const prompt = bench.engine.requests.at(-1)?.prompt;
    assert.deepEqual(prompt, {
      kind: "chat",
      turns: [{ question: "first?", answer: "yes" }],
      question: "second?",
    });
  });
});
