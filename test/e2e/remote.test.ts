/** A server in the place of this machine: chosen, agreed to, asked, forbidden, and everything that goes wrong with it. */

import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import type { Locator } from "playwright-core";
import {
  type AnswerChat,
  answerStreamed,
  answerWhole,
  type ChatServer,
  startChatServer,
} from "../helpers/chatServer";
import { ChatPage } from "./chatPage";
import { untilTrue } from "./polling";
import { take } from "./takePicture";
import { useEditor } from "./useEditor";

/** For a look, and not for the documents. */
const FOLDER = path.resolve("out/e2e/screenshots");
const TOKEN = "right-token";

/** How a question is answered from now on; the first pieces of the others wait for ever. */
let way: AnswerChat = answered;
let nClosed = 0;

function answered(
  { body }: { readonly body: { readonly stream?: boolean } },
  response: Parameters<AnswerChat>[1],
): void {
  if (body.stream === true) answerStreamed(response, "a green circle");
  else answerWhole(response, "a green circle");
}

const unfinished: AnswerChat = (_, response) => {
  response.on("close", () => nClosed++);
  response.write('data: {"choices":[{"delta":{"content":"a"}}]}\n\n');
};

describe("a server in the editor", () => {
  let server: ChatServer;
  let origin = "";

  // Before the editor's own hook, whose settings name it.
  before(async () => {
    const answer: AnswerChat = (asked, response) => {
      if (asked.body.model === "blip2-tiny") return way(asked, response);
      response.writeHead(400).end('{"detail":"Server is pinned to \'blip2-tiny\'"}');
    };
    server = await startChatServer(answer, {
      ...{ token: TOKEN, models: ["blip2-tiny", "llava"] },
    });
    origin = new URL(server.url).host;
    settings["sightline.remote.endpoints"] = [
      { ...endpoint("gpu", server.url), model: "blip2-tiny", maxParallel: 3 },
      { ...endpoint("wrong model", server.url), model: "blip2-opt" },
      { ...endpoint("gone", "http://127.0.0.1:9"), model: "blip2-tiny" },
    ];
    await mkdir(FOLDER, { recursive: true });
  });
  const settings: Record<string, unknown> = {};
  const editor = useEditor({
    files: {
      "red-circle.png": { from: "media/samples/red-circle.png" },
      "two-stars.png": { from: "media/samples/two-stars.png" },
      "four-shapes.png": { from: "media/samples/four-shapes.png" },
      "post.md": "![](red-circle.png)\n\n![](two-stars.png)\n\n![](four-shapes.png)\n",
    },
    settings,
  });
  after(() => server.close());

  const chat = (): ChatPage => new ChatPage(editor().view);
  const answer = (): Locator => chat().turns.last();
  const choose = async (label: string): Promise<void> => {
    await editor().runCommand("Sightline: Manage Models…");
    await editor().quickInput.choose(label);
  };
  const consent = "Send pictures of this workspace to 127.0.0.1";

  it("is offered with a word on what leaves, and gets nothing from who refuses", async () => {
    await editor().runCommand("Sightline: Manage Models…");
    await editor().quickInput.field.fill("gpu");
    await editor()
      .page.getByText("You are asked before the first picture is sent")
      .first()
      .waitFor();
    await take(editor(), path.join(FOLDER, "remote-list"));
    await editor().quickInput.choose("gpu");
    await editor().messages.dialog(consent).waitFor();
    await take(editor(), path.join(FOLDER, "remote-consent"));
    await editor().messages.answerDialog(consent, "Cancel");
    await editor().messages.statusItem.waitFor();
    assert.deepEqual(server.asked, []);
    assert.doesNotMatch(await editor().messages.statusItem.innerText(), /127\.0\.0\.1/);
  });

  it("wants its token before a picture is sent, and takes the right one without a restart", async () => {
    const { messages, quickInput } = editor();
    await choose("gpu");
    await messages.answerDialog(consent, "Send Pictures");
    await messages.notification(/wants another token/).waitFor();
    await messages.press(/wants another token/, "Set Token");
    await quickInput.choose("gpu");
    await quickInput.answer("wrong-token");
    await choose("gpu");
    await messages.notification(/wants another token/).waitFor();
    assert.deepEqual(server.asked, []);
    await messages.press(/wants another token/, "Set Token");
    await quickInput.choose("gpu");
    await quickInput.answer(TOKEN);
    await choose("gpu");
    await untilTrue(
      async () => (await messages.statusItem.innerText()).includes(origin),
      "the server's name in the status bar",
    );
  });

  it("answers, and the answer says whose it is", async () => {
    await editor().explorer.choose("red-circle.png", "Ask About This Image…");
    await chat().ask("what color is the shape?");
    assert.equal((await chat().untilLast(1, "done")).answer, "a green circle");
    await answer().getByText(`from ${origin}`).waitFor();
    const [asked, ...others] = server.asked;
    assert.deepEqual(others, []);
    assert.deepEqual(
      [asked?.picture.readUInt32BE(16), asked?.picture.readUInt32BE(20)],
      [224, 224],
    );
    for (const theme of ["light", "dark", "highContrast", "highContrastLight"] as const) {
      await editor().useTheme(theme);
      await take(editor(), path.join(FOLDER, `remote-chat-${theme}`));
    }
  });

  it("describes several pictures at once, as many as it may", async () => {
    let [nRunning, most] = [0, 0];
    const held: (() => void)[] = [];
    way = (asked, response) => {
      most = Math.max(most, ++nRunning);
      held.push(() => {
        nRunning--;
        answered(asked, response);
      });
      // The first alone, because nobody knows yet how many it takes; then what may go together.
      const nBefore = server.asked.length;
      if (nBefore === 2 || held.length > 1) for (const go of held.splice(0)) setTimeout(go, 20);
    };
    await editor().text.open("post.md");
    await editor().runCommand("Sightline: Generate Alt Text for All Images in This File");
    assert.match((await editor().quickInput.texts()).title, /which pictures/);
    await editor().keyboard.press("Enter");
    await editor()
      .page.locator(".quick-input-title", { hasText: "Write these alt texts?" })
      .waitFor();
    await editor().keyboard.press("Enter");
    await editor().text.untilChanged();
    assert.match(await editor().text.savedText("post.md"), /^!\[A green circle\]/);
    assert.ok(most > 1 && most <= 3, `${most} at once`);
    way = answered;
  });

  it("gets nothing more at once when the consent is taken back", async () => {
    way = unfinished;
    await editor().runCommand("View: Show Explorer");
    await editor().explorer.untilFocused();
    await editor().explorer.choose("two-stars.png", "Ask About This Image…");
    const nBefore = server.asked.length;
    await chat().ask("how many stars?");
    await untilTrue(() => Promise.resolve(server.asked.length > nBefore), "the question there");
    await editor().runCommand("Sightline: Manage Models…");
    await editor().quickInput.pressButton(
      "gpu",
      `Send no more pictures of this workspace to ${origin}`,
    );
    await untilTrue(() => Promise.resolve(nClosed === 1), "the end of the request");
    // The list is drawn anew, without the button.
    await editor()
      .page.locator(".quick-input-list .monaco-list-row", { hasText: "gpu" })
      .filter({ hasText: "You are asked" })
      .waitFor();
    await editor().quickInput.cancel();
    await chat().untilLast(2, "stopped");
    way = answered;
    const nAfter = server.asked.length;
    await chat().ask("how many stars?");
    await editor().messages.answerDialog(consent, "Cancel");
    await chat().untilLast(3, "stopped");
    assert.equal(server.asked.length, nAfter);
  });

  it("says what is wrong: a model that it does not have, and nobody at the address", async () => {
    const { messages } = editor();
    await choose("wrong model");
    await messages.answerDialog(consent, "Send Pictures");
    await messages
      .notification(/does not know the model "blip2-opt"\. It has "blip2-tiny", "llava"/)
      .waitFor();
    await choose("gone");
    await messages.answerDialog(consent, "Send Pictures");
    await messages.notification(/"gone" \(127\.0\.0\.1:9\) did not answer/).waitFor();
    await take(editor(), path.join(FOLDER, "remote-failures"));
    // Neither has taken the place of the one before.
    assert.match(await messages.statusItem.innerText(), new RegExp(`gpu|${origin}`));
  });

  function endpoint(name: string, url: string): Record<string, unknown> {
    return { name, url, dialect: "transformers", family: "opt" };
  }
});
