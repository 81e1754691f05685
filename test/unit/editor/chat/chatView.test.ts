import assert from "node:assert/strict";
import { createChat } from "../../../../src/editor/chat/chat";
import { readToChat } from "../../../../src/protocol/views/chatMessages";
import { hangs, says, settled } from "../../../helpers/chatFakes";
import { addFile, ChatWorld } from "../../../helpers/chatServices";
import { fakeEditor, messageTexts, resetFakeEditor } from "../../../helpers/editor/fakeEditor";
import { FakeUri } from "../../../helpers/editor/values";
import { FakeWebviewView } from "../../../helpers/editor/windowParts";

describe("the chat's view", () => {
  beforeEach(resetFakeEditor);

  it("is only there when it is looked at, and makes nothing before", async () => {
    const world = new ChatWorld();
    const started = createChat(world.services());
    assert.ok(fakeEditor.views.has("sightline.chat"));
    assert.equal(world.nListeners, 0);
    assert.deepEqual(fakeEditor.executed, []);
    const view = new FakeWebviewView();
    await fakeEditor.views.get("sightline.chat")?.resolveWebviewView(view);
    assert.notEqual(view.webview.html, "");
    assert.equal(world.nListeners, 1);
    started.dispose();
    await settled();
    assert.equal(world.nListeners, 0);
    assert.equal(fakeEditor.views.size, 0);
  });

  it("is made by the command that is run first, too", async () => {
    const world = new ChatWorld();
    const { commands, dispose } = createChat(world.services());
    await commands["sightline.openChat"]?.();
    assert.ok(fakeEditor.executed.some(([id]) => id === "sightline.chat.focus"));
    dispose();
  });

  it("shows a page that may load the built files and nothing else", () => {
    const world = new ChatWorld();
    world.open();
    const { options, html } = world.view.webview;
    const roots = (options as { localResourceRoots: FakeUri[] }).localResourceRoots;
    assert.deepEqual(roots.map(String), ["file:///extension/dist/webview"]);
    assert.match(html, /src="https:\/\/page\.example\/extension\/dist\/webview\/chat\.js"/);
    const again = new ChatWorld();
    again.open();
    const nonceOf = (text: string): string => /'nonce-([0-9a-f]{32})'/.exec(text)?.[1] ?? "";
    assert.notEqual(nonceOf(html), "");
    assert.notEqual(nonceOf(html), nonceOf(again.view.webview.html));
  });

  it("shows a page in the language that its sentences have", () => {
    fakeEditor.language = "de-AT";
    const world = new ChatWorld();
    world.open();
    assert.match(world.view.webview.html, /<html lang="en">/);
    fakeEditor.bundle = { Ask: "Fragen" };
    const translated = new ChatWorld();
    translated.open();
    assert.match(translated.view.webview.html, /<html lang="de-AT">/);
  });

  it("tells the page everything when it is ready, and nothing before", async () => {
    const world = new ChatWorld();
    world.open();
    world.tell({ kind: "starting", model: "demo" });
    await world.run("sightline.askAboutImage", addFile("a.png"));
    assert.deepEqual(world.view.posted, []);
    await world.say({ type: "ready" });
    const types = (world.view.posted as { type: string }[]).map(({ type }) => type);
    assert.deepEqual(types.slice(0, 2), ["chatReplaced", "composerFocused"]);
    const [message] = world.posted("chatReplaced");
    assert.deepEqual(
      message?.chat.pictures.map(({ name }) => name),
      ["a.png"],
    );
    assert.equal(message.chat.engine.label, "Starting…");
  });

  it("follows the engine", async () => {
    const world = await ready();
    world.tell({ kind: "ready", model: "demo", device: "cpu" });
    assert.equal(world.posted("engineChanged").at(-1)?.engine.label, "demo · CPU");
  });

  it("asks and answers, and everything it posts is understood", async () => {
    const world = await ready();
    world.engine.script = [says("two", " dogs\n")];
    await world.say({ type: "addPictures", pictures: [{ name: " ", bytes: new Uint8Array([1]) }] });
    await world.say({ type: "ask", question: "how many dogs?" });
    assert.equal(world.posted("turnChanged").at(-1)?.turn.answer, "two dogs");
    assert.equal(world.posted("turnAdded")[0]?.turn.pictureName, "Pasted picture");
    for (const message of world.view.posted) readToChat(JSON.parse(JSON.stringify(message)));
  });

  it("keeps going while the page is away, and shows the next page what happened", async () => {
    const world = await ready();
    await world.run("sightline.askAboutImage", addFile("a.png"));
    world.engine.script = [says("a", " cat")];
    world.view.visible = false;
    await world.view.visibilityChanged.fire(undefined);
    world.view.posted.length = 0;
    await world.say({ type: "ask", question: "what?" });
    assert.deepEqual(world.view.posted, []);
    world.view.visible = true;
    await world.say({ type: "ready" });
    assert.equal(world.posted("chatReplaced")[0]?.chat.turns[0]?.answer, "a cat");
  });

  it("goes on in another place when the view is moved", async () => {
    const world = await ready();
    await world.view.disposed.fire(undefined);
    const second = new FakeWebviewView();
    world.attach(second);
    await second.received.fire({ type: "ready" });
    assert.equal(second.posted.length, 1);
    assert.equal(world.view.received.nListeners, 0);
  });

  it("does nothing for a message that is none, and says so in the log only", async () => {
    const world = await ready();
    world.view.posted.length = 0;
    for (const message of [null, "ask", { type: "ask" }, { type: "erase", all: true }]) {
      await world.say(message);
    }
    assert.deepEqual([world.view.posted, world.shown], [[], []]);
  });

  it("stops, retries, copies and runs what the page asks for", async () => {
    const world = await ready();
    await world.run("sightline.askAboutImage", addFile("a.png"));
    world.engine.script = [hangs("a bl"), says("a cat")];
    const asked = world.say({ type: "ask", question: "what?" });
    await settled();
    assert.deepEqual(contextKeys()["sightline.isAnswering"], true);
    await world.say({ type: "stop" });
    await asked;
    assert.deepEqual(contextKeys(), { "sightline.isAnswering": false });
    const turnId = world.posted("turnAdded")[0]!.turn.id;
    await world.say({ type: "retry", turnId });
    await world.say({ type: "copy", turnId });
    assert.equal(fakeEditor.clipboard, "a cat");
    await world.say({ type: "runAction", actionId: "showLog" });
    assert.deepEqual(world.actions, ["showLog"]);
    await world.say({ type: "openMenu" });
    assert.ok(fakeEditor.executed.some(([id]) => id === "sightline.showMenu"));
    await world.say({ type: "newConversation" });
    assert.deepEqual(world.posted("chatReplaced").at(-1)?.chat.turns, []);
  });

  it("leaves clipboard and document alone where there is no answer", async () => {
    const world = await ready();
    fakeEditor.clipboard = "precious";
    for (const type of ["copy", "insert"]) await world.say({ type, turnId: "nothing" });
    assert.equal(fakeEditor.clipboard, "precious");
    assert.deepEqual(messageTexts(), []);
  });

  it("stops with the command as well", async () => {
    const world = await ready();
    await world.run("sightline.askAboutImage", addFile("a.png"));
    world.engine.script = [hangs("a bl")];
    const asked = world.say({ type: "ask", question: "what?" });
    await settled();
    await world.run("sightline.stopAnswer");
    await asked;
    assert.equal(world.posted("turnChanged").at(-1)?.turn.state, "stopped");
  });

  it("takes files that are dropped from the editor, and says which are no pictures", async () => {
    const world = await ready();
    const uris = [addFile("a.png"), addFile("notes.txt"), FakeUri.file("/w/gone.png")].map(String);
    await world.say({ type: "addUris", uris: [...uris, "::", "https://x.example/"] });
    assert.deepEqual(
      world.posted("picturesChanged")[0]?.pictures.map(({ name }) => name),
      ["a.png"],
    );
    assert.deepEqual(
      world.posted("noticeShown").map(({ notice }) => notice.text.split(".")[0]),
      ["notes", "gone", "https://x"],
    );
  });

  it("toggles the history once, however often it was asked for before the page was there", async () => {
    const world = new ChatWorld();
    await world.run("sightline.showHistory");
    await world.run("sightline.showHistory");
    await world.say({ type: "ready" });
    assert.equal(world.posted("historyToggled").length, 1);
    await world.run("sightline.showHistory");
    assert.equal(world.posted("historyToggled").length, 2);
  });

  it("puts the keyboard into the question's field of a page that is there", async () => {
    const world = await ready();
    await world.run("sightline.openChat");
    assert.equal(world.posted("composerFocused").length, 1);
    await world.run("sightline.newConversation");
    assert.equal(world.posted("composerFocused").length, 2);
  });

  it("keeps pasted pictures in the workspace's storage", async () => {
    const world = await ready();
    await world.say({ type: "addPictures", pictures: [{ name: "image.png", bytes: bytes("x") }] });
    await settled();
    const files = [...fakeEditor.files.keys()];
    assert.equal(files.length, 1);
    assert.match(files[0] ?? "", /^file:\/\/\/storage\/pictures\/[0-9a-f]{64}\.png$/);
  });

  it("ends with the feature", async () => {
    const world = await ready();
    world.chat.dispose();
    assert.equal(world.nListeners, 0);
  });
});

async function ready(): Promise<ChatWorld> {
  const world = new ChatWorld();
  world.open();
  await world.say({ type: "ready" });
  return world;
}

function contextKeys(): Record<string, unknown> {
  const calls = fakeEditor.executed.filter(([id]) => id === "setContext");
  return Object.fromEntries(calls.map(([, key, value]) => [String(key), value]));
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
