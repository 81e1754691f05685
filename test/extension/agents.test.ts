import assert from "node:assert/strict";
import * as vscode from "vscode";
import { AGENT_CALLS, PAGE, PAGE_NAME, writtenAnswer } from "../helpers/agentCalls";
import { report } from "./report";
import { inWorkspace, sample } from "./world";

/** Of a server that is there; far more than a busy machine needs. */
const MAX_STARTS = 120;

/** What a tool answered, as a language model has it. */
async function textOf(name: string, input: object): Promise<string> {
  const result = await vscode.lm.invokeTool(name, { input, toolInvocationToken: undefined });
  const [part] = result.content;
  assert.ok(part instanceof vscode.LanguageModelTextPart);
  return part.value;
}

async function invoke(name: string, input: object): Promise<Record<string, unknown>> {
  return JSON.parse(await textOf(name, input)) as Record<string, unknown>;
}

describe("the tools for the editor's language models", () => {
  it("are known to the editor", () => {
    const names = vscode.lm.tools.map(({ name }) => name);
    const all = [
      "describe_image",
      "ask_image",
      "find_images",
      "score_image_text",
      "audit_alt_text",
    ];
    for (const name of all) {
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

  it("check alternative texts, and find pictures by words", async () => {
    const audited = await invoke("sightline_audit_alt_text", { paths: ["."] });
    assert.ok(Array.isArray(audited["findings"]));
    assert.equal(audited["remaining"], 0);
    const found = await invoke("sightline_find_images", { query: "a red circle", limit: 3 });
    assert.equal(found["model"], "demo-itm");
    assert.match(JSON.stringify(found["matches"]), /red-circle\.png/);
  });

  it("compare a picture with texts by the model for it, whichever one answers", async () => {
    const { model, scores, warnings } = await invoke("sightline_score_image_text", {
      image: "pictures/red-circle.png",
      texts: ["a red circle", "a blue square"],
    });
    assert.equal(model, "demo-itm");
    const texts = (scores as { text: string }[]).map(({ text }) => text).sort();
    assert.deepEqual(texts, ["a blue square", "a red circle"]);
    assert.match(String(warnings), /emoji and coloured shapes only/);
  });

  it("answer what the documentation shows", async () => {
    const page = inWorkspace(PAGE_NAME);
    await vscode.workspace.fs.writeFile(page, new TextEncoder().encode(PAGE));
    const folder = inWorkspace().fsPath;
    for (const [tool, input] of Object.entries(AGENT_CALLS)) {
      // A failure is an answer, too: what it says is for the agent.
      const answer = await invoke(`sightline_${tool}`, input).catch((thrown: unknown) => {
        const [sentence] = (thrown as Error).message.split("\n");
        return { error: sentence };
      });
      report.answers[tool] = writtenAnswer(answer, folder);
    }
    await vscode.workspace.fs.delete(page);
  });

  it("answer through the server for other agents as well, once the user has said so", async () => {
    const settings = vscode.workspace.getConfiguration("sightline");
    const served = (): readonly string[] =>
      vscode.lm.tools.map(({ name }) => name).filter((name) => name.startsWith("mcp_sightline_"));
    assert.deepEqual(served(), []);
    await settings.update("agents.mcpServer", true, vscode.ConfigurationTarget.Global);
    try {
      // The editor hears of the server a moment after the setting.
      for (let nth = 0; nth < MAX_STARTS && served().length < 5; nth++) {
        const options = { waitForLiveTools: true };
        await vscode.commands.executeCommand("workbench.mcp.startServer", "*", options);
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
      assert.equal(served().length, 5);
      const { answer } = await invoke("mcp_sightline_ask_image", {
        image: sample("red-circle.png").fsPath,
        question: "what color is the circle?",
      });
      assert.equal(answer, "red");
      const outside = { image: "/etc/passwd", question: "what does it say?" };
      assert.match(await textOf("mcp_sightline_ask_image", outside), /^path\.outside: /);
    } finally {
      await settings.update("agents.mcpServer", undefined, vscode.ConfigurationTarget.Global);
    }
  });

  it("refuse what the editor lets through", async () => {
    await assert.rejects(invoke("sightline_ask_image", { image: "a.png", question: 5 }), {
      message: /option\.invalid/,
    });
  });
});
