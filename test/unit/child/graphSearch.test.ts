import assert from "node:assert/strict";
import { cp, readFile } from "node:fs/promises";
import path from "node:path";
import { silentLogger } from "../../../src/base/logger";
import type { TaskRun } from "../../../src/child/enginePort";
import { createSearchMethods } from "../../../src/child/searchMethods";
import { askForModels } from "../../../src/child/remoteModel";
import { type ModelStore, modelStoreOf } from "../../../src/library/store/modelStore";
import type { Result } from "../../../src/protocol/methods";
import type { GraphTarget } from "../../../src/model/ask/models";
import { startChatServer } from "../../helpers/chatServer";
import { type GraphServer, startGraphServer } from "../../helpers/graphServer";
import { fixturePath } from "../../helpers/fixtures";
import { kitModel, temporaryFolder } from "../../helpers/kitModel";

const ignore = (): void => undefined;
const { signal } = new AbortController();
const run: TaskRun = { signal, onText: ignore, onProgress: ignore, onStage: ignore };
const WORDS = "a red sign";
const TOKEN = "s3cret";

describe("a server that runs the graphs of the model that finds pictures", function () {
  this.timeout(120_000);
  let server: GraphServer;
  let store: ModelStore;
  let pictures: string;
  const opened: ReturnType<typeof createSearchMethods>[] = [];

  before(async () => {
    server = await startGraphServer(await kitModel("itm"), TOKEN);
  });
  after(() => server.close());

  beforeEach(async () => {
    server.ran.length = 0;
    pictures = path.join(await temporaryFolder(), "pictures");
    await cp(fixturePath("kits", "itm", "images"), pictures, { recursive: true });
    store = await newStore("itm");
  });

  afterEach(async () => {
    delete process.env["SIGHTLINE_SEARCH_MODEL"];
    for (const methods of opened.splice(0)) await methods.deleteIndex({}, run);
  });

  async function newStore(...kits: readonly string[]): Promise<ModelStore> {
    const home = await temporaryFolder();
    for (const kit of kits) {
      await cp(await kitModel(kit), path.join(home, "models", kit), { recursive: true });
    }
    return modelStoreOf({ env: { SIGHTLINE_HOME: home }, platform: "linux", homeDir: home });
  }

  function open(given = store): ReturnType<typeof createSearchMethods> {
    const methods = createSearchMethods({
      ...{ store: given, demoCheckpoint: "/none", logger: silentLogger, writerMs: 60_000 },
    });
    opened.push(methods);
    return methods;
  }

  const target = (more: Partial<GraphTarget["endpoint"]> = {}, token = TOKEN): GraphTarget => {
    const common = { name: "gpu", url: server.url, dialect: "kserve", model: "itm" } as const;
    return { endpoint: { ...common, maxParallel: 4, timeoutSeconds: 10, ...more }, token };
  };

  async function found(methods: ReturnType<typeof createSearchMethods>) {
    const { files } = await methods.listPictures({ folders: [pictures] }, run);
    await methods.indexPictures({ files: [...files] }, run);
    const { model, matches } = await methods.findPictures({ words: WORDS, k: 20, rerank: 8 }, run);
    const image = await readFile(path.join(pictures, "wide.png"));
    const { result } = await methods.compareWithTexts({ image, texts: [WORDS] }, run);
    return { model, matches, scores: result.scores };
  }

  it("gives the very numbers of this machine: what is found, what matches, what fits", async () => {
    const here = await found(open(await newStore("itm")));
    assert.equal(server.ran.length, 0);
    process.env["SIGHTLINE_SEARCH_MODEL"] = "remote:gpu";
    const methods = open();
    await methods.useGraphServer(target(), run);
    const there = await found(methods);
    assert.deepEqual(there.scores, here.scores);
    assert.deepEqual(there.matches.map(withoutMatch), here.matches.map(withoutMatch));
    // Here several pictures are read at once, which moves the eighth digit; there each is a request of its own.
    for (const [i, { match = NaN }] of there.matches.slice(0, 8).entries()) {
      assert.ok(Math.abs(match - (here.matches[i]?.match ?? NaN)) < 1e-6, `${i}: ${match}`);
    }
    assert.ok(here.matches.some(({ match }) => match !== undefined));
    assert.ok(server.ran.includes("vision_encoder") && server.ran.includes("qformer_itm"));
    assert.ok(server.nMost > 1, "several pictures go at once");
    // What is kept of a picture is the model's own, wherever its graphs run.
    process.env["SIGHTLINE_SEARCH_MODEL"] = "itm";
    await methods.deleteIndex({}, run);
  });

  it("is asked for nothing before somebody says where it is, and with a wrong token for nothing more", async () => {
    process.env["SIGHTLINE_SEARCH_MODEL"] = "remote:gpu";
    const methods = open();
    await assert.rejects(found(methods), { code: "model.missing", message: /no server "gpu"/ });
    await methods.useGraphServer(target({ name: "other" }), run);
    await assert.rejects(found(methods), { code: "model.missing" });
    await methods.useGraphServer(target({}, "wrong"), run);
    await assert.rejects(found(methods), { code: "remote.denied", message: /Set it for this/ });
    await methods.useGraphServer(target({ url: "http://gpu.example" }), run);
    await assert.rejects(found(methods), { code: "option.invalid" });
    assert.equal(server.ran.length, 0);
    // Another token is taken without a new process, and a model that was loaded with it is given up.
    await methods.useGraphServer(target(), run);
    assert.equal((await found(methods)).model, "itm");
    await methods.useGraphServer(target({}, "wrong"), run);
    await assert.rejects(found(methods), { code: "remote.denied" });
  });

  it("says which models of this machine it has the graphs of", async () => {
    const given = { name: "gpu", url: server.url, dialect: "kserve", token: TOKEN } as const;
    const more = { store: await newStore("itm", "blip-itm", "opt"), signal };
    assert.deepEqual(await askForModels(given, more), {
      ...{ models: ["itm"], candidates: ["blip-itm", "itm"] },
    });
    const denied = askForModels({ ...given, token: "wrong" }, more);
    await assert.rejects(denied, { code: "remote.denied", message: /Go back and correct it/ });
    await assert.rejects(askForModels({ ...given, url: "http://gpu.example" }, more), {
      code: "option.invalid",
    });
  });
});

function withoutMatch({ file, similarity, isLikely }: Result<"findPictures">["matches"][number]) {
  return { file, similarity, isLikely };
}

describe("the models of a server", () => {
  const more = {
    store: modelStoreOf({ env: { SIGHTLINE_HOME: "/none" }, platform: "linux", homeDir: "/none" }),
    signal,
  };
  const asked = (url: string, token = TOKEN) =>
    askForModels({ name: "gpu", url, dialect: "transformers", token }, more);
  const refuse = (): never => assert.fail("no question is asked");

  it("are those that it names, without what no setting could hold", async () => {
    const models = ["blip2", "bad\u001b[31m", "x".repeat(201), "Salesforce/blip2-opt-2.7b"];
    const server = await startChatServer(refuse, { models, token: TOKEN });
    try {
      const named = ["blip2", "Salesforce/blip2-opt-2.7b"];
      assert.deepEqual(await asked(server.url), { models: named, candidates: [] });
      await assert.rejects(asked(server.url, "wrong"), { code: "remote.denied" });
    } finally {
      await server.close();
    }
    await assert.rejects(asked(server.url), { code: "remote.failed" });
  });

  it("are none where it does not say, which is no failure", async () => {
    const server = await startChatServer(refuse, { models: undefined, token: TOKEN });
    try {
      assert.deepEqual(await asked(server.url), { models: [], candidates: [] });
    } finally {
      await server.close();
    }
  });
});
