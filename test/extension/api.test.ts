import assert from "node:assert/strict";
import * as vscode from "vscode";
import type { SightlineApi } from "../../src/editor/api/api";
import { extension, inWorkspace, sample } from "./world";

describe("the calls for other extensions", () => {
  let api: SightlineApi;

  before(async () => {
    api = await extension().activate();
  });

  it("answer a question about a picture", async () => {
    assert.equal(await api.ask(sample("red-circle.png"), "what color is the circle?"), "red");
    assert.equal(await api.ask(sample("two-stars.png"), "how many stars are there?"), "two");
  });

  it("describe a picture in a phrase", async () => {
    const text = await api.describe(sample("red-circle.png"));
    assert.match(text, /circle/i);
    assert.doesNotMatch(text, /photo|picture|image/i);
  });

  it("name a picture that is not there", async () => {
    await assert.rejects(api.ask(inWorkspace("nowhere.png"), "what is it?"), {
      code: "image.missing",
      message: /nowhere\.png/,
    });
  });

  it("refuse what is no question", async () => {
    await assert.rejects(api.ask(sample("red-circle.png"), " "), { code: "option.invalid" });
  });

  it("end when the caller's token fires", async () => {
    const source = new vscode.CancellationTokenSource();
    const call = api.ask(sample("red-circle.png"), "what is it?", { token: source.token });
    source.cancel();
    await assert.rejects(call, { code: "request.cancelled" });
  });
});
