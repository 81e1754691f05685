import { fakeEditor, messageTexts, resetFakeEditor } from "../../../helpers/editor/fakeEditor";
import assert from "node:assert/strict";
import { askToFetch } from "../../../../src/editor/pictures/remotePictures";

const url = (text: string): URL => new URL(text);
const CAT = url("https://cdn.example/cat.png");
const DOG = url("https://cdn.example/dog.png");
const OTHER = url("https://other.example:8443/x.png");

describe("the question before pictures are fetched", () => {
  let remoteHosts: string[] = [];

  beforeEach(() => {
    resetFakeEditor();
    remoteHosts = [];
  });

  const ask = (...urls: readonly URL[]): Promise<(of: URL) => boolean> =>
    askToFetch(
      { remoteHosts, allowRemoteHost: (host) => Promise.resolve(void remoteHosts.push(host)) },
      urls,
    );

  it("is one for all pictures, and none where there is nothing to fetch", async () => {
    assert.equal((await ask())(CAT), true);
    assert.deepEqual(messageTexts(), []);
    fakeEditor.pressed.add("Fetch");
    const mayFetch = await ask(CAT, DOG, OTHER);
    assert.deepEqual([CAT, DOG, OTHER].map(mayFetch), [true, true, true]);
    await ask(CAT, DOG);
    assert.deepEqual(messageTexts(), [
      "Fetch 3 pictures from the network?",
      "Fetch 2 pictures from cdn.example?",
    ]);
    assert.deepEqual(remoteHosts, []);
  });

  it("keeps a server for good where that is wanted, and asks no more about it", async () => {
    fakeEditor.pressed.add("Always From cdn.example");
    assert.equal((await ask(CAT, DOG))(CAT), true);
    assert.deepEqual(remoteHosts, ["cdn.example"]);
    fakeEditor.pressed.clear();
    assert.equal((await ask(DOG))(DOG), true);
    assert.equal(messageTexts().length, 1);
  });

  it("offers that for one server only, and leaves out those that are allowed", async () => {
    fakeEditor.pressed.add("Always From cdn.example");
    assert.equal((await ask(CAT, OTHER))(CAT), false);
    assert.equal(remoteHosts.length, 0);
    remoteHosts.push("cdn.example");
    fakeEditor.pressed.clear();
    const mayFetch = await ask(CAT, OTHER);
    assert.equal(messageTexts().at(-1), "Fetch this picture from other.example:8443?");
    // Who says no to one has not said no to the other.
    assert.deepEqual([mayFetch(CAT), mayFetch(OTHER)], [true, false]);
  });
});
