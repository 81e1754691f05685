import assert from "node:assert/strict";
import { movedItems, ReviewQueue, type ReviewItem } from "../../../../src/host/review/reviewQueue";
import { itemOf, itemsIn } from "../../../helpers/reviewFolder";

const PAGE = "![](a.png)\n\n![](b.png)\n\n![](a.png)\n";

function queueOf(items: readonly ReviewItem[]): ReviewQueue {
  const queue = new ReviewQueue();
  queue.replace(items);
  return queue;
}

describe("the queue of a review", () => {
  const items = itemsIn("page.md", PAGE);
  const [first, second, third] = items.map(({ id }) => id);
  assert.ok(first !== undefined && second !== undefined && third !== undefined);

  it("has each picture once, in the order of files and lines", () => {
    assert.equal(new Set(items.map(({ id }) => id)).size, 3);
    const queue = queueOf([...itemsIn("b.md", PAGE), ...itemsIn("a.md", PAGE)].reverse());
    assert.deepEqual(
      queue.items.map(({ view }) => `${view.file}:${view.line}`),
      ["a.md:1", "a.md:3", "a.md:5", "b.md:1", "b.md:3", "b.md:5"],
    );
  });

  it("takes the last decision back, and what stood there before comes back", () => {
    const queue = queueOf(items);
    queue.decide(first, { kind: "skip" });
    queue.decide(second, { kind: "text", text: "A dog" });
    queue.decide(first, { kind: "text", text: "A fox" });
    assert.equal(queue.undo(), first);
    assert.deepEqual(queue.decisionOf(first), { kind: "skip" });
    assert.equal(queue.undo(), second);
    assert.equal(queue.undo(), first);
    assert.equal(queue.undo(), undefined);
    assert.deepEqual(queue.decisions, []);
  });

  it("takes no decision that cannot be carried out", () => {
    const can = { text: false, decorative: false, suppress: false };
    const [item] = itemsIn("page.md", PAGE);
    assert.ok(item);
    const locked = itemOf({ ...item, line: 1 }, { can });
    const queue = queueOf([locked]);
    for (const kind of ["text", "decorative", "suppress"] as const) {
      assert.equal(queue.decide(locked.id, { kind, text: "x" }), false);
    }
    assert.equal(queue.decide(locked.id, { kind: "skip" }), true);
    assert.equal(queue.decide("nobody", { kind: "skip" }), false);
    const open = queueOf(items);
    assert.equal(open.decide(first, { kind: "text", text: "  " }), false);
    assert.equal(open.decide(first, { kind: "text" }), false);
  });

  it("keeps decisions over a restart, and counts those whose picture is gone", () => {
    const before = queueOf(items);
    before.decide(first, { kind: "text", text: "A fox" });
    before.decide(third, { kind: "decorative" });
    const after = queueOf(itemsIn("page.md", `New.\n\n${PAGE}`));
    after.restore(before.stored());
    assert.deepEqual(after.decisions, before.decisions);
    assert.equal(after.undo(), third);
    // One of the two pictures that look the same is gone, so which one is left cannot be told.
    const less = queueOf(itemsIn("page.md", "![](a.png)\n\n![](b.png)\n"));
    less.restore(before.stored());
    assert.deepEqual(less.decisions, []);
    assert.equal(less.nLost, 2);
  });

  it("finds pictures of a changed document again by their addresses, where these tell them", () => {
    const now = itemsIn("page.md", "![](a.png)\n\n![](b.png)\n");
    assert.deepEqual([...movedItems(items, now, new Map())], []);
    const renamed = itemsIn("page.md", "![](a.png)\n\n![](b.png)\n\n![](b.png)\n");
    assert.deepEqual([...movedItems(now, renamed, new Map())], []);
    const other = now.map((item) => ({ ...item, id: `${item.id}2` }));
    assert.deepEqual(
      [...movedItems(now, other, new Map())],
      now.map(({ id }) => [id, `${id}2`]),
    );
  });
});
