import assert from "node:assert/strict";
import { type AgentTools, createAgentTools } from "../../../../src/editor/agents/agentTools";
import { AppError } from "../../../../src/base/errors";
import { EditorPictureReader } from "../../../../src/editor/pictures/pictureReader";
import type { Services } from "../../../../src/editor/shell/services";
import type { GenerateRequest, ScoreRequest } from "../../../../src/model/ask/request";
import { fakeEditor, resetFakeEditor } from "../../../helpers/editor/fakeEditor";
import { FakeCancellationError, FakeEmitter, FakeUri } from "../../../helpers/editor/values";
import {
  ORDER,
  ORDER_CALLS,
  orderPage,
  placesOfOrder,
  withoutQuotations,
} from "../../../helpers/orders";
import { fakePorts } from "../../../helpers/toolPorts";

const MODELS = [
  { name: "demo", kind: "generation" },
  { name: "blip2-opt", kind: "generation" },
  { name: "blip-vqa", kind: "answering" },
  { name: "blip-captions", kind: "captioning" },
  { name: "blip2-itm", kind: "retrieval" },
];

describe("the tools for the editor's language models", () => {
  let tools: AgentTools;
  let asked: GenerateRequest[];
  let calls: unknown[];
  let found: readonly string[];
  /** What compares, where somebody chose this. */
  let comparing: { readonly model: string; readonly isChosen: boolean };
  let cannot: AppError | undefined;
  const settings = { model: "blip2", altComponents: () => ["img"], altSiteRoots: () => [] };
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
    calls = [];
    found = ["/w/pictures/red.png"];
    comparing = { model: "blip2", isChosen: true };
    cannot = undefined;
    settings.model = "blip2";
    const model = fakePorts().models.modelFor("answers");
    const engine = {
      status: { kind: "off", model: "blip2", world: "everyday" },
      warmUp: () => Promise.resolve(),
      generate: async (request: GenerateRequest) => {
        asked.push(request);
        if (cannot !== undefined) throw cannot;
        return await (await model).generate(request, { signal: new AbortController().signal });
      },
      score: async (request: ScoreRequest) => {
        return await (await model).score(request, { signal: new AbortController().signal });
      },
      call: (method: string, params: unknown) => {
        calls.push([method, params]);
        if (method === "comparingModel") return Promise.resolve(comparing);
        if (method === "compareWithTexts") {
          const { texts } = params as ScoreRequest;
          const scores = texts.map((text, i) => ({ text, itm: i / 2, itc: 0.1 }));
          return Promise.resolve({ model: comparing.model, result: { scores } });
        }
        if (method === "models") return Promise.resolve({ models: MODELS });
        const files = found;
        const matches = files.map((file) => ({
          file,
          similarity: 0.5,
          isLikely: true,
          match: 0.9,
        }));
        const looked = { files, fresh: files, skipped: [], bytesEach: 1 };
        return Promise.resolve({ ...looked, model: "itm", matches });
      },
    };
    tools = createAgentTools({
      engine: engine as unknown as Services["engine"],
      pictures: new EditorPictureReader(),
      settings: settings as unknown as Services["settings"],
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

  it("compare with the chosen model where it can, else with the one that finds pictures, and say which", async () => {
    const asked = { image: "pictures/red.png", texts: ["a", "b"] };
    const compared = async (): Promise<unknown> => await invoke("score_image_text", asked);
    const own = (await compared()) as { model: string; scores: { match: number }[] };
    assert.deepEqual([own.model, own.scores[0]?.match], ["blip2", 0.1]);
    assert.deepEqual(calls, [["comparingModel", { chosen: "blip2" }]]);
    comparing = { model: "blip2-itm", isChosen: false };
    for (settings.model of ["blip2", "demo", "blip-base", "remote:gpu"]) {
      assert.deepEqual(await compared(), {
        ...{ model: "blip2-itm", image: "/w/pictures/red.png" },
        scores: [
          { text: "b", match: 0.5, similarity: 0.1 },
          { text: "a", match: 0, similarity: 0.1 },
        ],
      });
    }
    const [, params] = calls.at(-1) as [string, { image: Uint8Array }];
    assert.deepEqual(params.image, Uint8Array.of(1));
  });

  it("compare with a demo only for whoever has chosen one, and warn of it", async () => {
    const asked = { image: "pictures/red.png", texts: ["a"] };
    comparing = { model: "demo-itm", isChosen: false };
    await assert.rejects(invoke("score_image_text", asked), {
      message: /^model\.missing: No model that compares pictures with texts is installed\./,
    });
    settings.model = "demo";
    const { model, warnings } = (await invoke("score_image_text", asked)) as {
      model: string;
      warnings: string[];
    };
    assert.equal(model, "demo-itm");
    assert.match(warnings.join(), /emoji and coloured shapes only/);
  });

  it("name what is installed and able where the chosen model cannot write such a thing", async () => {
    settings.model = "blip2-itm";
    cannot = new AppError("model.unsupported", 'The model "blip2-itm" writes nothing.');
    const question = { image: "pictures/red.png", question: "what is it?" };
    await assert.rejects(invoke("ask_image", question), {
      message:
        'model.unsupported: The model "blip2-itm" writes nothing. Installed and able to: "blip2-opt", "blip-vqa". The user chooses one with the command “Sightline: Manage Models…”.',
    });
    await assert.rejects(invoke("describe_image", { images: ["pictures/red.png"] }), {
      message: /able to: "blip2-opt", "blip-captions"\./,
    });
    cannot = new AppError("device.failed", "The graphics adapter is gone.");
    await assert.rejects(invoke("ask_image", question), {
      message: "device.failed: The graphics adapter is gone.",
    });
  });

  it("find pictures below the folders that are open, or below the one that is named", async () => {
    const found = {
      model: "itm",
      matches: [{ image: "/w/pictures/red.png", similarity: 0.5, match: 0.9, isLikely: true }],
      ...{ searched: 1, remaining: 0 },
    };
    assert.deepEqual(await invoke("find_images", { query: "red" }), found);
    fakeEditor.files.set(FakeUri.file("/w/pictures").toString(), "folder");
    assert.deepEqual(await invoke("find_images", { query: "red", folder: "pictures" }), found);
    assert.deepEqual(calls.slice(5), [
      ["listPictures", { folders: ["/w/pictures"] }],
      ["knownPictures", { files: ["/w/pictures/red.png"], below: ["/w/pictures"] }],
      ["indexPictures", { files: ["/w/pictures/red.png"] }],
      ["findPictures", { words: "red", k: 10, rerank: 0, below: ["/w/pictures"] }],
      ["findPictures", { words: "red", k: 10, rerank: 4, below: ["/w/pictures"] }],
    ]);
    fakeEditor.folders = [];
    await assert.rejects(invoke("find_images", { query: "red" }), { message: /Open one/ });
  });

  it("check documents, by folder and by name, as they are in the editor", async () => {
    const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
    fakeEditor.files.set(FakeUri.file("/w/docs").toString(), "folder");
    fakeEditor.files.set(
      FakeUri.file("/w/docs/a.md").toString(),
      bytes("![](../pictures/red.png)"),
    );
    fakeEditor.files.set(FakeUri.file("/w/docs/b.md").toString(), bytes("![a fox](nothing.png)"));
    for (const paths of [["docs"], ["docs/a.md", "docs/b.md", "docs"]]) {
      const { findings, documents } = (await invoke("audit_alt_text", { paths })) as {
        findings: { file: string; rule: string }[];
        documents: number;
      };
      assert.equal(documents, 2);
      assert.deepEqual(
        findings.map(({ file, rule }) => [file, rule]),
        [
          ["/w/docs/a.md", "missing"],
          ["/w/docs/b.md", "unresolved"],
        ],
      );
    }
    const { failures } = (await invoke("audit_alt_text", { paths: ["none.md"] })) as {
      failures: { code: string }[];
    };
    assert.equal(failures[0]?.code, "document.missing");
    const outside = await tools.prepare("sightline_audit_alt_text", { paths: ["docs", "/etc"] });
    const { message = "" } = outside.confirmationMessages ?? {};
    assert.ok(typeof message === "string" && message.endsWith(": /etc"));
  });

  it("give words of strangers in the fields for them alone", async () => {
    const bytes = new TextEncoder().encode(orderPage());
    for (const folder of ["/w", `/w/${ORDER}`]) {
      fakeEditor.files.set(FakeUri.file(`${folder}/${ORDER}.png`).toString(), Uint8Array.of(1));
    }
    fakeEditor.files.set(FakeUri.file(`/w/${ORDER}`).toString(), "folder");
    fakeEditor.files.set(FakeUri.file(`/w/${ORDER}/${ORDER}.md`).toString(), bytes);
    found = [`/w/${ORDER}.png`];
    for (const [name, { input, fields }] of Object.entries(ORDER_CALLS)) {
      const answer = withoutQuotations((await invoke(name, input)) as object);
      const failed = fields.filter((field) => !field.startsWith("failures[]"));
      assert.deepEqual(placesOfOrder(answer), failed, name);
    }
    const asking = await tools.prepare("sightline_ask_image", {
      ...{ image: `/elsewhere/${ORDER}.png`, question: "what is it?" },
    });
    // Said to the person, whose files they are.
    assert.deepEqual(placesOfOrder(asking), ["confirmationMessages.message", "invocationMessage"]);
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
