import assert from "node:assert/strict";
import {
  isAgreed,
  permitGraphs,
  permitServer,
  revoke,
  serversOf,
  setServerToken,
} from "../../../../src/editor/servers/remoteServers";
import { FakeMemento } from "../../../helpers/chatFakes";
import { fakeEditor, resetFakeEditor } from "../../../helpers/editor/fakeEditor";

const GPU = {
  ...{ name: "gpu", url: "https://gpu.example/blip", dialect: "transformers" },
  ...{ model: "blip2", family: "opt" },
};
const HERE = { ...GPU, name: "here", url: "http://localhost:8000" };

describe("servers in the place of this machine", () => {
  let secrets: Map<string, string>;
  let given: Parameters<typeof permitServer>[0];

  beforeEach(() => {
    resetFakeEditor();
    secrets = new Map();
    given = {
      settings: { remoteEndpoints: [GPU, HERE] },
      context: {
        workspaceState: new FakeMemento(),
        secrets: {
          get: (key: string) => Promise.resolve(secrets.get(key)),
          store: (key: string, value: string) => Promise.resolve(void secrets.set(key, value)),
          delete: (key: string) => Promise.resolve(void secrets.delete(key)),
        },
      } as unknown as Parameters<typeof permitServer>[0]["context"],
    };
  });

  it("get pictures once the user agreed, who is asked once for each", async () => {
    fakeEditor.pressed.add("Send Pictures");
    const target = await permitServer(given, "remote:gpu");
    assert.equal(target.endpoint.url, "https://gpu.example/blip");
    assert.equal(target.token, undefined);
    await permitServer(given, "remote:gpu");
    const [message, ...others] = fakeEditor.messages;
    assert.deepEqual(others, []);
    assert.equal(message?.text, "Send pictures of this workspace to gpu.example?");
    assert.match(message.detail ?? "", /https:\/\/gpu\.example in 224 × 224 pixels/);
    await permitServer(given, "remote:here");
    assert.equal(fakeEditor.messages.length, 2);
  });

  it("get nothing when the user leaves the question, and are asked about again", async () => {
    for (let nth = 1; nth <= 2; nth++) {
      await assert.rejects(permitServer(given, "remote:gpu"), { code: "request.cancelled" });
      assert.equal(fakeEditor.messages.length, nth);
    }
  });

  it("are asked about once by several who ask at once", async () => {
    fakeEditor.pressed.add("Send Pictures");
    await Promise.all([permitServer(given, "remote:gpu"), permitServer(given, "remote:gpu")]);
    assert.equal(fakeEditor.messages.length, 1);
  });

  it("get nothing more once the user takes it back", async () => {
    fakeEditor.pressed.add("Send Pictures");
    const { endpoint } = await permitServer(given, "remote:gpu");
    assert.ok(isAgreed(given, endpoint));
    await revoke(given, endpoint);
    assert.ok(!isAgreed(given, endpoint));
    fakeEditor.pressed.clear();
    await assert.rejects(permitServer(given, "remote:gpu"), { code: "request.cancelled" });
  });

  it("get nothing of a workspace that is not trusted", async () => {
    fakeEditor.isTrusted = false;
    await assert.rejects(permitServer(given, "remote:gpu"), {
      code: "remote.denied",
      detail: { remedy: "trust" },
    });
    assert.deepEqual(fakeEditor.messages, []);
  });

  it("that run graphs are agreed to apart, and the others find nothing", async () => {
    const graphs = { name: "graphs", url: GPU.url, dialect: "kserve", model: "itm" };
    const finder = (searchModel: string | undefined) =>
      permitGraphs({ ...given, settings: { remoteEndpoints: [GPU, graphs], searchModel } });
    fakeEditor.pressed.add("Send Pictures");
    await permitServer(given, "remote:gpu");
    assert.equal(await finder(undefined), undefined);
    assert.equal(await finder("itm"), undefined);
    fakeEditor.pressed.clear();
    await assert.rejects(finder("remote:graphs"), { code: "request.cancelled" });
    fakeEditor.pressed.add("Send Pictures");
    assert.equal((await finder("remote:graphs"))?.endpoint.model, "itm");
    assert.match(fakeEditor.messages.at(-1)?.detail ?? "", /^Each picture .* that is searched/);
    await assert.rejects(finder("remote:gpu"), { code: "model.unsupported" });
    await assert.rejects(finder("remote:none"), { code: "model.missing" });
    const both = { ...given, settings: { remoteEndpoints: [graphs] } };
    await assert.rejects(permitServer(both, "remote:graphs"), { code: "model.unsupported" });
  });

  it("have a token for their origin, kept as a secret and forgotten when it is left empty", async () => {
    fakeEditor.pressed.add("Send Pictures");
    const [gpu, here] = serversOf(given);
    fakeEditor.typed.push(" abc ", undefined, "");
    await setServerToken(given, gpu);
    assert.equal((await permitServer(given, "remote:gpu")).token, "abc");
    assert.equal((await permitServer(given, "remote:here")).token, undefined);
    assert.deepEqual([...secrets.keys()], ["serverToken https://gpu.example"]);
    await setServerToken(given, here);
    await setServerToken(given, gpu);
    assert.equal(secrets.size, 0);
  });

  it("are refused where the settings are wrong about them", async () => {
    await assert.rejects(permitServer(given, "remote:none"), { code: "model.missing" });
    for (const wrong of [
      { ...GPU, url: "http://gpu.example" },
      { ...GPU, url: "https://me:pw@gpu.example" },
      { ...GPU, dialect: "nonsense" },
      { name: "gpu" },
      "gpu",
      null,
    ]) {
      const broken = { ...given, settings: { remoteEndpoints: [wrong] } };
      await assert.rejects(permitServer(broken, "remote:gpu"), { code: "option.invalid" });
      await assert.rejects(setServerToken(broken), { code: "option.invalid" });
    }
    const none = { ...given, settings: { remoteEndpoints: [] } };
    await assert.rejects(setServerToken(none), { code: "model.missing" });
    assert.deepEqual(fakeEditor.messages, []);
  });
});
