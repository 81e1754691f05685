/// <reference lib="dom" />
import assert from "node:assert/strict";
import { element, setText } from "../../../../webview/render/dom";
import { KeyedList } from "../../../../webview/render/keyedList";
import { freshDocument } from "../../../helpers/pageDocument";

interface Row {
  readonly id: string;
  readonly words: string;
}

describe("a keyed list", () => {
  beforeEach(() => {
    freshDocument();
  });

  it("shows its items in their order, whatever was there before", () => {
    const { shown, show } = create();
    for (const ids of ["abc", "cab", "b", "", "dbea", "aebd"]) {
      show(ids);
      assert.equal(shown(), ids);
    }
  });

  it("makes an element once for each key and brings it up to date", () => {
    const { list, container, created } = create();
    list.update([{ id: "a", words: "one" }]);
    const before = container.firstElementChild;
    list.update([
      { id: "b", words: "new" },
      { id: "a", words: "two" },
    ]);
    assert.equal(container.lastElementChild, before);
    assert.equal(before?.textContent, "two");
    assert.deepEqual(created, ["a", "b"]);
  });

  it("makes a new element for a key that was gone", () => {
    const { show, created } = create();
    for (const ids of ["a", "", "a"]) show(ids);
    assert.deepEqual(created, ["a", "a"]);
  });

  it("does not touch elements that keep their place", () => {
    const { container, show } = create();
    show("abcd");
    const moved: string[] = [];
    const insert = container.insertBefore.bind(container);
    container.insertBefore = <T extends Node>(node: T, before: Node | null): T => {
      moved.push(node.textContent ?? "");
      return insert(node, before);
    };
    show("abcd");
    show("acd");
    show("acde");
    assert.deepEqual(moved, ["e"]);
  });

  it("gives its elements in the order of the items", () => {
    const { list, show } = create();
    show("ab");
    show("cba");
    assert.equal(list.elements.map(({ textContent }) => textContent).join(""), "cba");
  });
});

describe("text in an element", () => {
  beforeEach(() => {
    freshDocument();
  });

  it("grows in the same node, so that a selection in it stays", () => {
    const target = element("p");
    setText(target, "a ");
    const node = target.firstChild;
    setText(target, "a dog");
    assert.equal(target.firstChild, node);
    assert.equal(target.textContent, "a dog");
    setText(target, "a cat");
    assert.equal(target.textContent, "a cat");
  });

  it("is never read as markup", () => {
    const target = element("p", { title: "<b>" }, ["<img src=x onerror=alert(1)>"]);
    assert.equal(target.childElementCount, 0);
    setText(target, "<script>alert(1)</script>");
    assert.equal(target.childElementCount, 0);
    assert.equal(target.textContent, "<script>alert(1)</script>");
  });
});

function create() {
  const container = element("ul");
  const created: string[] = [];
  const list = new KeyedList<Row>(container, {
    keyOf: ({ id }) => id,
    create: ({ id }) => {
      created.push(id);
      const item = element("li");
      return {
        element: item,
        update: ({ words }) => {
          setText(item, words);
        },
      };
    },
  });
  return {
    list,
    container,
    created,
    show: (ids: string) => {
      list.update(Array.from(ids).map((id) => ({ id, words: id })));
    },
    shown: () => [...container.children].map(({ textContent }) => textContent).join(""),
  };
}
