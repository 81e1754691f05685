import assert from "node:assert/strict";
import { silentLogger } from "../../../../src/base/logger";
import type { Conversation } from "../../../../src/host/chat/conversation";
import { ConversationStore, MAX_CONVERSATIONS } from "../../../../src/host/chat/conversationStore";
import { PastedPictures } from "../../../../src/host/chat/pastedPictures";
import { toStored } from "../../../../src/host/chat/storedConversation";
import { FakeMemento, MemoryFolder, pasted } from "../../../helpers/chatFakes";
import { FakeClock } from "../../../helpers/fakeClock";

describe("ConversationStore", () => {
  it("writes a second after the first of many changes, once", () => {
    const { store, clock, memento } = create();
    const conversation = talk("c");
    store.setOpen(conversation);
    for (let n = 0; n < 100; n++) store.changed(conversation);
    clock.advance(999);
    assert.equal(memento.nUpdates, 0);
    clock.advance(1);
    assert.equal(memento.nUpdates, 1);
    clock.advance(10_000);
    assert.equal(memento.nUpdates, 1);
  });

  it("writes at once when a turn is finished, and not again", () => {
    const { store, clock, memento } = create();
    store.changed(talk("c"));
    store.finished(talk("c"));
    assert.equal(memento.nUpdates, 1);
    clock.advance(10_000);
    assert.equal(memento.nUpdates, 1);
    assert.equal(clock.nAlarms, 0);
  });

  it("has everything again in the next window", () => {
    const bench = create();
    bench.store.setOpen(talk("c"));
    bench.store.finished(talk("d"));
    const { store } = create(bench);
    assert.equal(store.open?.id, "c");
    assert.deepEqual(store.get("d")?.turns, talk("d").turns);
  });

  it("lists those with a turn, the newest first, and says which is open", () => {
    const { store } = create();
    store.changed(talk("old"));
    store.changed(talk("new"));
    store.setOpen({ ...talk("empty"), turns: [] });
    store.changed(talk("old"));
    assert.deepEqual(
      store.history().map(({ id, isOpen }) => [id, isOpen]),
      [
        ["old", false],
        ["new", false],
      ],
    );
    store.setOpen(store.get("new")!);
    assert.deepEqual(
      store.history().map(({ isOpen }) => isOpen),
      [false, true],
    );
  });

  it("forgets the oldest beyond fifty, with its pasted pictures, but never the open one", async () => {
    const { store, pictures, folder } = create();
    const shared = pictures.add(pasted("shared"));
    const own = pictures.add(pasted("own"));
    store.setOpen(withFiles(talk("open"), [shared]));
    store.changed(store.get("open")!);
    store.changed(withFiles(talk("oldest"), [shared, own]));
    for (let n = 2; n < MAX_CONVERSATIONS; n++) store.changed(talk(`c${n}`));
    assert.equal(store.history().length, MAX_CONVERSATIONS);
    store.changed(talk("one too many"));
    await pictures.drained();
    assert.equal(store.history().length, MAX_CONVERSATIONS);
    assert.equal(store.get("oldest"), undefined);
    assert.ok(store.get("open"));
    assert.deepEqual([...folder.files.keys()], [shared]);
  });

  it("forgets too many at the start as well", () => {
    const bench = create();
    const conversations = Array.from({ length: 60 }, (_, n) => ({
      ...talk(`c${n}`),
      updatedAt: n,
    }));
    const stored = toStored({ openId: "c0", conversations });
    void bench.memento.update("sightline.conversations", stored);
    const { store } = create(bench);
    assert.equal(store.history().length, MAX_CONVERSATIONS);
    assert.equal(store.open?.id, "c0");
    assert.equal(store.get("c10"), undefined);
    assert.ok(store.get("c11"));
  });

  it("deletes one with the pictures that nobody else needs, at once", async () => {
    const { store, pictures, folder, memento } = create();
    const shared = pictures.add(pasted("shared"));
    const own = pictures.add(pasted("own"));
    store.changed(withFiles(talk("c"), [shared, own]));
    store.changed(withFiles(talk("d"), [shared]));
    store.delete("c");
    store.delete("nobody");
    await pictures.drained();
    assert.deepEqual([...folder.files.keys()], [shared]);
    assert.equal(memento.nUpdates, 1);
    assert.deepEqual(
      store.history().map(({ id }) => id),
      ["d"],
    );
  });

  it("forgets a conversation without turns when another is opened", async () => {
    const { store, pictures, folder } = create();
    store.setOpen(withFiles({ ...talk("c"), turns: [] }, [pictures.add(pasted("x"))]));
    store.setOpen(talk("d"));
    await pictures.drained();
    assert.equal(store.get("c"), undefined);
    assert.equal(folder.files.size, 0);
  });

  it("releases a file only when no conversation needs it", async () => {
    const { store, pictures, folder } = create();
    const [used, unused] = [pictures.add(pasted("1")), pictures.add(pasted("2"))];
    store.changed(withFiles(talk("c"), [used]));
    store.release([used, unused]);
    await pictures.drained();
    assert.deepEqual([...folder.files.keys()], [used]);
  });

  it("begins with nothing where what was kept is damaged", () => {
    const bench = create();
    void bench.memento.update("sightline.conversations", { version: 1, conversations: "?" });
    const { store } = create(bench);
    assert.equal(store.open, undefined);
    assert.deepEqual(store.history(), []);
  });

  it("goes on when nothing can be kept", async () => {
    const { store, memento, warnings } = create();
    memento.failure = new Error("disk full");
    store.finished(talk("c"));
    await new Promise(setImmediate);
    assert.equal(warnings.length, 1);
    assert.ok(store.get("c"));
  });
});

interface Bench {
  readonly store: ConversationStore;
  readonly clock: FakeClock;
  readonly memento: FakeMemento;
  readonly folder: MemoryFolder;
  readonly pictures: PastedPictures;
  readonly warnings: string[];
}

function create(before?: Bench): Bench {
  const clock = new FakeClock();
  const memento = before?.memento ?? new FakeMemento();
  const folder = before?.folder ?? new MemoryFolder();
  const warnings: string[] = [];
  const log = { ...silentLogger, warn: (text: string) => warnings.push(text) };
  const pictures = new PastedPictures({ folder, goneText: "It is gone.", log });
  let nowMs = 1;
  const wallTime = (): number => nowMs++;
  const store = new ConversationStore({ memento, pasted: pictures, clock, wallTime, log });
  return { store, clock, memento, folder, pictures, warnings };
}

function talk(id: string): Conversation {
  const picture = { id: "p", name: "a.png", isSelected: true, isRemoved: false };
  return {
    id,
    title: id,
    updatedAt: 0,
    pictures: [{ ...picture, location: { kind: "uri", uri: "file:///a.png" } }],
    turns: [
      {
        ...{ id: "t", pictureId: "p", pictureName: "a.png", question: "what?", answer: "it" },
        task: { kind: "question" },
        state: "done",
      },
    ],
  };
}

function withFiles(conversation: Conversation, files: readonly string[]): Conversation {
  const pictures = files.map((file, index) => ({
    ...{ id: `q${index}`, name: "image.png", isSelected: false, isRemoved: false },
    location: { kind: "pasted", file } as const,
  }));
  return { ...conversation, pictures: [...conversation.pictures, ...pictures] };
}
