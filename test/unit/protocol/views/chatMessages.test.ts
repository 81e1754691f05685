import assert from "node:assert/strict";
import { AppError } from "../../../../src/base/errors";
import {
  type FromChat,
  readFromChat,
  readToChat,
  type ToChat,
  type TurnView,
  VIEW_LIMITS,
} from "../../../../src/protocol/views/chatMessages";

const notice = { text: "It failed.", actions: [{ id: "log", label: "Show Log" }] };
const picture = {
  id: "p",
  name: "cat.png",
  thumbnail: "data:image/webp;base64,AA==",
  width: 3,
  height: 4,
  isSelected: true,
  problem: "It is gone.",
};
const plainTurn: TurnView = {
  id: "t",
  pictureId: "p",
  pictureName: "cat.png",
  kind: "question",
  question: "how many?",
  answer: "two",
  state: "failed",
};
const turn: TurnView = {
  ...plainTurn,
  ...{ notice, durationMs: 12.5, step: { name: "look", elapsedMs: 3, expectedMs: 9.5 } },
};
const limits = { text: "Shapes only.", actions: [{ id: "getModel", label: "Get One" }] };
const engine = {
  ...({ kind: "loading", label: "Loading demo…", detail: "CPU", progress: 0.5 } as const),
  ...{ limits, example: "How many?" },
};
const conversation = { id: "c", title: "how many?", updatedAt: 1, isOpen: true };

/** One of each, with every optional field. */
const fromView: { readonly [K in FromChat["type"]]: Extract<FromChat, { type: K }> } = {
  ready: { type: "ready" },
  ask: { type: "ask", question: "how many?" },
  stop: { type: "stop" },
  retry: { type: "retry", turnId: "t" },
  copy: { type: "copy", turnId: "t" },
  insert: { type: "insert", turnId: "t" },
  pickPictures: { type: "pickPictures" },
  trySample: { type: "trySample" },
  addPictures: {
    type: "addPictures",
    pictures: [{ name: "a.png", bytes: new Uint8Array([1, 2]) }],
  },
  addUris: { type: "addUris", uris: ["file:///a.png"] },
  selectPicture: { type: "selectPicture", pictureId: "p", isSelected: false },
  removePicture: { type: "removePicture", pictureId: "p" },
  newConversation: { type: "newConversation" },
  openConversation: { type: "openConversation", conversationId: "c" },
  deleteConversation: { type: "deleteConversation", conversationId: "c" },
  runAction: { type: "runAction", actionId: "log" },
  openMenu: { type: "openMenu" },
};
const toView: { readonly [K in ToChat["type"]]: Extract<ToChat, { type: K }> } = {
  chatReplaced: {
    type: "chatReplaced",
    chat: {
      conversationId: "c",
      pictures: [picture],
      turns: [turn],
      suggestions: ["why?"],
      history: [conversation],
      engine,
    },
  },
  picturesChanged: { type: "picturesChanged", pictures: [picture] },
  turnAdded: { type: "turnAdded", turn },
  textEmitted: { type: "textEmitted", turnId: "t", text: " two" },
  turnChanged: { type: "turnChanged", turn },
  suggestionsChanged: { type: "suggestionsChanged", suggestions: ["why?"] },
  historyChanged: { type: "historyChanged", history: [conversation] },
  engineChanged: { type: "engineChanged", engine },
  composerFocused: { type: "composerFocused" },
  historyToggled: { type: "historyToggled" },
  noticeShown: { type: "noticeShown", notice },
};

describe("what a turn waits for", () => {
  const read = (step: unknown) => readToChat({ type: "turnAdded", turn: { ...plainTurn, step } });

  it("need not tell how long it takes", () => {
    const step = { name: "load", elapsedMs: 3 };
    assert.deepEqual(read(step), { type: "turnAdded", turn: { ...plainTurn, step } });
  });

  for (const step of [
    { name: "sleep", elapsedMs: 3 },
    { name: "look" },
    { name: "look", elapsedMs: "3" },
    { name: "look", elapsedMs: 3, expectedMs: "9" },
    "look",
  ]) {
    it(`is refused as ${JSON.stringify(step)}`, () => {
      assert.throws(() => read(step), { code: "protocol.violation" });
    });
  }
});

describe("readFromChat", () => {
  for (const message of Object.values(fromView)) {
    it(`reads ${message.type} with all of its fields`, () => {
      assert.deepEqual(readFromChat(message), message);
    });

    it(`drops what does not belong to ${message.type}`, () => {
      assert.deepEqual(readFromChat({ ...message, extra: 1 }), message);
    });

    for (const key of Object.keys(message).filter((name) => name !== "type")) {
      it(`refuses ${message.type} without ${key} and with a wrong one`, () => {
        refuses(readFromChat, { ...message, [key]: undefined });
        refuses(readFromChat, { ...message, [key]: { strange: true } });
        refuses(readFromChat, { ...message, [key]: [null] });
      });
    }
  }

  for (const value of strangeValues()) {
    it(`refuses ${nameOf(value)}`, () => {
      refuses(readFromChat, value);
    });
  }

  it("takes a question of 4,000 characters and no longer one", () => {
    const longest = "a".repeat(VIEW_LIMITS.questionLength);
    assert.equal(VIEW_LIMITS.questionLength, 4000);
    assert.deepEqual(readFromChat({ type: "ask", question: longest }).type, "ask");
    refuses(readFromChat, { type: "ask", question: `${longest}a` });
  });

  it("takes 32 pictures or addresses at once and no more", () => {
    const one = { name: "a.png", bytes: new Uint8Array(1) };
    const many = (count: number): unknown => ({
      type: "addPictures",
      pictures: new Array(count).fill(one),
    });
    assert.equal(readFromChat(many(32)).type, "addPictures");
    refuses(readFromChat, many(33));
    const uris = new Array(33).fill("file:///a.png");
    assert.equal(readFromChat({ type: "addUris", uris: uris.slice(1) }).type, "addUris");
    refuses(readFromChat, { type: "addUris", uris });
  });

  it("refuses pictures that are too large together", () => {
    // The same buffer again and again costs no memory here.
    const bytes = new Uint8Array(VIEW_LIMITS.pictureBytes / 2);
    const one = { name: "a.png", bytes };
    assert.equal(readFromChat({ type: "addPictures", pictures: [one, one] }).type, "addPictures");
    refuses(readFromChat, {
      type: "addPictures",
      pictures: [one, one, { name: "b", bytes: new Uint8Array(1) }],
    });
  });

  it("refuses ids, names and addresses of absurd length", () => {
    const long = "a".repeat(20_000);
    refuses(readFromChat, { type: "retry", turnId: long });
    refuses(readFromChat, { type: "runAction", actionId: long });
    refuses(readFromChat, { type: "addUris", uris: [long] });
    refuses(readFromChat, {
      type: "addPictures",
      pictures: [{ name: long, bytes: new Uint8Array(1) }],
    });
  });

  it("names the message and the field, but repeats no long words of the sender", () => {
    assert.throws(() => readFromChat({ type: "x".repeat(5000) }), {
      code: "protocol.violation",
      message: /chat view.*"type"/s,
    });
    try {
      readFromChat({ type: "x".repeat(5000) });
    } catch (thrown) {
      assert.ok(AppError.from(thrown).message.length < 300);
    }
  });
});

describe("readToChat", () => {
  for (const message of Object.values(toView)) {
    it(`reads ${message.type} with all of its fields`, () => {
      assert.deepEqual(readToChat(message), message);
    });

    for (const key of Object.keys(message).filter((name) => name !== "type")) {
      it(`refuses ${message.type} without ${key} and with a wrong one`, () => {
        refuses(readToChat, { ...message, [key]: undefined });
        refuses(readToChat, { ...message, [key]: { strange: true } });
      });
    }
  }

  for (const value of strangeValues()) {
    it(`refuses ${nameOf(value)}`, () => {
      refuses(readToChat, value);
    });
  }

  it("leaves absent fields absent", () => {
    const bare = { id: "p", name: "cat.png", isSelected: false };
    const message = { type: "picturesChanged", pictures: [bare] };
    assert.deepEqual(readToChat(message), message);
    const added = { type: "turnAdded", turn: plainTurn };
    assert.deepEqual(readToChat(added), added);
  });

  it("refuses a thumbnail from anywhere else", () => {
    for (const thumbnail of ["https://example.org/a.png", "file:///a.png", "javascript:1", ""]) {
      refuses(readToChat, { type: "picturesChanged", pictures: [{ ...picture, thumbnail }] });
    }
  });

  it("refuses a state or a kind that there is not", () => {
    refuses(readToChat, { type: "turnAdded", turn: { ...turn, state: "asleep" } });
    refuses(readToChat, { type: "turnAdded", turn: { ...turn, kind: "wish" } });
    refuses(readToChat, { type: "engineChanged", engine: { ...engine, kind: "tired" } });
    refuses(readToChat, { type: "engineChanged", engine: { ...engine, progress: NaN } });
    refuses(readToChat, { type: "engineChanged", engine: { ...engine, limits: "shapes" } });
    refuses(readToChat, { type: "engineChanged", engine: { ...engine, example: 3 } });
  });
});

function strangeValues(): unknown[] {
  return [
    ...[undefined, null, 1, "ready", [], [1], {}, { type: 1 }, { type: "toString" }],
    ...[{ type: "__proto__" }, { type: "constructor" }, { type: ["ready"] }, { type: "" }],
    new Uint8Array(3),
  ];
}

function nameOf(value: unknown): string {
  return value === undefined ? "undefined" : JSON.stringify(value);
}

function refuses(read: (value: unknown) => unknown, value: unknown): void {
  assert.throws(
    () => read(value),
    (thrown) => thrown instanceof AppError && thrown.code === "protocol.violation",
  );
}
