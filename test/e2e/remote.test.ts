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
    // The choice is taken back a moment later, and would be taken back from the next test.
    await untilTrue(
      async () => !/gpu|127\.0\.0\.1/.test(await editor().messages.statusItem.innerText()),
      "the model before in the status bar",
    );
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

  it("is added step by step with the keyboard alone, tested, used, and removed again", async () => {
    const { messages, quickInput, keyboard, page } = editor();
    const second = await startChatServer(answered, { token: TOKEN, models: ["blip2-tiny"] });
    const { host, port } = new URL(second.url);
    const step = async (nth: number): Promise<void> => {
      await page.locator(".quick-input-title", { hasText: `(${nth}/6)` }).waitFor();
    };
    try {
      await keyboard.unplugMouse();
      await editor().runCommand("Sightline: Add a Remote Engine…");
      await step(1);
      await quickInput.choose("transformers serve, or Ray Serve");
      await step(2);
      await quickInput.answer("http://gpu.example");
      await page.getByText("Pictures go only over https://").first().waitFor();
      await take(editor(), path.join(FOLDER, "remote-add-address"));
      // One that nobody listens at, with the wrong token: both are mended.
      await quickInput.answer("http://127.0.0.1:9");
      await step(3);
      await quickInput.answer("second");
      await step(4);
      await quickInput.answer("wrong");
      await messages.dialog("The server at http://127.0.0.1:9 cannot be used yet.").waitFor();
      await take(editor(), path.join(FOLDER, "remote-add-failure"));
      await keyboard.tabTo("Change the Address");
      await keyboard.press("Enter");
      await step(2);
      await quickInput.answer(`${second.url}/v1`);
      await step(3);
      await keyboard.press("Enter");
      await step(4);
      await keyboard.press("Enter");
      await messages.dialog(`The server at http://${host} cannot be used yet.`).waitFor();
      await keyboard.tabTo("Change the Token");
      await keyboard.press("Enter");
      await step(4);
      await quickInput.answer(TOKEN);
      await step(5);
      assert.deepEqual(await quickInput.labels(), ["blip2-tiny", "Another model…"]);
      await take(editor(), path.join(FOLDER, "remote-add-models"));
      await quickInput.choose("blip2-tiny");
      await step(6);
      await quickInput.choose("OPT, pictures of 224 × 224 pixels");
      await messages.dialog(consent).filter({ hasText: port }).waitFor();
      assert.equal(second.asked.length, 0);
      await keyboard.press("Enter");
      await messages.notification("The server second is added").waitFor();
      // The newest notification is the first; elsewhere the key of its button is one of the editor's text.
      await editor().runCommand("Notifications: Focus Notification Toast");
      await keyboard.tabTo("Test It");
      await keyboard.press("Enter");
      await messages
        .notification(/was sent a red circle that was drawn here\. It says: “a green circle”/)
        .waitFor();
      await take(editor(), path.join(FOLDER, "remote-add-tested"));
      const [asked, ...others] = second.asked;
      assert.deepEqual(others, []);
      const { picture } = asked!;
      assert.deepEqual([picture.readUInt32BE(16), picture.readUInt32BE(20)], [224, 224]);
      await untilTrue(
        async () => (await messages.statusItem.innerText()).includes(host),
        "the server's name in the status bar",
      );
      await editor().runCommand("Sightline: Manage Models…");
      // The end of the list is drawn only when it is near.
      await quickInput.field.fill("Delete a model");
      await quickInput.choose("Delete a model, a download or a server…");
      await quickInput.choose("second");
      await messages.dialog("Remove the server second?").waitFor();
      await keyboard.press("Enter");
      // The list comes back without it.
      await page.locator(".quick-input-title", { hasText: "Manage models" }).waitFor();
      await untilTrue(
        async () => (await quickInput.labels()).includes("gone"),
        "the servers that are left",
      );
      assert.ok(!(await quickInput.labels()).includes("second"));
      await quickInput.cancel();
      await untilTrue(
        async () => !(await messages.statusItem.innerText()).includes(host),
        "another model in the status bar",
      );
    } finally {
      await second.close();
    }
  });

  function endpoint(name: string, url: string): Record<string, unknown> {
    return { name, url, dialect: "transformers", family: "opt" };
  }
});
