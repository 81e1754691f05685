/// <reference lib="dom" />
import assert from "node:assert/strict";
import type { PictureView } from "../../../../src/protocol/views/chatMessages";
import { createImageTray } from "../../../../webview/chat/components/imageTray";
import { pictureOf } from "../../../helpers/chatViews";
import { freshDocument, pageBench, press } from "../../../helpers/pageDocument";

const three = [pictureOf("a"), pictureOf("b", { isSelected: false }), pictureOf("c")];

describe("the tray of pictures", () => {
  beforeEach(() => {
    freshDocument();
  });

  it("is there only while it holds something", () => {
    const { tray, show } = create();
    show([]);
    assert.equal(tray.hasAttribute("hidden"), true);
    show([], 1);
    assert.equal(tray.hasAttribute("hidden"), false);
    assert.equal(tray.querySelectorAll(".ghost").length, 1);
  });

  it("shows each picture as a button that is pressed when it is asked about", () => {
    const { toggles, show, posted } = create();
    show(three);
    assert.deepEqual(
      toggles().map((toggle) => toggle.getAttribute("aria-pressed")),
      ["true", "false", "true"],
    );
    toggles()[1]?.click();
    toggles()[2]?.click();
    assert.deepEqual(posted, [
      { type: "selectPicture", pictureId: "b", isSelected: true },
      { type: "selectPicture", pictureId: "c", isSelected: false },
    ]);
  });

  it("says in words that can be seen why a picture cannot be asked about", () => {
    const { tray, toggles, show, posted } = create();
    const problem = "It is gone.";
    show([pictureOf("a"), pictureOf("b", { problem })]);
    assert.equal(toggles().at(1)?.getAttribute("aria-disabled"), "true");
    assert.match(toggles().at(1)?.textContent ?? "", /It is gone\./);
    assert.equal(tray.querySelector(".tray-problems")?.textContent, "b.png: It is gone.");
    toggles().at(1)?.click();
    assert.deepEqual(posted, []);
    show([pictureOf("a")]);
    assert.equal(tray.querySelector(".tray-problems")?.hasAttribute("hidden"), true);
  });

  it("is one stop of the Tab key, with the arrow keys, Home and End inside", () => {
    const { toggles, show, here } = create();
    show(three);
    toggles()[0]?.focus();
    const path: (number | undefined)[] = [];
    for (const key of [
      "ArrowRight",
      "ArrowDown",
      "ArrowRight",
      "ArrowLeft",
      "Home",
      "ArrowUp",
      "End",
    ]) {
      assert.equal(press(key), false, `${key} does not scroll the page`);
      path.push(here());
      const stops = toggles().map((toggle, index) =>
        toggle.getAttribute("tabindex") === "0" ? index : -1,
      );
      assert.deepEqual(
        stops.filter((index) => index >= 0),
        [here()],
      );
    }
    assert.deepEqual(path, [1, 2, 2, 1, 0, 0, 2]);
  });

  it("goes on from where a click put the keyboard", () => {
    const { toggles, show, here } = create();
    show(three);
    toggles()[1]?.focus();
    press("ArrowRight");
    assert.equal(here(), 2);
  });

  it("leaves other keys alone", () => {
    const { toggles, show, posted } = create();
    show(three);
    toggles()[0]?.focus();
    for (const key of ["Tab", "Enter", " ", "a"]) assert.equal(press(key), true, key);
    assert.deepEqual(posted, []);
  });

  it("takes a picture out with Delete and has the keyboard on a neighbour by then", () => {
    const { toggles, show, here, posted } = create();
    show(three);
    toggles()[1]?.focus();
    press("Delete");
    assert.deepEqual(posted, [{ type: "removePicture", pictureId: "b" }]);
    assert.equal(here(), 2);
    show([pictureOf("a"), pictureOf("c")]);
    assert.equal(here(), 1);
    press("Delete");
    assert.equal(here(), 0);
  });

  it("names the buttons that take a picture out", () => {
    const { tray, show, posted } = create();
    show(three);
    const remove = tray.querySelectorAll<HTMLElement>(".tray-remove")[2];
    assert.equal(remove?.getAttribute("aria-label"), "remove c.png");
    remove.click();
    assert.deepEqual(posted, [{ type: "removePicture", pictureId: "c" }]);
  });

  it("keeps the element that has the keyboard when a thumbnail comes", () => {
    const { toggles, show, here } = create();
    show(three);
    const toggle = toggles()[1];
    toggle?.focus();
    show(three.map((picture) => ({ ...picture, thumbnail: "data:image/webp;base64,AA==" })));
    assert.equal(toggles()[1], toggle);
    assert.equal(here(), 1);
    assert.equal(toggle?.querySelector("img")?.getAttribute("alt"), "");
  });
});

function create() {
  const { context, posted } = pageBench();
  const part = createImageTray(context);
  const tray = part.element;
  document.body.append(tray);
  const toggles = () => [...tray.querySelectorAll<HTMLElement>(".tray-toggle")];
  return {
    tray,
    posted,
    toggles,
    show: (pictures: readonly PictureView[], nPending = 0) => {
      part.update({ pictures, nPending });
    },
    /** Which picture has the keyboard. */
    here: () => toggles().indexOf(document.activeElement as HTMLElement),
  };
}
