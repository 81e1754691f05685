import assert from "node:assert/strict";
import { type AgentTools, createAgentTools } from "../../../../src/editor/agents/agentTools";
import { EditorPictureReader } from "../../../../src/editor/pictures/pictureReader";
import type { Services } from "../../../../src/editor/shell/services";
import type { GenerateRequest } from "../../../../src/model/ask/request";
import { fakeEditor, resetFakeEditor } from "../../../helpers/editor/fakeEditor";
import { FakeCancellationError, FakeEmitter, FakeUri } from "../../../helpers/editor/values";
import { fakePorts } from "../../../helpers/toolPorts";

describe("the tools for the editor's language models", () => {
  let tools: AgentTools;
  let asked: GenerateRequest[];
  const cancelled = new FakeEmitter<undefined>();
  const token = {
    isCancellationRequested: false,
    onCancellationRequested: cancelled.event,
  };

  beforeEach(() => {
    resetFakeEditor();
    fakeEditor.files.set(FakeUri.file("/w/pictures/red.png").toString(), Uint8Array.of(1));
    fakeEditor.files.set(FakeUri.file("/elsewhere/blue.png").toString(), Uint8Array.of(2));
    asked = [];
    const model = fakePorts().models.modelFor("answers");
    const engine = {
      status: { kind: "off", model: "blip2", world: "everyday" },
      warmUp: () => Promise.resolve(),
      generate: async (request: GenerateRequest) => {
        asked.push(request);
        return await (await model).generate(request, { signal: new AbortController().signal });
      },
      score: () => Promise.reject(new Error("no such model")),
    };
    tools = createAgentTools({
      engine: engine as unknown as Services["engine"],
      pictures: new EditorPictureReader(),
      settings: { model: "blip2" } as Services["settings"],
    });
  });

  const invoke = async (name: string, input: unknown): Promise<unknown> => {
    const result = await tools.invoke(`sightline_${name}`, input, token);
    const [part] = result.content as { value: string }[];
    return JSON.parse(part!.value);
  };

  it("read a picture of the workspace, by relative and absolute path", async () => {
    for (const image of ["pictures/red.png", "/w/pictures/red.png", "file:///w/pictures/red.png"]) {
      assert.deepEqual(await invoke("ask_image", { image, question: "what is it?" }), {
        ...{ model: "blip2", image: "/w/pictures/red.png", isCut: false },
        answer: "text of /w/pictures/red.png",
      });
    }
    assert.deepEqual(asked[0]?.image, Uint8Array.of(1));
  });

  it("throw a sentence for the model, whatever it sent", async () => {
    await assert.rejects(invoke("ask_image", { image: "pictures/red.png", question: 5 }), {
      message: /^option\.invalid: "question" in the input of ask_image must be a text/,
    });
    await assert.rejects(invoke("ask_image", undefined), { message: /^option\.invalid: / });
    await assert.rejects(invoke("ask_image", { image: "nothing.png", question: "what?" }), {
      message: /^image\.missing: /,
    });
    await assert.rejects(invoke("nonsense", {}), { message: /^request\.unknown: / });
    assert.deepEqual(asked, []);
  });

  it("say what is looked at, and ask only before a picture outside of the workspace", async () => {
    const question = "what is it?";
    const inside = await tools.prepare("sightline_ask_image", {
      image: "pictures/red.png",
      question,
    });
    assert.deepEqual(inside, { invocationMessage: "Looking at red.png" });
    for (const image of ["/elsewhere/blue.png", "../elsewhere/blue.png", "/w2/a.png"]) {
      const outside = await tools.prepare("sightline_ask_image", { image, question });
      const { message = "" } = outside.confirmationMessages ?? {};
      assert.ok(typeof message === "string" && message.includes(image), image);
    }
    assert.deepEqual(await tools.prepare("sightline_ask_image", { image: 7 }), {});
  });

  it("end with the editor's own word when the token fires", async () => {
    const waiting = tools.invoke(
      "sightline_ask_image",
      { image: "pictures/red.png", question: "what is it?" },
      { ...token, isCancellationRequested: true },
    );
    await assert.rejects(waiting, FakeCancellationError);
  });
});
