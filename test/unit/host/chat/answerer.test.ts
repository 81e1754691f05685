import assert from "node:assert/strict";
import { type Behaviour, ChatBench, fails, hangs, says, settled } from "../../../helpers/chatFakes";

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

  it("tells what is done for a turn that waits, each step once and none after the first word", async () => {
    const bench = ChatBench.withPicture();
    bench.engine.script = [
      (options) => {
        // The host and the engine both say that the picture is looked at.
        for (const stage of ["load", "look", "look", "write"] as const) {
          options.onStage?.({ stage });
        }
        options.onText?.("two");
        options.onStage?.({ stage: "write" });
        return Promise.resolve("two");
      },
    ];
    await bench.session.ask("how many?");
    assert.deepEqual(stepsOf(bench), ["load", "look", "write", undefined, undefined]);
  });

  it("tells for how long already, to whoever looks again", async () => {
    const bench = ChatBench.withPicture();
    bench.engine.script = [
      (options, params) => {
        options.onStage?.({ stage: "look" });
        return hangs()(options, params);
      },
    ];
    const asked = bench.session.ask("how many?");
    await settled();
    bench.clock.advance(4000);
    assert.deepEqual(bench.turns[0]?.step, { name: "look", elapsedMs: 4000 });
    bench.session.stop();
    await asked;
    assert.equal(bench.turns[0].step, undefined);
  });

  it("says how long a look took before, but not of one that was stopped", async () => {
    const bench = ChatBench.withPicture();
    const looksFor =
      (ms: number): Behaviour =>
      (options) => {
        options.onStage?.({ stage: "look" });
        bench.clock.advance(ms);
        options.onStage?.({ stage: "write" });
        return Promise.resolve("yes");
      };
    bench.engine.script = [looksFor(10_000), looksFor(12), looksFor(9000)];
    for (const question of ["one?", "two?", "three?"]) await bench.session.ask(question);
    const looks = bench.take("turnChanged").flatMap(({ turn }) => {
      return turn.step?.name === "look" ? [turn.step.expectedMs] : [];
    });
    assert.deepEqual(looks, [undefined, 10_000, 10_000]);
  });

  it("does not go back to the picture where a description takes several runs", async () => {
    const bench = ChatBench.withPicture();
    const run: Behaviour = (options) => {
      for (const stage of ["look", "write"] as const) options.onStage?.({ stage });
      return Promise.resolve("a black cat");
    };
    bench.engine.script = [run, run];
    await bench.session.describe("long");
    assert.equal(bench.engine.requests.length, 2);
    assert.deepEqual(stepsOf(bench), ["look", "write", undefined]);
  });

  it("begins with the load again when a device was lost", async () => {
    const bench = ChatBench.withPicture();
    bench.engine.script = [
      (options) => {
        for (const stage of ["look", "write", "load", "look"] as const) {
          options.onStage?.({ stage });
        }
        return Promise.resolve("yes");
      },
    ];
    await bench.session.ask("what?");
    assert.deepEqual(stepsOf(bench), ["look", "write", "load", "look", undefined]);
  });

  it("says nothing of connections and checks, which are no part of an answer", async () => {
    const bench = ChatBench.withPicture();
    bench.engine.script = [
      (options) => {
        options.onStage?.({ stage: "connect", host: "h" });
        options.onStage?.({ stage: "check" });
        return Promise.resolve("yes");
      },
    ];
    await bench.session.ask("what?");
    assert.deepEqual(stepsOf(bench), [undefined]);
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

/** The step in each state of a turn that was told. */
function stepsOf(bench: ChatBench): (string | undefined)[] {
  return bench.take("turnChanged").map(({ turn }) => turn.step?.name);
}
