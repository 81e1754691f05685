import assert from "node:assert/strict";
import type { ChatPicture, ChatTurn, Conversation } from "../../../../src/host/chat/conversation";
import {
  fromStored,
  toStored,
  type StoredChats,
} from "../../../../src/host/chat/storedConversation";

const file = `${"0a".repeat(32)}.png`;
const pictures: ChatPicture[] = [
  {
    id: "p",
    name: "a.png",
    location: { kind: "uri", uri: "file:///a.png" },
    isSelected: true,
    isRemoved: false,
  },
  {
    id: "q",
    name: "b.png",
    location: { kind: "pasted", file },
    isSelected: false,
    isRemoved: true,
  },
];
const turn: ChatTurn = {
  id: "t",
  pictureId: "p",
  pictureName: "a.png",
  task: { kind: "question" },
  question: "what?",
  answer: "a dog",
  state: "done",
  durationMs: 3.5,
  digest: "abc",
};
const full: Conversation = {
  id: "c",
  title: "what? · a.png",
  updatedAt: 5,
  pictures,
  turns: [turn],
};

describe("stored conversations", () => {
  it("are read as they were written", () => {
    const failed: ChatTurn = {
      ...{ id: "u", pictureId: "q", pictureName: "b.png", question: "Describe", answer: "" },
      task: { kind: "description", length: "long" },
      state: "failed",
      notice: { text: "It failed.", actions: [] },
    };
    const conversation = { ...full, turns: [turn, failed] };
    const chats = { openId: "c", conversations: [conversation, { ...full, id: "d" }] };
    assert.deepEqual(again(chats), chats);
    assert.deepEqual(again({ openId: undefined, conversations: [] }).conversations, []);
  });

  it("keep nothing of what is made anew: thumbnails, problems, buttons", () => {
    const looked: ChatPicture = { ...pictures[0]!, thumbnail: "data:x", problem: "gone", width: 3 };
    const notice = { text: "It failed.", actions: [{ id: "log", label: "Show Log" }] };
    const failed: ChatTurn = { ...turn, state: "failed", notice };
    const stored = again({
      openId: "c",
      conversations: [{ ...full, pictures: [looked], turns: [failed] }],
    }).conversations[0];
    assert.deepEqual(stored?.pictures[0], pictures[0]);
    assert.deepEqual(stored?.turns[0]?.notice, { text: "It failed.", actions: [] });
  });

  it("show a turn as stopped that was being answered when the window closed", () => {
    for (const state of ["waiting", "streaming"] as const) {
      const open = { ...full, turns: [{ ...turn, state }] };
      const [stored] = again({ openId: "c", conversations: [open] }).conversations;
      assert.equal(stored?.turns[0]?.state, "stopped");
      assert.equal(stored.turns[0].answer, "a dog");
    }
  });

  it("keep the newest two hundred turns and a bounded part of a text", () => {
    const turns = Array.from({ length: 300 }, (_, n) => ({ ...turn, id: `t${n}` }));
    turns.push({ ...turn, id: "long", answer: "x".repeat(1e6) });
    const [stored] = again({ openId: "c", conversations: [{ ...full, turns }] }).conversations;
    assert.equal(stored?.turns.length, 200);
    assert.equal(stored.turns[0]?.id, "t101");
    assert.equal(stored.turns.at(-1)?.answer.length, 10_000);
  });

  for (const value of [
    ...[undefined, null, 1, "text", [], {}, { version: 2, conversations: [] }],
    ...[{ version: "1" }, { version: 1 }, { version: 1, conversations: 3 }],
    { version: 1, conversations: [null, 1, {}, { id: 3 }] },
  ]) {
    it(`are none in ${nameOf(value)}`, () => {
      assert.deepEqual(fromStored(value), { openId: undefined, conversations: [] });
    });
  }

  it("lose what is damaged and keep the rest", () => {
    const stored = plain({ openId: "x", conversations: [full] });
    const { pictures: shown, turns } = stored.conversations[0]!;
    shown.push({ id: "r" }, null, { ...asObject(shown[1]), file: "../x" });
    turns.push({ id: "u" }, 5, { ...asObject(turns[0]), pictureId: "nobody" });
    const late = plain({ openId: "x", conversations: [{ ...full, id: "d" }] });
    stored.conversations.push(...late.conversations.map((one) => ({ ...one, updatedAt: "soon" })));
    assert.deepEqual(fromStored(stored), { openId: undefined, conversations: [full] });
  });

  it("know each conversation once", () => {
    const chats = { openId: "c", conversations: [full, { ...full, title: "other" }] };
    assert.deepEqual(again(chats), { openId: "c", conversations: [full] });
  });

  it("never lead out of the folder of pasted pictures", () => {
    for (const name of ["../../etc/passwd", "/etc/passwd", `${file}/..`, "a.png", `x${file}`, ""]) {
      const stored = plain({ openId: "c", conversations: [full] });
      Object.assign(stored.conversations[0]?.pictures[1] ?? {}, { file: name });
      assert.deepEqual(
        fromStored(stored).conversations[0]?.pictures.map(({ id }) => id),
        ["p"],
        name,
      );
    }
  });
});

/** The stored form as loose data that a test may damage. */
interface Loose {
  readonly pictures: (object | number | null)[];
  readonly turns: (object | number | null)[];
}

interface Plain {
  readonly conversations: Loose[];
}

function plain(chats: StoredChats): Plain {
  return JSON.parse(JSON.stringify(toStored(chats))) as Plain;
}

function again(chats: StoredChats): StoredChats {
  return fromStored(plain(chats));
}

function asObject(value: unknown): object {
  return typeof value === "object" && value !== null ? value : assert.fail("no object");
}

function nameOf(value: unknown): string {
  return value === undefined ? "nothing" : JSON.stringify(value);
}
