import assert from "node:assert/strict";
import { fillIn, type Names, readStrings } from "../../../../webview/shell/strings";
import { describeSeconds, describeTime, usableLocale } from "../../../../webview/shell/when";

const NAMES: Names<Record<"ask" | "stop", string>> = { ask: "ask", stop: "stop" };
const MINUTE = 60_000;
const now = Date.UTC(2026, 4, 20, 12);

describe("the page's texts", () => {
  it("are those that the extension wrote", () => {
    assert.equal(readStrings(NAMES, JSON.stringify({ ask: "Fragen", unknown: "x" })).ask, "Fragen");
  });

  it("are their keys where none was written, whatever was there instead", () => {
    for (const json of [undefined, "", "{", "null", "[]", "7", `{"ask":4}`]) {
      assert.equal(readStrings(NAMES, json).ask, "ask", json);
    }
  });

  it("take any value as it is", () => {
    assert.equal(fillIn("Remove {0}, {0}", "$& {0}"), "Remove $& {0}, $& {0}");
  });
});

describe("times", () => {
  it("are as people say them, and dates after a week", () => {
    const ago = (minutes: number): string =>
      describeTime(now - minutes * MINUTE, { now, locale: "en" });
    assert.deepEqual([-5, 0, 5, 130, 24 * 60, 3 * 24 * 60, 9 * 24 * 60].map(ago), [
      "this minute",
      "this minute",
      "5 minutes ago",
      "2 hours ago",
      "yesterday",
      "3 days ago",
      "May 11, 2026",
    ]);
  });

  it("speak the page's language", () => {
    assert.equal(describeTime(now - 5 * MINUTE, { now, locale: "de" }), "vor 5 Minuten");
    assert.equal(describeSeconds(1234, "de"), "1,2");
  });

  it("are never nothing", () => {
    assert.deepEqual(
      [0, 49, 100, 1250, 61_000].map((ms) => describeSeconds(ms, "en")),
      ["0.1", "0.1", "0.1", "1.3", "61.0"],
    );
  });

  it("are English when the language is none", () => {
    assert.deepEqual(["de-AT", "zh-cn", "", "not a language"].map(usableLocale), [
      "de-AT",
      "zh-CN",
      "en",
      "en",
    ]);
  });
});
