import assert from "node:assert/strict";
import * as vscode from "vscode";
import { sample } from "./world";

/** What a tool answered, as a language model has it. */
async function invoke(name: string, input: object): Promise<Record<string, unknown>> {
  const result = await vscode.lm.invokeTool(name, { input, toolInvocationToken: undefined });
  const [part] = result.content;
  assert.ok(part instanceof vscode.LanguageModelTextPart);
  return JSON.parse(part.value) as Record<string, unknown>;
}

describe("the tools for the editor's language models", () => {
  it("are known to the editor", () => {
    const names = vscode.lm.tools.map(({ name }) => name);
    for (const name of ["describe_image", "ask_image", "score_image_text"]) {
      assert.ok(names.includes(`sightline_${name}`), names.join(" "));
    }
  });

  it("answer a question about a picture, without any chat extension", async () => {
    const { answer, warnings } = await invoke("sightline_ask_image", {
      image: sample("red-circle.png").fsPath,
      question: "what color is the circle?",
    });
    assert.equal(answer, "red");
    assert.match(String(warnings), /coloured shapes only/);
  });

  it("describe pictures by their paths in the workspace", async () => {
    const { results, remaining } = await invoke("sightline_describe_image", {
      images: ["pictures/red-circle.png", "pictures/nowhere.png"],
    });
    const [first, second] = results as { text?: string; error?: { code: string } }[];
    assert.match(first?.text ?? "", /circle/i);
    assert.equal(second?.error?.code, "image.missing");
    assert.deepEqual(remaining, []);
  });

  it("refuse what the editor lets through", async () => {
    await assert.rejects(invoke("sightline_ask_image", { image: "a.png", question: 5 }), {
      message: /option\.invalid/,
    });
  });
});
