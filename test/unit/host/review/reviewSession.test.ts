import assert from "node:assert/strict";
import { markDecorative, readableAlt, setAlt } from "../../../../src/alt/edit/editAlt";
import {
  ReviewSession,
  type ReviewScope,
  type ReviewSessionPorts,
} from "../../../../src/host/review/reviewSession";
import type {
  Decision,
  OutcomeView,
  ReviewQueueView,
  ToReview,
} from "../../../../src/protocol/views/reviewMessages";
import { FakeMemento } from "../../../helpers/chatFakes";
import { itemsIn, ReviewFolder } from "../../../helpers/reviewFolder";
import { until } from "../../../helpers/waiting";

const ONE = "![](a.png)\n\n![](b.png)\n\n![](a.png)\n";
const TWO = "![](c.png)\n";

describe("the session of a review", () => {
  let folder: ReviewFolder;
  let memento: FakeMemento;
  let isAhead = true;

  beforeEach(async () => {
    folder = await ReviewFolder.make({ "one.md": ONE, "two.md": TWO });
    memento = new FakeMemento();
    isAhead = true;
  });

  afterEach(async () => {
    await folder.remove();
  });

  function ports(): ReviewSessionPorts {
    return {
      gather: async ({ uris }) => {
        const items = await Promise.all(
          uris.map(async (uri) => itemsIn(uri, await folder.text(uri).catch(() => ""))),
        );
        return { items: items.flat(), nDocuments: uris.length, unread: [] };
      },
      changeFor: (_, { kind, text = "" }: Decision) => {
        if (kind === "text") {
          return {
            edits: (now, reference) => setAlt(now, reference, text),
            isDone: (_now, reference) => reference.alt === readableAlt(reference, text),
          };
        }
        if (kind !== "decorative") return undefined;
        return { edits: markDecorative, isDone: (_now, { isDecorative }) => isDecorative };
      },
      review: folder.ports,
      lookahead: {
        read: ({ target }) => Promise.resolve({ name: target, bytes: new Uint8Array() }),
        copy: () => Promise.resolve({ state: "shown", picture: "data:," }),
        describe: ({ name }) => Promise.resolve({ texts: [`Shows ${name}`], doubts: [] }),
        score: () => Promise.resolve(undefined),
        sentenceOf: ({ message }) => message,
      },
      isLookingAhead: () => isAhead,
      mayFetch: () => Promise.resolve(true),
      notes: () => [{ text: "A note.", actions: [] }],
      scopeText: ({ uris }: ReviewScope) => uris.join("+"),
      memento,
      log: { warn: (text: string) => assert.fail(text) },
    };
  }

  async function open(uris: readonly string[] = ["one.md", "two.md"]) {
    const session = new ReviewSession({ uris }, ports());
    const told: ToReview[] = [];
    session.onMessage((message) => told.push(message));
    await session.load();
    const last = <T extends ToReview["type"]>(type: T): Extract<ToReview, { type: T }> => {
      const message = [...told].reverse().find((one) => one.type === type);
      assert.ok(message, `no ${type}`);
      return message as Extract<ToReview, { type: T }>;
    };
    const queue = (): ReviewQueueView => last("queueReplaced").queue;
    const ids = queue().items.map(({ id }) => id);
    const decide = (at: number, decision: Decision): Promise<void> =>
      session.handle({ type: "decide", id: ids[at] ?? "", decision });
    return { session, told, last, queue, ids, decide };
  }

  /** What a page shows of each picture: its file, its name and what was decided. */
  function shown({ items, decisions }: ReviewQueueView): string[] {
    return items.map(({ id, file, name }) => {
      const decision = decisions.find((one) => one.id === id)?.decision;
      return [file, name, decision?.text ?? decision?.kind ?? "open"].join(" ");
    });
  }

  it("has all pictures, and writes what was decided, in all files", async () => {
    const { session, queue, decide, last } = await open();
    await decide(0, { kind: "text", text: "A fox" });
    await decide(1, { kind: "decorative" });
    await decide(2, { kind: "skip" });
    await decide(3, { kind: "text", text: "A dog" });
    assert.equal(await folder.text("one.md"), ONE);
    await session.handle({ type: "apply" });
    const expected: OutcomeView = { nWritten: 3, nFiles: 2, failures: [] };
    assert.deepEqual(last("applied").outcome, expected);
    assert.equal(
      await folder.text("one.md"),
      '![A fox](a.png)\n\n<img src="b.png" alt="">\n\n![](a.png)\n',
    );
    assert.equal(await folder.text("two.md"), "![A dog](c.png)\n");
    // The decision of the picture that looked like another one is still its own.
    assert.deepEqual(shown(queue()), ["one.md a.png skip"]);
    assert.equal(queue().canUndoApplied, true);
    await session.handle({ type: "undoApplied" });
    assert.equal(await folder.text("one.md"), ONE);
    assert.equal(await folder.text("two.md"), TWO);
    assert.deepEqual(last("takenBack"), { type: "takenBack", nFiles: 2, failures: [] });
    assert.equal(queue().items.length, 4);
    assert.equal(queue().canUndoApplied, false);
  });

  it("keeps what could not be written in the queue, with its decision", async () => {
    const { session, queue, decide, last } = await open();
    await decide(0, { kind: "text", text: "A fox" });
    await decide(1, { kind: "text", text: "A bird" });
    await decide(3, { kind: "text", text: "A dog" });
    await folder.write("one.md", ONE.replace("![](b.png)", "![ ](b.png)"));
    await session.handle({ type: "apply" });
    const { outcome } = last("applied");
    assert.equal(outcome.nWritten, 2);
    assert.deepEqual(
      outcome.failures.map(({ file, line, reason }) => [file, line, reason]),
      [["one.md", 3, "one.md changed"]],
    );
    assert.ok(!shown(queue()).some((row) => row.includes("A fox")));
  });

  it("goes on where the window was closed", async () => {
    const before = await open();
    await before.decide(0, { kind: "text", text: "A fox" });
    await before.decide(1, { kind: "skip" });
    await before.session.handle({ type: "look", ids: [before.ids[2] ?? ""] });
    before.session.dispose();
    const after = await open();
    assert.deepEqual(shown(after.queue()), [
      "one.md a.png A fox",
      "one.md b.png skip",
      "one.md a.png open",
      "two.md c.png open",
    ]);
    assert.equal(after.queue().current, before.ids[2]);
    await after.session.handle({ type: "undo" });
    assert.deepEqual(after.last("undone"), { type: "undone", id: before.ids[1] });
    // Another review has decisions of its own.
    const other = await open(["one.md"]);
    assert.ok(shown(other.queue()).every((row) => row.endsWith("open")));
  });

  it("begins anew where what was kept is damaged", async () => {
    const { session, decide } = await open();
    await decide(0, { kind: "skip" });
    session.dispose();
    for (const key of memento.keys()) await memento.update(key, { version: 1, decisions: 3 });
    assert.ok(shown((await open()).queue()).every((row) => row.endsWith("open")));
  });

  it("tells the page of a decision that is not taken what stands there still", async () => {
    const { decide, last, ids } = await open();
    await decide(0, { kind: "text", text: " " });
    assert.deepEqual(last("decided"), { type: "decided", id: ids[0] });
  });

  it("looks at what is shown and ahead, or only at what is shown", async () => {
    const { session, told, ids } = await open();
    const proposed = (): string[] =>
      told.flatMap((message) => (message.type === "proposed" ? message.id : []));
    await session.handle({ type: "look", ids: ids.slice(0, 3) });
    await until(() => proposed().length === 3, "three proposals");
    isAhead = false;
    await session.handle({ type: "look", ids: [ids[3] ?? "", ids[1] ?? ""] });
    await until(() => proposed().includes(ids[3] ?? ""), "the fourth");
    assert.equal(told.filter(({ type }) => type === "notesChanged").length, 1);
  });

  it("says that there is nothing to take back, and does not apply nothing", async () => {
    const { session, told } = await open();
    await session.handle({ type: "apply" });
    await session.handle({ type: "undo" });
    assert.equal(await session.undoApplied(), undefined);
    assert.deepEqual(told.at(-1), { type: "workChanged", work: "none" });
    assert.ok(told.some((message) => message.type === "undone" && message.id === undefined));
    assert.ok(!told.some(({ type }) => type === "applied"));
  });
});
