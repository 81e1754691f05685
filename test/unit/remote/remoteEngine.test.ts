import assert from "node:assert/strict";
import { silentLogger } from "../../../src/base/logger";
import type { GenerationOptions } from "../../../src/model/ask/generationOptions";
import { readEndpoints, type RemoteEndpoint } from "../../../src/model/ask/remoteEndpoint";
import { RemoteEngine } from "../../../src/remote/remoteEngine";
import {
  type AnswerChat,
  answerRecorded,
  answerStreamed,
  answerWhole,
  type ChatServer,
  type ChatServerOptions,
  recording,
  startChatServer,
} from "../../helpers/chatServer";
import { hurriedClock } from "../../helpers/hurriedClock";
import { until } from "../../helpers/waiting";
import { kitPicture } from "../../helpers/kitCases";

describe("a server in the place of the engine", () => {
  const servers: ChatServer[] = [];
  let image: Uint8Array;

  before(() => {
    image = kitPicture("opt", "wide.png");
  });
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.close()));
  });

  const start = async (
    answer: AnswerChat,
    more: Partial<RemoteEndpoint> = {},
    {
      token,
      server: options,
    }: { readonly token?: string; readonly server?: ChatServerOptions } = {},
  ): Promise<{
    readonly server: ChatServer;
    readonly engine: RemoteEngine;
    warnings: string[];
  }> => {
    const server = await startChatServer(answer, options);
    servers.push(server);
    const given = { name: "gpu", url: server.url, dialect: "transformers", model: "blip2-tiny" };
    const [read] = readEndpoints([{ ...given, family: "opt" }], "remote.json");
    const warnings: string[] = [];
    const engine = new RemoteEngine({
      endpoint: { ...read!, ...more },
      ...{ clock: hurriedClock, token, random: () => 0 },
      logger: { ...silentLogger, warn: (text) => void warnings.push(text) },
    });
    return { server, engine, warnings };
  };
  const question = { kind: "question", question: "what colour is the circle?" } as const;
  const ask = (engine: RemoteEngine, options: Partial<GenerationOptions> = {}) =>
    engine.generate({ image, imageName: "wide.png", prompt: question, options });

  /** What the recorded server said, as a terminal may show it. */
  const recorded = (file: string, name: string): string => {
    const { response } = recording(file).records.find((each) => each.name === name)!;
    const texts = (response.pieces ?? []).join("").matchAll(/"content":"((?:[^"\\]|\\.)*)"/g);
    const streamed = [...texts].map(([, text]) => JSON.parse(`"${text ?? ""}"`) as string).join("");
    const { choices } = (response.body ?? {}) as {
      choices?: { message: { content: string } }[];
    };
    const text = choices?.[0]?.message.content ?? streamed;
    return text.replace(/[\p{Cc}\p{Cf}\s]+/gu, " ").trim();
  };

  it("answers as transformers serve was recorded: greedy and with beams", async () => {
    const { engine, server } = await start(answerRecorded("transformers-opt"));
    const greedy = await ask(engine, { maxNewTokens: 12 });
    assert.equal(greedy.sequences[0]?.text, recorded("transformers-opt", "stream"));
    assert.ok(greedy.sequences[0].text.length > 0);
    const beams = await ask(engine, { numBeams: 5, maxNewTokens: 10 });
    assert.equal(beams.sequences[0]?.text, recorded("transformers-opt", "five beams"));
    const short = await ask(engine, { numBeams: 5, maxNewTokens: 10, lengthPenalty: -1 });
    const name = "five beams, length penalty -1";
    assert.equal(short.sequences[0]?.text, recorded("transformers-opt", name));
    assert.equal(short.sequences[0].finishReason, "eos");
    assert.deepEqual(
      server.asked.map(({ body }) => body.stream),
      [true, undefined, undefined],
    );
  });

  const connect = (engine: RemoteEngine): Promise<void> =>
    engine.connect(new AbortController().signal);

  it("is asked for its models first, and a question only where its list lacks ours", async () => {
    const red: AnswerChat = (_, response) => {
      answerStreamed(response, "red");
    };
    const listed = await start(red);
    await connect(listed.engine);
    assert.deepEqual(listed.server.asked, []);
    for (const models of [[], undefined]) {
      const { engine, server } = await start(red, {}, { server: { models } });
      await connect(engine);
      const [asked] = server.asked;
      assert.deepEqual([asked?.words, asked?.body.max_tokens], ["a photo of", 1]);
      assert.equal(asked?.picture.readUInt32BE(16), 224);
    }
  });

  it("says which models it has where it does not know ours", async () => {
    const { engine } = await start(answerRecorded("transformers-opt"), { model: "other" });
    const refuse: AnswerChat = (_, response) =>
      void response.writeHead(400).end('{"detail":"Server is pinned to \'blip2-tiny\'"}');
    await assert.rejects(connect(engine), { code: "remote.failed" });
    const pinned = await start(refuse, { model: "other" });
    await assert.rejects(connect(pinned.engine), {
      code: "model.missing",
      message: /does not know the model "other"\. It has "blip2-tiny", "tiny"\. Correct "model"/,
    });
    const silent = await start(refuse, { model: "other" }, { server: { models: [] } });
    await assert.rejects(connect(silent.engine), {
      code: "model.missing",
      message: /It answered with 400: .*pinned to 'blip2-tiny'/,
    });
    const vllm = await start(() => undefined, { model: "other", dialect: "vllm" });
    await assert.rejects(connect(vllm.engine), { code: "model.missing" });
    assert.deepEqual(vllm.server.asked, [], "vLLM's list is whole");
  });

  it("finds out that vLLM puts words around ours", async () => {
    const framed =
      (text: string): AnswerChat =>
      (_, response) => {
        const choices = [{ finish_reason: "length", message: { content: "a" } }];
        response.end(JSON.stringify({ choices, prompt_token_ids: [2, 1], prompt_text: text }));
      };
    const good = await start(framed("a photo of"), { dialect: "vllm" });
    await connect(good.engine);
    const bad = await start(framed("Question: a photo of Answer:"), { dialect: "vllm" });
    await assert.rejects(connect(bad.engine), {
      code: "model.unsupported",
      message: /reads "Question: a photo of Answer:"/,
    });
  });

  it("is denied with another token before any picture is sent", async () => {
    const { engine, server } = await start(
      () => undefined,
      {},
      {
        ...{ token: "wrong", server: { token: "right" } },
      },
    );
    await assert.rejects(connect(engine), { code: "remote.denied" });
    assert.deepEqual(server.asked, []);
  });

  it("streams with T5, which has no beams there", async () => {
    const { engine, warnings } = await start(answerRecorded("transformers-t5"), { family: "t5" });
    const words = { kind: "raw", text: "Question: what colour is the circle? Answer:" } as const;
    const request = { image, prompt: words, options: { maxNewTokens: 12, numBeams: 5 } };
    for (let nth = 0; nth < 2; nth++) {
      const { sequences } = await engine.generate(request);
      assert.equal(sequences[0]?.text, recorded("transformers-t5", "stream"));
    }
    assert.deepEqual(warnings, ["This server writes T5's texts without beams."]);
  });

  it("is sent the picture as the model sees it, and nothing else of it", async () => {
    const { engine, server } = await start((_, response) => {
      answerStreamed(response, "red");
    });
    assert.equal((await ask(engine)).sequences[0]?.text, "red");
    const [asked] = server.asked;
    const { picture, body } = asked!;
    assert.equal(picture.toString("latin1", 1, 4), "PNG");
    assert.deepEqual([picture.readUInt32BE(16), picture.readUInt32BE(20)], [224, 224]);
    assert.doesNotMatch(picture.toString("latin1"), /eXIf|tEXt|iTXt|iCCP/);
    assert.doesNotMatch(JSON.stringify({ ...body, messages: [] }), /wide/);
  });

  it("speaks vLLM's dialect, in which beams and T5 are missing", async () => {
    const answer: AnswerChat = (_, response) => {
      answerStreamed(response, "red");
    };
    const { engine, server, warnings } = await start(answer, { dialect: "vllm" });
    await ask(engine, { numBeams: 5, minNewTokens: 2 });
    const { messages, ...fields } = server.asked[0]!.body;
    assert.equal(messages?.length, 1);
    assert.deepEqual(fields, {
      ...{ model: "blip2-tiny", stream: true, temperature: 0, max_tokens: 30, min_tokens: 2 },
      ...{ stop: ["\n"], add_special_tokens: true, add_generation_prompt: false },
    });
    assert.deepEqual(warnings, ["vLLM writes these texts without beams."]);
  });

  it("loses nothing when the server is overloaded, and sends again what was refused", async () => {
    let nRunning = 0;
    let nRefused = 0;
    const { engine } = await start(
      async (_, response) => {
        if (nRunning >= 1) {
          nRefused++;
          response.writeHead(503).end("Request dropped due to backpressure.");
          return;
        }
        nRunning++;
        // The first is on its way until a second was sent, as many as go together before anything is known.
        await until(() => nRefused > 0, "for a request too many");
        nRunning--;
        answerStreamed(response, "red");
      },
      { maxParallel: 8 },
    );
    const results = await Promise.all(Array.from({ length: 60 }, () => ask(engine)));
    assert.ok(results.every(({ sequences }) => sequences[0]?.text === "red"));
    assert.ok(nRefused > 0 && nRefused < 60, `${nRefused} refused`);
  });

  it("asks again after a lost connection and a cut stream, and once after a fault", async () => {
    const ways: AnswerChat[] = [
      (_, response) => void response.destroy(),
      (_, response) => void response.end('data: {"choices":[{"delta":{"content":"r"}}]}\n\n'),
      (_, response) => void response.writeHead(500).end("Internal Server Error"),
      (_, response) => {
        answerStreamed(response, "red");
      },
    ];
    const { engine, server } = await start(async (asked, response) => {
      await ways[server.asked.length - 1]?.(asked, response);
    });
    await assert.rejects(ask(engine), { code: "image.unreadable" });
    const { sequences } = await ask(engine);
    assert.equal(sequences[0]?.text, "red");
    assert.equal(server.asked.length, 4);
  });

  it("takes a fault for the picture's own, until five fail in a row", async () => {
    const { engine } = await start((_, response) => void response.writeHead(500).end("no"));
    for (let nth = 0; nth < 4; nth++) {
      await assert.rejects(ask(engine), { code: "image.unreadable", message: /^wide\.png: / });
    }
    await assert.rejects(ask(engine), { code: "remote.failed" });
  });

  it("takes an error inside a stream for a fault", async () => {
    const { engine, server } = await start((_, response) => {
      response.end('data: {"error": "beams cannot be streamed"}\n\n');
    });
    await assert.rejects(ask(engine), { code: "image.unreadable" });
    assert.equal(server.asked.length, 2);
  });

  it("gives up at once where the server refuses, and never says the token", async () => {
    for (const [status, code] of [
      [401, "remote.denied"],
      [400, "remote.failed"],
      [413, "remote.failed"],
      [404, "remote.failed"],
    ] as const) {
      const { engine, server } = await start(
        ({ authorization }, response) => void response.writeHead(status).end(authorization),
        {},
        { token: "s3cret" },
      );
      const failure = await ask(engine).catch((thrown: unknown) => thrown as Error);
      assert.equal((failure as { code?: unknown }).code, code);
      assert.equal(server.asked.length, 1);
      assert.equal(server.asked[0]?.authorization, "Bearer s3cret");
      assert.doesNotMatch((failure as Error).message, /s3cret/);
      assert.equal(/Correct its "url"/.test((failure as Error).message), status === 404);
    }
  });

  it("follows no redirect, to wherever", async () => {
    const other = await start((_, response) => {
      answerStreamed(response, "red");
    });
    for (const location of [other.server.url, "/elsewhere"]) {
      const { engine, server } = await start(
        (_, response) => void response.writeHead(307, { location }).end(),
      );
      await assert.rejects(ask(engine), { code: "remote.failed", message: /not followed/ });
      assert.equal(server.asked.length, 1);
    }
    assert.deepEqual(other.server.asked, []);
  });

  it("bounds what it reads, and cleans it", async () => {
    const long = await start((_, response) => void response.end("x".repeat(2 ** 21)));
    await assert.rejects(ask(long.engine, { numBeams: 2 }), { code: "remote.failed" });
    const noJson = await start((_, response) => void response.end("<html>"));
    await assert.rejects(ask(noJson.engine, { numBeams: 2 }), { code: "remote.failed" });
    const evil = await start((_, response) => {
      answerWhole(response, "\u001b[31mred\u202e\u0000 car\n");
    });
    const { sequences } = await ask(evil.engine, { numBeams: 2 });
    assert.equal(sequences[0]?.text, "[31mred car");
  });

  it("ends with the caller, and closes the stream", async () => {
    const controller = new AbortController();
    let isClosed = false;
    const { engine } = await start((_, response) => {
      response.on("close", () => (isClosed = true));
      response.write('data: {"choices":[{"delta":{"content":"r"}}]}\n\n');
      setTimeout(() => {
        controller.abort();
      }, 5);
    });
    const { signal } = controller;
    const asked = engine.generate({ image, prompt: question }, { signal });
    await assert.rejects(asked, { code: "request.cancelled" });
    await until(() => isClosed, "for the stream to be closed");
  });

  it("gives up a server that says nothing", async () => {
    const { engine } = await start(() => undefined, { timeoutSeconds: 1 });
    await assert.rejects(ask(engine), { code: "remote.failed", message: /no answer in time/ });
  });

  it("refuses what no server can do, before anything is sent", async () => {
    const { engine, server } = await start(() => undefined);
    const options = { doSample: true, numReturnSequences: 3 };
    await assert.rejects(ask(engine, options), { code: "model.unsupported" });
    const answers = { image, prompt: question, answers: ["red", "blue"] };
    await assert.rejects(engine.generate(answers), { code: "model.unsupported" });
    const damaged = { image: Uint8Array.of(1, 2, 3), prompt: question };
    await assert.rejects(engine.generate(damaged), { code: "image.unreadable" });
    assert.deepEqual(server.asked, []);
  });
});
