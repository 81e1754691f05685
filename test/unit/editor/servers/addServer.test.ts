import assert from "node:assert/strict";
import { AppError } from "../../../../src/base/errors";
import { addServer } from "../../../../src/editor/servers/addServer";
import { removeServer } from "../../../../src/editor/servers/removeServer";
import { isAgreed, serversOf } from "../../../../src/editor/servers/remoteServers";
import type { Services } from "../../../../src/editor/shell/services";
import type { GenerateRequest } from "../../../../src/model/ask/request";
import type { Params, Result } from "../../../../src/protocol/methods";
import { FakeMemento } from "../../../helpers/chatFakes";
import { BACK } from "../../../helpers/editor/lists";
import { fakeEditor, messageTexts, resetFakeEditor } from "../../../helpers/editor/fakeEditor";
import { callsOf } from "../../../helpers/engineCalls";

const TRANSFORMERS = { take: ["transformers serve, or Ray Serve"] };
const OPT = { take: ["OPT, pictures of 224 × 224 pixels"] };
const URL = "https://gpu.example";

describe("adding a server step by step", () => {
  let secrets: Map<string, string>;
  let asked: Params<"serverModels">[];
  let answer: () => Result<"serverModels">;
  let generated: GenerateRequest[];
  let nEnded: number;
  let services: Services;
  const settings = {
    model: "demo",
    searchModel: undefined as string | undefined,
    remoteEndpoints: [] as readonly unknown[],
    write: (): Promise<void> => Promise.resolve(),
    setModel: (name: string) => Promise.resolve(void (settings.model = name)),
    setSearchModel: (name: string | undefined) =>
      Promise.resolve(void (settings.searchModel = name)),
    setRemoteEndpoints: async (entries: readonly unknown[]) => {
      await settings.write();
      settings.remoteEndpoints = entries;
    },
  };

  beforeEach(() => {
    resetFakeEditor();
    secrets = new Map();
    [asked, generated, nEnded] = [[], [], 0];
    answer = () => ({ models: ["blip2-tiny", "Salesforce/blip2-flan-t5-xl-coco"], candidates: [] });
    Object.assign(settings, { model: "demo", searchModel: undefined, remoteEndpoints: [] });
    settings.write = () => Promise.resolve();
    services = {
      settings,
      context: {
        workspaceState: new FakeMemento(),
        secrets: {
          get: (key: string) => Promise.resolve(secrets.get(key)),
          store: (key: string, value: string) => Promise.resolve(void secrets.set(key, value)),
          delete: (key: string) => Promise.resolve(void secrets.delete(key)),
        },
      },
      notices: { guard: (work: () => Promise<unknown>) => work() },
      engine: {
        status: { model: "remote:gpu", server: "gpu.example" },
        warmUp: () => Promise.resolve(),
        endRemote: () => {
          nEnded++;
          return Promise.resolve();
        },
        generate: (request: GenerateRequest) => {
          generated.push(request);
          return Promise.resolve({ sequences: [{ text: " a red\u202e circle\n" }] });
        },
        call: callsOf({
          serverModels: (params) => {
            asked.push(params);
            return answer();
          },
          compareWithTexts: ({ texts }) => ({
            model: "itm",
            result: {
              scores: texts.map((text) => ({ text, itm: 0.75, itc: 0.2 })),
              timings: { preprocess: 0, vision: 0, qformer: 0, prefill: 0, decode: 0, total: 0 },
              cached: { imageFeatures: "computed" },
            },
          }),
        }),
      },
    } as unknown as Services;
  });

  const secretKey = `serverToken ${URL}`;
  const problems = () => fakeEditor.boxes.flatMap(({ problem }) => problem ?? []);
  const nothingWritten = (): void => {
    assert.deepEqual(settings.remoteEndpoints, []);
    assert.equal(secrets.size, 0);
    assert.equal(settings.model, "demo");
  };

  it("writes the setting after the user agreed, and tests it with a drawing when told to", async () => {
    fakeEditor.listSteps.push(TRANSFORMERS, { take: ["blip2-tiny"] }, OPT);
    fakeEditor.typed.push(`${URL}/v1/`, "gpu", "abc");
    fakeEditor.pressed.add("Send Pictures").add("Test It");
    await addServer(services);
    assert.deepEqual(asked, [{ name: "gpu", url: URL, dialect: "transformers", token: "abc" }]);
    const entry = { name: "gpu", url: URL, dialect: "transformers", model: "blip2-tiny" };
    assert.deepEqual(settings.remoteEndpoints, [{ ...entry, family: "opt" }]);
    assert.equal(secrets.get(secretKey), "abc");
    const [consent, added, tested] = fakeEditor.messages;
    assert.equal(consent?.text, "Send pictures of this workspace to gpu.example?");
    assert.match(consent.detail ?? "", /in 224 × 224 pixels, with your question: no name/);
    assert.match(added?.text ?? "", /^The server gpu is added\./);
    assert.equal(
      tested?.text,
      "gpu.example was sent a red circle that was drawn here. It says: “a red circle”",
    );
    assert.equal(settings.model, "remote:gpu");
    const [request] = generated;
    assert.match(new TextDecoder().decode(request?.image as Uint8Array), /^<svg/);
    assert.deepEqual(
      [...fakeEditor.lists, ...fakeEditor.boxes].map(({ title }) => title),
      Array(6).fill("Add a Remote Engine"),
    );
  });

  it("keeps the server and chooses nothing where nobody tests it", async () => {
    fakeEditor.listSteps.push(TRANSFORMERS, { take: ["blip2-tiny"] }, OPT);
    fakeEditor.typed.push(URL, "gpu", "");
    fakeEditor.pressed.add("Send Pictures");
    settings.remoteEndpoints = [{ name: "other" }];
    await addServer(services);
    assert.equal(settings.remoteEndpoints.length, 2);
    assert.equal(asked[0]?.token, undefined);
    assert.equal(secrets.size, 0);
    assert.deepEqual([settings.model, generated], ["demo", []]);
  });

  it("says what is wrong with an address, a name and a token while it is typed", async () => {
    settings.remoteEndpoints = [{ name: "gpu" }];
    fakeEditor.listSteps.push(TRANSFORMERS, "leave");
    const addresses = [
      "gpu.example",
      "http://gpu.example",
      "https://me:pw@gpu.example",
      "https://",
    ];
    fakeEditor.typed.push(...addresses, URL, "", "gpu", "a\u202e", "g", "to ken", "t");
    await addServer(services);
    assert.deepEqual(problems(), [
      "It must begin with https://, or with http:// for this machine.",
      "Pictures go only over https://, unless the server is this machine.",
      "Leave the password out: the token is asked for later.",
      "This is no address.",
      "Write a name.",
      "There is a server gpu already.",
      "Write at most 200 characters, all of them visible.",
      "A token has letters, digits and signs, and no blanks.",
    ]);
    assert.equal(settings.remoteEndpoints.length, 1);
  });

  it("goes back step by step, and knows what was answered there", async () => {
    fakeEditor.listSteps.push(TRANSFORMERS, { take: ["vLLM"] }, { back: true }, "leave");
    fakeEditor.typed.push(BACK, "http://127.0.0.1:8000", BACK, "http://127.0.0.1:9000");
    fakeEditor.typed.push("here", BACK, "there", "abc", BACK, "there", "abc");
    await addServer(services);
    const shown = fakeEditor.boxes.map(({ value }) => value);
    const [host, address] = ["127.0.0.1", "http://127.0.0.1:8000"];
    const before = ["", "", host, address, host, "", "here", ""];
    assert.deepEqual(shown, [...before, "abc", "there", "abc"]);
    assert.equal(asked.at(-1)?.dialect, "vllm");
    nothingWritten();
  });

  it("says what happened with a server that does not answer, and begins where it can be mended", async () => {
    const failures = [
      new AppError("remote.failed", 'The server "gpu" (gpu.example) did not answer.'),
      new AppError("remote.denied", 'The server "gpu" (gpu.example) wants another token.'),
    ];
    answer = () => {
      const failure = failures.shift();
      if (failure !== undefined) throw failure;
      return { models: ["blip2-tiny"], candidates: [] };
    };
    fakeEditor.listSteps.push(TRANSFORMERS, "leave");
    fakeEditor.typed.push(URL, "gpu", "", "right");
    let nth = 0;
    fakeEditor.beforePress = () => {
      fakeEditor.pressed = new Set([nth++ === 0 ? "Try Again" : "Change the Token"]);
    };
    await addServer(services);
    assert.deepEqual(
      asked.map(({ token }) => token),
      [undefined, undefined, "right"],
    );
    const [first, second] = fakeEditor.messages;
    assert.equal(first?.text, "The server at https://gpu.example cannot be used yet.");
    assert.match(first.detail ?? "", /did not answer/);
    assert.match(second?.detail ?? "", /another token/);
    nothingWritten();
  });

  it("takes the name of a model that the server does not tell, and what it says of the model", async () => {
    answer = () => ({ models: [], candidates: [] });
    fakeEditor.listSteps.push(TRANSFORMERS, (items) => ({
      take: [items.map(({ label }) => label).find((label) => /T5.*364/.test(label)) ?? ""],
    }));
    fakeEditor.typed.push(URL, "gpu", "", "", "blip2-flan-t5-xl-coco");
    fakeEditor.pressed.add("Send Pictures");
    await addServer(services);
    assert.deepEqual(problems(), ["Write the name of a model."]);
    const [endpoint] = serversOf(services);
    assert.ok(endpoint?.dialect === "transformers");
    assert.deepEqual([endpoint.family, endpoint.imageSize], ["t5", 364]);
  });

  it("adds one that runs graphs for finding pictures, with a consent of its own", async () => {
    answer = () => ({ models: ["itm"], candidates: ["itm", "blip-itm"] });
    fakeEditor.listSteps.push({ take: ["KServe v2: Triton and others"] }, { take: ["itm"] });
    fakeEditor.typed.push(URL, "graphs", "");
    fakeEditor.pressed.add("Send Pictures").add("Test It");
    await addServer(services);
    const entry = { name: "graphs", url: URL, dialect: "kserve", model: "itm" };
    assert.deepEqual(settings.remoteEndpoints, [entry]);
    assert.match(fakeEditor.messages[0]?.detail ?? "", /^Each picture of this workspace that is/);
    assert.deepEqual([settings.model, settings.searchModel], ["demo", "remote:graphs"]);
    assert.match(messageTexts().at(-1) ?? "", /says that “a red circle” fits with 75%/);
    const [endpoint] = serversOf(services);
    assert.ok(endpoint !== undefined && isAgreed(services, endpoint));
    const chat = { ...entry, dialect: "transformers", family: "opt" };
    settings.remoteEndpoints = [chat];
    const [other] = serversOf(services);
    assert.ok(other !== undefined && !isAgreed(services, other));
  });

  it("says which models such a server could have, where it has none of them", async () => {
    fakeEditor.typed.push(URL, "graphs", "");
    for (const [candidates, expected] of [
      [["itm"], /has the graphs of none of these models: itm\. Export/],
      [[], /No model that compares is on this machine/],
    ] as const) {
      answer = () => ({ models: [], candidates: [...candidates] });
      fakeEditor.listSteps.push({ take: ["KServe v2: Triton and others"] });
      fakeEditor.typed.push(URL, "graphs", "");
      await addServer(services);
      assert.match(fakeEditor.messages.at(-1)?.detail ?? "", expected);
    }
    nothingWritten();
  });

  it("writes nothing where the user does not agree, leaves, or the setting cannot be written", async () => {
    for (const from of [0, 1, 2]) {
      fakeEditor.listSteps.push(...[TRANSFORMERS, { take: ["blip2-tiny"] }, OPT].slice(0, from));
      fakeEditor.typed = from === 0 ? [] : [URL, "gpu", "abc"];
      await addServer(services);
      nothingWritten();
      fakeEditor.listSteps.length = 0;
    }
    const answers = (): void => {
      fakeEditor.listSteps.push(TRANSFORMERS, { take: ["blip2-tiny"] }, OPT);
      fakeEditor.typed = [URL, "gpu", "abc"];
    };
    answers();
    await addServer(services);
    nothingWritten();
    answers();
    fakeEditor.pressed.add("Send Pictures");
    settings.write = () => Promise.reject(new Error("EROFS"));
    await assert.rejects(addServer(services), /EROFS/);
    nothingWritten();
    const [endpoint] = serversOf({
      settings: {
        remoteEndpoints: [{ name: "gpu", url: URL, dialect: "vllm", model: "m", family: "opt" }],
      },
    });
    assert.ok(endpoint !== undefined);
    assert.ok(!isAgreed(services, endpoint));
  });

  it("asks nothing in a workspace that is not trusted", async () => {
    fakeEditor.isTrusted = false;
    await assert.rejects(addServer(services), { code: "remote.denied" });
    assert.deepEqual([fakeEditor.lists, asked], [[], []]);
  });

  it("is undone as a whole: entry, token, consent and choice", async () => {
    fakeEditor.listSteps.push(TRANSFORMERS, { take: ["blip2-tiny"] }, OPT);
    fakeEditor.typed.push(URL, "gpu", "abc");
    fakeEditor.pressed.add("Send Pictures").add("Test It");
    await addServer(services);
    const [endpoint] = serversOf(services);
    assert.ok(endpoint !== undefined && isAgreed(services, endpoint));
    assert.equal(await removeServer(services, endpoint), false);
    assert.equal(settings.remoteEndpoints.length, 1);
    const second = { ...(settings.remoteEndpoints[0] as object), name: "second" };
    settings.remoteEndpoints = [...settings.remoteEndpoints, second];
    fakeEditor.pressed.add("Remove");
    assert.equal(await removeServer(services, endpoint), true);
    // Another server of the same origin goes on.
    assert.deepEqual([secrets.get(secretKey), nEnded], ["abc", 0]);
    const [rest] = serversOf(services);
    assert.ok(rest !== undefined && (await removeServer(services, rest)));
    nothingWritten();
    assert.equal(nEnded, 1);
    assert.ok(!isAgreed(services, endpoint));
  });
});
