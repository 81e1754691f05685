import assert from "node:assert/strict";
import type { GenerateRequest } from "../../../../src/model/ask/request";
import { readToChat } from "../../../../src/protocol/views/chatMessages";
import { ChatBench, fails, says, settled, TEXTS } from "../../../helpers/chatFakes";

describe("ChatSession: asking", () => {
  it("streams an answer and ends with the trimmed text of the reply", async () => {
    const bench = ChatBench.withPicture();
    bench.engine.script = [says(" ", "two", " dogs", "\n")];
    const asked = bench.session.ask("how many dogs?");
    assert.equal(bench.turns[0]?.state, "waiting");
    assert.equal(bench.session.isAnswering, true);
    await asked;
    const news = bench.messages.flatMap((message) => {
      if (message.type === "turnAdded" || message.type === "turnChanged") {
        return `${message.turn.state}:${message.turn.answer}`;
      }
      return message.type === "textEmitted" ? `+${message.text}` : [];
    });
    assert.deepEqual(news, ["waiting:", "streaming:two", "+ dogs", "+\n", "done:two dogs"]);
    assert.equal(bench.session.isAnswering, false);
  });

  it("sends the picture as it is now, its name and the question", async () => {
    const bench = ChatBench.withPicture();
    bench.file("cat.png", "another cat");
    await bench.session.ask(" How many? ");
    const [request] = bench.engine.requests;
    assert.deepEqual(request, {
      image: new TextEncoder().encode("another cat"),
      imageName: "cat.png",
      prompt: { kind: "chat", turns: [], question: "how many?" },
    });
    assert.equal(bench.turns[0]?.question, "How many?");
  });

  it("says how long an answer took, from asking to the last word", async () => {
    const bench = ChatBench.withPicture();
    bench.engine.script = [
      () => {
        bench.clock.advance(1234);
        return Promise.resolve("yes");
      },
    ];
    await bench.session.ask("is it?");
    assert.equal(bench.turns[0]?.durationMs, 1234);
  });

  it("asks about every selected picture, one after the other, in the order of the tray", async () => {
    const bench = new ChatBench();
    bench.session.addPictures([bench.file("a.png"), bench.file("b.png"), bench.file("c.png")]);
    const [, second] = bench.session.view().pictures;
    bench.session.selectPicture(second!.id, { isSelected: false });
    let nRunning = 0;
    const slowly = async (): Promise<string> => {
      assert.equal(++nRunning, 1);
      await settled();
      nRunning--;
      return "yes";
    };
    bench.engine.script = [slowly, slowly];
    await bench.session.ask("is it?");
    assert.deepEqual(
      bench.turns.map(({ pictureName, state }) => [pictureName, state]),
      [
        ["a.png", "done"],
        ["c.png", "done"],
      ],
    );
    assert.deepEqual(namesOf(bench.engine.requests), ["a.png", "c.png"]);
  });

  it("answers a question that was asked meanwhile after those before", async () => {
    const bench = ChatBench.withPicture();
    const first = bench.session.ask("first?");
    await bench.session.ask("second?");
    await first;
    assert.deepEqual(questionsOf(bench.engine.requests), ["first?", "second?"]);
  });

  it("answers a question that is asked in the very moment the last one ends", async () => {
    const bench = ChatBench.withPicture();
    let again: Promise<void> | undefined;
    bench.session.onMessage((message) => {
      if (message.type !== "turnChanged" || message.turn.state !== "done") return;
      again ??= Promise.resolve().then(() => bench.session.ask("second?"));
    });
    await bench.session.ask("first?");
    await again;
    assert.deepEqual(bench.states, ["done", "done"]);
  });

  it("sends earlier answers about the same picture, and no others", async () => {
    const bench = ChatBench.withPicture("cat.png");
    bench.engine.script = [says("a cat"), fails("device.failed"), says("black"), says("a dog")];
    await bench.session.ask("what is this?");
    await bench.session.ask("what failed?");
    await bench.session.ask("what color is it?");
    bench.session.addPictures([bench.file("dog.png")]);
    await bench.session.ask("what is this?");
    const turns = bench.engine.requests.map(({ prompt }) =>
      prompt.kind === "chat" ? prompt.turns : [],
    );
    assert.deepEqual(turns, [[], [turn("a cat")], [turn("a cat")], []]);

    function turn(answer: string): { question: string; answer: string } {
      return { question: "what is this?", answer };
    }
  });

  it("forgets answers about a file that has other bytes now", async () => {
    const bench = ChatBench.withPicture("cat.png");
    await bench.session.ask("what is this?");
    bench.file("cat.png", "a dog now");
    await bench.session.ask("what is it?");
    assert.deepEqual(bench.engine.requests[1]?.prompt, {
      kind: "chat",
      turns: [],
      question: "what is it?",
    });
  });

  it("asks nobody without words or without a picture, and says what is missing", async () => {
    const bench = new ChatBench();
    await bench.session.ask("what is this?");
    assert.equal(bench.take("noticeShown")[0]?.notice.text, TEXTS.noPicture);
    bench.session.addPictures([bench.file("a.png")]);
    await bench.session.ask("   ");
    bench.session.selectPicture(bench.session.view().pictures[0]!.id, { isSelected: false });
    await bench.session.describe("short");
    assert.equal(bench.take("noticeShown")[0]?.notice.text, TEXTS.noPicture);
    assert.deepEqual([bench.engine.requests.length, bench.turns.length], [0, 0]);
  });

  it("says so when the model says nothing", async () => {
    const bench = ChatBench.withPicture();
    bench.engine.script = [says("\n")];
    await bench.session.ask("what?");
    const [turn] = bench.turns;
    assert.equal(turn?.state, "failed");
    assert.equal(turn.notice?.text, TEXTS.noAnswer);
  });
});

describe("ChatSession: descriptions", () => {
  it("asks for a description and cleans it", async () => {
    const bench = ChatBench.withPicture();
    bench.engine.script = [says("a photo of two dogs\n")];
    await bench.session.describe("short");
    const [turn] = bench.turns;
    assert.equal(turn?.kind, "description");
    assert.equal(turn.question, TEXTS.describe);
    assert.equal(turn.answer, "Two dogs");
    assert.equal(bench.engine.requests[0]?.prompt.kind, "caption");
  });

  it("describes where the question is the one that was suggested for it", async () => {
    const bench = ChatBench.withPicture();
    await bench.session.ask(TEXTS.describe);
    await bench.session.ask(TEXTS.describeInDetail);
    assert.deepEqual(
      bench.turns.map(({ kind }) => kind),
      ["description", "description"],
    );
    assert.ok(bench.engine.requests.every(({ prompt }) => prompt.kind === "caption"));
  });

  it("are no earlier answers to a question", async () => {
    const bench = ChatBench.withPicture();
    await bench.session.describe("short");
    await bench.session.ask("what?");
    const prompt = bench.engine.requests.at(-1)?.prompt;
    assert.deepEqual(prompt, { kind: "chat", turns: [], question: "what?" });
  });

  it("can be asked for again at the same length", async () => {
    const bench = ChatBench.withPicture();
    bench.engine.script = [fails("engine.exited"), says("a dog")];
    await bench.session.describe("short");
    await bench.session.retry(bench.turns[0]!.id);
    assert.equal(bench.turns[0]?.answer, "A dog");
  });
});

describe("ChatSession: suggestions and messages", () => {
  it("suggests nothing without a picture, then a description and questions", async () => {
    const bench = new ChatBench();
    assert.deepEqual(bench.session.view().suggestions, []);
    bench.session.addPictures([bench.file("a.png")]);
    const [first] = bench.take("suggestionsChanged");
    assert.equal(first?.suggestions[0], TEXTS.describe);
    assert.equal(first.suggestions.length, 4);
    await bench.session.describe("short");
    assert.equal(bench.session.view().suggestions[0], TEXTS.describeInDetail);
  });

  it("suggests questions about what was answered", async () => {
    const bench = ChatBench.withPicture();
    bench.engine.script = [says("a red car")];
    await bench.session.ask("what is this?");
    const last = bench.take("suggestionsChanged").at(-1);
    assert.equal(last?.suggestions[0], "Where is the red car?");
  });

  it("suggests what the bundled model knows", () => {
    const bench = new ChatBench();
    bench.engine.status = { kind: "ready", model: "demo", device: "cpu" };
    bench.session.addPictures([bench.file("a.png")]);
    assert.ok(bench.session.view().suggestions.includes("How many shapes are there?"));
  });

  it("sends only messages that the page understands", async () => {
    const bench = new ChatBench();
    const seen = new Set<string>();
    bench.session.onMessage((message) => {
      seen.add(message.type);
      assert.deepEqual(readToChat(JSON.parse(JSON.stringify(message))), message);
    });
    await bench.session.ask("nothing?");
    bench.session.addPictures([bench.file("a.png")]);
    bench.engine.script = [says("a", " cat"), fails("engine.exited", "x")];
    await bench.session.ask("what?");
    await bench.session.ask("and?");
    bench.session.newConversation();
    assert.deepEqual([...seen].sort(), [
      ...["chatReplaced", "historyChanged", "noticeShown", "picturesChanged"],
      ...["suggestionsChanged", "textEmitted", "turnAdded", "turnChanged"],
    ]);
  });

  it("tells nothing to a listener that left", async () => {
    const bench = ChatBench.withPicture();
    bench.session.onMessage(() => assert.fail("told"))();
    await bench.session.ask("what?");
  });
});

function namesOf(requests: readonly GenerateRequest[]): (string | undefined)[] {
  return requests.map(({ imageName }) => imageName);
}

function questionsOf(requests: readonly GenerateRequest[]): string[] {
  return requests.flatMap(({ prompt }) => (prompt.kind === "chat" ? prompt.question : []));
}
