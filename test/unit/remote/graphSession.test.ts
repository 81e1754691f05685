import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { type Blip2Engine, loadEngine } from "../../../src/engine/blip2Engine";
import { inOrder } from "../../../src/base/inOrder";
import { silentLogger } from "../../../src/base/logger";
import type { GraphEndpoint } from "../../../src/model/ask/remoteEndpoint";
import { readAllEndpoints } from "../../../src/model/ask/remoteEndpoint";
import { GraphServer } from "../../../src/remote/graphSession";
import { readTensors } from "../../../src/remote/tensorMessage";
import { hurriedClock } from "../../helpers/hurriedClock";
import { fixturePath } from "../../helpers/fixtures";
import {
  type GraphAnswer,
  type GraphServer as TestServer,
  startGraphServer,
} from "../../helpers/graphServer";
import { kitPicture, recordedCases } from "../../helpers/kitCases";
import { kitModel } from "../../helpers/kitModel";
import { until } from "../../helpers/waiting";

const CASES = recordedCases("itm");
const TEXTS = [...new Set(CASES.map(({ text }) => text))].slice(0, 3);
const PICTURES = [...new Set(CASES.map(({ image }) => image))];

describe("graphs on a server", () => {
  let server: TestServer;
  let local: Blip2Engine;
  let endpoint: GraphEndpoint;

  before(async () => {
    const folder = await kitModel("itm");
    server = await startGraphServer(folder, "s3cret");
    local = await loadEngine({ folder, device: "cpu", logger: silentLogger });
    const given = { name: "gpu", url: server.url, dialect: "kserve", model: "itm" };
    [endpoint] = readAllEndpoints([given], "remote.json") as [GraphEndpoint];
  });
  after(async () => {
    await local.release();
    await server.close();
  });
  beforeEach(() => {
    server.spoil = undefined;
    server.ran.length = 0;
  });

  const open = async (kit = "itm", token = "s3cret"): Promise<Blip2Engine> => {
    const elsewhere = new GraphServer({ endpoint, token, clock: hurriedClock, random: () => 0 });
    const folder = await kitModel(kit);
    return await loadEngine({ folder, device: "cpu", logger: silentLogger, elsewhere });
  };

  it("give the same bits as here: vectors of pictures and texts, matches and scores", async () => {
    const remote = await open();
    for (const name of PICTURES.slice(0, 2)) {
      const image = kitPicture("itm", name);
      const here = await local.embedPicture({ image });
      assert.deepEqual((await remote.embedPicture({ image })).vectors, here.vectors);
      const { scores } = await remote.score({ image, texts: TEXTS });
      assert.deepEqual(scores, (await local.score({ image, texts: TEXTS })).scores);
    }
    const [text = ""] = TEXTS;
    assert.deepEqual(await remote.embedText(text), await local.embedText(text));
    const pictures = PICTURES.map((name) => ({ image: kitPicture("itm", name) }));
    const matches = await remote.match({ text, pictures });
    for (const [i, picture] of pictures.entries()) {
      assert.deepEqual([matches[i]], await local.match({ text, pictures: [picture] }));
    }
    await remote.release();
    assert.deepEqual([...new Set(server.ran)].sort(), [
      "image_reader",
      "qformer",
      "qformer_itm",
      "qformer_text",
      "vision_encoder",
    ]);
  });

  it("look at several pictures at once, more as they succeed, and give each its own", async () => {
    const remote = await open();
    const pictures = PICTURES.flatMap((name) =>
      (["white", "dark", "drop"] as const).map((alpha) => ({
        image: kitPicture("itm", name),
        alpha,
      })),
    );
    const found = inOrder(
      pictures,
      (picture) => remote.embedPicture(picture),
      () => remote.picturesAtOnce,
    );
    let nth = 0;
    for await (const { vectors } of found) {
      const here = await local.embedPicture(pictures[nth++]!);
      assert.deepEqual(vectors, here.vectors);
    }
    await remote.release();
    assert.equal(nth, pictures.length);
    assert.ok(server.nMost > 1 && server.nMost <= endpoint.maxParallel, `${server.nMost} at once`);
    assert.equal(local.picturesAtOnce, 1);
  });

  it("give what KServe's own server was recorded to give", () => {
    const file = fixturePath("remote", "kserve-itm.json");
    const { records } = JSON.parse(readFileSync(file, "utf8")) as Recording;
    const record = records.find(({ name }) => name === "qformer_text");
    const bytes = Buffer.from(JSON.stringify(record?.response.head));
    const expected = [{ name: "text_embeds", dims: [1, 1, undefined] }];
    const { text_embeds: tensor } = readTensors(bytes, null, expected);
    assert.ok(tensor?.data instanceof Float32Array);
    assert.deepEqual(tensor.dims, [1, 1, 24]);
    const length = Math.hypot(...tensor.data);
    assert.ok(Math.abs(length - 1) < 1e-6, "it is of unit length");
  });

  const first = (answer: GraphAnswer) => answer.head.outputs[0]!;
  const hostile: Readonly<Record<string, (answer: GraphAnswer) => GraphAnswer>> = {
    "another shape": (answer) => {
      first(answer).shape.reverse();
      return answer;
    },
    "another type": (answer) => {
      Object.assign(first(answer), { datatype: "FP64" });
      return answer;
    },
    "another name": (answer) => {
      Object.assign(first(answer), { name: "constructor" });
      return answer;
    },
    "fewer bytes than it says": (answer) => ({ ...answer, body: answer.body.subarray(0, -4) }),
    "more bytes than it says": (answer) => ({
      ...answer,
      body: Buffer.concat([answer.body, Buffer.alloc(8)]),
    }),
    "far more than fits": (answer) => ({ ...answer, body: Buffer.alloc(2 ** 24) }),
    "sizes below zero": (answer) => {
      Object.assign(first(answer), { parameters: { binary_data_size: -4 } });
      return answer;
    },
    "a head that is not there": (answer) => ({ ...answer, headLength: "99999999" }),
    "a head of no length": (answer) => ({ ...answer, headLength: "x" }),
    "values that are no numbers": ({ head, body }) => {
      const bytes = Buffer.from(body);
      bytes.writeFloatLE(NaN, 8);
      return { head, body: bytes };
    },
    "values without end": ({ head, body }) => {
      const bytes = Buffer.from(body);
      bytes.writeFloatLE(-Infinity, 0);
      return { head, body: bytes };
    },
  };
  for (const [what, spoil] of Object.entries(hostile)) {
    it(`are not believed: ${what}`, async () => {
      const remote = await open();
      server.spoil = spoil;
      const image = kitPicture("itm", PICTURES[0]!);
      await assert.rejects(remote.embedPicture({ image }), { code: "remote.failed" });
      server.spoil = undefined;
      await remote.embedPicture({ image });
      await remote.release();
    });
  }

  it("are asked again where the way was lost, and nowhere else where they are sent on", async () => {
    const remote = await open();
    const image = kitPicture("itm", PICTURES[0]!);
    let nth = 0;
    server.spoil = (answer, response) => {
      nth++;
      if (nth === 1) response.destroy();
      else if (nth === 2) {
        // Half of it, and then the end of the line.
        response.writeHead(200, { "content-length": "100000" });
        response.write(answer.body.subarray(0, 100), () => response.destroy());
      } else if (nth === 3) response.writeHead(503).end("busy");
      else return answer;
      return undefined;
    };
    const { vectors } = await remote.embedPicture({ image });
    assert.deepEqual(vectors, (await local.embedPicture({ image })).vectors);
    const other = await startGraphServer(await kitModel("itm"));
    server.spoil = (_, response) => {
      response.writeHead(307, { location: `${other.url}/v2/models/x/infer` }).end();
      return undefined;
    };
    const next = kitPicture("itm", PICTURES[1]!);
    await assert.rejects(remote.embedPicture({ image: next }), { message: /not followed/ });
    assert.deepEqual(other.ran, []);
    await other.close();
    await remote.release();
  });

  it("are those of the very model, and want the token, which no message has", async () => {
    const image = kitPicture("itm", PICTURES[0]!);
    const stranger = await open("blip-itm");
    await assert.rejects(stranger.embedPicture({ image }), {
      code: "model.missing",
      message: /does not have the graph vision_encoder-[0-9a-f]{12} of /,
    });
    await stranger.release();
    const denied = await open("itm", "wrong-token");
    const failure = await denied
      .embedPicture({ image })
      .catch((thrown: unknown) => thrown as Error);
    assert.equal((failure as { code?: unknown }).code, "remote.denied");
    assert.doesNotMatch((failure as Error).message, /wrong-token/);
    await denied.release();
  });

  it("stop with the caller", async () => {
    const remote = await open();
    const controller = new AbortController();
    let isClosed = false;
    server.spoil = (_, response) => {
      response.on("close", () => (isClosed = true));
      controller.abort();
      return undefined;
    };
    const image = kitPicture("itm", PICTURES[0]!);
    const { signal } = controller;
    await assert.rejects(remote.embedPicture({ image }, { signal }), { code: "request.cancelled" });
    await until(() => isClosed, "for the request to be closed");
    await remote.release();
  });
});

interface Recording {
  readonly records: readonly {
    readonly name: string;
    readonly response: { readonly head: object };
  }[];
}
