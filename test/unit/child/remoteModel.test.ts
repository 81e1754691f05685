import assert from "node:assert/strict";
import { silentLogger } from "../../../src/base/logger";
import type { TaskRun } from "../../../src/child/enginePort";
import { openRemoteModel } from "../../../src/child/remoteModel";
import { readEndpoints, type RemoteEndpoint } from "../../../src/model/ask/remoteEndpoint";
import { answerRecorded, type ChatServer, startChatServer } from "../../helpers/chatServer";
import { kitPicture } from "../../helpers/kitCases";

const { signal } = new AbortController();
const ignore = (): void => undefined;

describe("a server in the place of the model in memory", () => {
  let server: ChatServer;
  let endpoint: RemoteEndpoint;

  beforeEach(async () => {
    server = await startChatServer(answerRecorded("transformers-opt"));
    const given = { name: "gpu", url: server.url, dialect: "transformers", model: "blip2-tiny" };
    [endpoint] = readEndpoints([{ ...given, family: "opt" }], "settings") as [RemoteEndpoint];
  });
  afterEach(() => server.close());

  it("answers as it was recorded, with the token and the picture that was looked at late", async () => {
    const model = await openRemoteModel(
      { endpoint, token: "secret" },
      { logger: silentLogger, signal },
    );
    const { info } = model.engine;
    assert.equal(info.server, new URL(server.url).host);
    assert.equal(info.name, "blip2-tiny");
    const texts: string[] = [];
    const run: TaskRun = {
      ...{ signal, onProgress: ignore, onStage: ignore },
      onText: (text) => void texts.push(text),
    };
    const bytes = kitPicture("opt", "wide.png");
    const request = {
      image: { digest: "d", read: () => Promise.resolve(bytes) },
      prompt: { kind: "question", question: "what colour is the circle?" } as const,
      options: { maxNewTokens: 12, numBeams: 1 },
    };
    await model.engine.prepare({ image: bytes }, run);
    assert.equal(server.asked.length, 0, "nothing is sent before a question");
    const { sequences } = await model.engine.generate(request, run);
    assert.ok((sequences[0]?.text.length ?? 0) > 0);
    assert.deepEqual(texts, [sequences[0]?.text]);
    const [asked] = server.asked;
    assert.equal(asked?.authorization, "Bearer secret");
    await assert.rejects(model.engine.score({ image: bytes, texts: ["a"] }, run), {
      code: "model.unsupported",
    });
    await model.engine.release();
  });

  it("asks nobody whose address is not safe, whatever it is told", async () => {
    for (const url of ["http://gpu.example", "https://me:pw@gpu.example", "file:///etc/passwd"]) {
      const opening = openRemoteModel(
        { endpoint: { ...endpoint, url } },
        { logger: silentLogger, signal },
      );
      await assert.rejects(opening, { code: "option.invalid" }, url);
    }
  });
});
