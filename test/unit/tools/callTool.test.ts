import assert from "node:assert/strict";
import { AppError } from "../../../src/base/errors";
import { ToolCaller } from "../../../src/tools/callTool";
import { MAX_WAITING } from "../../../src/tools/limits";
import { type FakeModel, fakePorts, fakeRun, settled, untilAborted } from "../../helpers/toolPorts";

/** What a call with these arguments gives. */
async function call(name: string, value: unknown, model: FakeModel = {}) {
  return await new ToolCaller(fakePorts(model)).call(name, value, fakeRun());
}

async function refused(name: string, value: unknown, expected: RegExp): Promise<void> {
  const answer = await call(name, value);
  assert.ok(answer.isError, JSON.stringify(answer));
  assert.match(answer.text, expected);
}

describe("a call of a tool", () => {
  it("describes each picture, and says which could not be read", async () => {
    const images = ["a.png", "missing.png", "outside.png"];
    assert.deepEqual(await call("describe_image", { images }), {
      isError: false,
      answer: {
        model: "fake",
        results: [
          { image: "/root/a.png", text: "Text of /root/a.png" },
          {
            image: "missing.png",
            error: { code: "image.missing", message: "There is no file at missing.png." },
          },
          {
            image: "outside.png",
            error: { code: "path.outside", message: "outside.png is outside." },
          },
        ],
        remaining: [],
      },
    });
  });

  it("answers a question, with the turns before it", async () => {
    const prompts: unknown[] = [];
    const says: FakeModel["says"] = ({ prompt }) => {
      prompts.push(prompt);
      return Promise.resolve(" red ");
    };
    const earlier = [{ question: "what is it?", answer: "a car" }];
    const asked = { image: "a.png", question: "What color is it?", earlier };
    assert.deepEqual(await call("ask_image", asked, { says }), {
      isError: false,
      answer: { model: "fake", image: "/root/a.png", answer: "red", isCut: false },
    });
    assert.deepEqual(prompts, [{ kind: "chat", turns: earlier, question: "what color is it?" }]);
  });

  it("describes when a description is asked for as a question", async () => {
    const prompts: unknown[] = [];
    const says: FakeModel["says"] = ({ prompt }) => {
      prompts.push(prompt);
      return Promise.resolve("a car");
    };
    await call("ask_image", { image: "a.png", question: "Describe this image." }, { says });
    assert.deepEqual(prompts, [{ kind: "caption" }]);
  });

  it("compares texts, the best first", async () => {
    const answer = await call("score_image_text", { image: "a.png", texts: ["a", "b"] });
    assert.deepEqual(answer, {
      isError: false,
      answer: {
        model: "fake",
        image: "/root/a.png",
        scores: [
          { text: "b", match: 0.1, similarity: 0.5 },
          { text: "a", match: 0, similarity: 0.5 },
        ],
      },
    });
  });

  it("warns of a model that knows shapes only, and of a picture in one colour", async () => {
    const answer = await new ToolCaller({
      ...fakePorts(),
      models: {
        modelFor: async () => ({
          ...(await fakePorts().models.modelFor("describes")),
          world: "shapes",
        }),
      },
    }).call("ask_image", { image: "a.png", question: "what is it?" }, fakeRun());
    assert.match(JSON.stringify(answer), /coloured shapes only/);
  });

  it("refuses wrong input with a sentence that says what to change", async () => {
    const ask = (more: object): object => ({ image: "a.png", question: "what?", ...more });
    await refused(
      "ask_image",
      ask({ question: 5 }),
      /^option\.invalid: "question" .* text of 1 to 500/,
    );
    await refused("ask_image", ask({ question: "x".repeat(501) }), /1 to 500/);
    await refused("ask_image", ask({ question: "\u0007 \u202e" }), /1 to 500/);
    await refused("ask_image", { image: "a.png" }, /"question" is missing/);
    await refused("ask_image", ask({ colour: "red" }), /ask_image has no "colour"/);
    await refused("ask_image", ask({ image: "" }), /"image" .* path of 1 to 4096/);
    await refused("ask_image", ask({ image: "x".repeat(4097) }), /path of 1 to 4096/);
    for (const value of [undefined, null, "a.png", [], 7]) {
      await refused("ask_image", value, /must be an object|is missing/);
    }
    await refused("describe_image", { images: [] }, /list of 1 to 16/);
    await refused("describe_image", { images: Array(17).fill("a.png") }, /list of 1 to 16/);
    await refused("describe_image", { images: [{}] }, /"images\.0" .* a path/);
    await refused("describe_image", { images: ["a.png"], length: "epic" }, /"short" or "long"/);
    await refused("describe\u202e_image", {}, /request\.unknown: There is no tool describe _image/);
    const texts = Array(21).fill("a");
    await refused("score_image_text", { image: "a.png", texts }, /list of 1 to 20/);
    const earlier = [{ question: "a", answer: "b", more: 1 }];
    await refused("ask_image", ask({ earlier }), /has no "earlier\.0\.more"/);
    await refused("ask_image", JSON.parse('{"__proto__": {"image": "a"}}'), /__proto__|is missing/);
  });

  it("gives no control, escape or writing-direction characters on", async () => {
    const says: FakeModel["says"] = () => Promise.resolve("a \u001b[31mred\u202e car\n\u0000dog");
    const answer = await call("describe_image", { images: ["a\u202e\n.png"] }, { says });
    const text = JSON.stringify(answer);
    assert.doesNotMatch(text, /\\u001b|\\u0000|\\n|\u202e/);
    assert.match(text, /\[31mred car dog/);
  });

  it("answers with what it has when the time is over, and names what is left", async () => {
    const says: FakeModel["says"] = (request, run) =>
      request.imageName === "/root/b.png" ? untilAborted(run) : Promise.resolve("a dog");
    const ports = fakePorts({ says });
    const images = ["a.png", "b.png", "c.png"];
    const calling = new ToolCaller(ports).call("describe_image", { images }, fakeRun());
    await settled();
    ports.clock.advance(45_000);
    assert.deepEqual(await calling, {
      isError: false,
      answer: {
        model: "fake",
        results: [{ image: "/root/a.png", text: "A dog" }],
        remaining: ["b.png", "c.png"],
        warnings: ['There was no time for all. Call again with "remaining".'],
      },
    });
  });

  it("has nothing but what is left when the load takes longer", async () => {
    const ports = fakePorts({ open: untilAborted });
    const calling = new ToolCaller(ports).call("describe_image", { images: ["a.png"] }, fakeRun());
    await settled();
    ports.clock.advance(45_000);
    const answer = await calling;
    assert.ok(!answer.isError);
    assert.deepEqual((answer.answer as { remaining: unknown }).remaining, ["a.png"]);
  });

  it("gives a question 45 seconds after the load, and ten minutes in all", async () => {
    const asked = { image: "a.png", question: "what?" };
    for (const [model, limitMs] of [
      [{ says: (_: unknown, run: { signal: AbortSignal }) => untilAborted(run) }, 45_000],
      [{ open: untilAborted }, 600_000],
    ] as const) {
      const ports = fakePorts(model);
      const calling = new ToolCaller(ports).call("ask_image", asked, fakeRun());
      await settled();
      let isDone = false;
      void calling.then(() => (isDone = true));
      ports.clock.advance(limitMs - 1);
      await settled();
      assert.equal(isDone, false);
      ports.clock.advance(1);
      const answer = await calling;
      assert.ok(answer.isError);
      assert.match(answer.text, /^engine\.timeout: a\.png took too long/);
    }
  });

  it("keeps what it has when the engine dies on the way, and fails when it has nothing", async () => {
    const died = (): Promise<never> =>
      Promise.reject(new AppError("engine.exited", "The engine ended."));
    const says: FakeModel["says"] = ({ imageName }) =>
      imageName === "/root/a.png" ? Promise.resolve("a dog") : died();
    const partly = await call("describe_image", { images: ["a.png", "b.png"] }, { says });
    assert.match(
      JSON.stringify(partly),
      /"remaining":\["b\.png"\],"warnings":\["The engine ended\."\]/,
    );
    const wholly = await call("describe_image", { images: ["b.png"] }, { says });
    assert.deepEqual(wholly, { isError: true, text: "engine.exited: The engine ended." });
  });

  it("tells how far it is", async () => {
    const run = fakeRun();
    const open: FakeModel["open"] = ({ onLoad }) => {
      onLoad?.(0.5);
      return Promise.resolve();
    };
    const images = ["a.png", "b.png"];
    await new ToolCaller(fakePorts({ open })).call("describe_image", { images }, run);
    assert.deepEqual(
      run.told.map(({ done, message }) => `${done} ${message}`),
      [
        "0 Loading the model fake",
        "0 Loading the model fake, 50 %",
        "0 Looking at a.png",
        "1 Looking at b.png",
      ],
    );
  });
});

describe("many calls at once", () => {
  it("wait in a queue of sixteen; one that is cancelled leaves it", async () => {
    const ports = fakePorts({ says: (_, run) => untilAborted(run) });
    const caller = new ToolCaller(ports);
    const asked = { image: "a.png", question: "what?" };
    const runs = Array.from({ length: 1000 }, fakeRun);
    const calls = runs.map((run) => caller.call("ask_image", asked, run));
    const refusals = await Promise.all(calls.slice(MAX_WAITING + 1));
    for (const answer of refusals) {
      assert.ok(answer.isError);
      assert.match(answer.text, /^engine\.busy: 16 requests wait already/);
    }
    assert.equal(runs[3]!.told[0]?.message, "3 before this one");
    runs[5]!.controller.abort();
    await assert.rejects(calls[5]!, { code: "request.cancelled" });
    const late = caller.call("ask_image", asked, fakeRun());
    for (const { controller } of runs) controller.abort();
    await Promise.allSettled(calls);
    await settled();
    ports.clock.advance(45_000);
    const answer = await late;
    assert.ok(answer.isError);
    assert.match(answer.text, /engine\.timeout/);
  });
});
