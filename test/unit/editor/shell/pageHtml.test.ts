import assert from "node:assert/strict";
import { parseHTML } from "linkedom";
import { pageHtml, type PageHtml } from "../../../../src/editor/shell/pageHtml";

const hostile = `"><script>alert(1)</script>&amp;'{0}`;
const page: PageHtml = {
  cspSource: "https://page.example",
  scriptUri: "https://page.example/dist/webview/chat.js?a=1&b=2",
  styleUri: "https://page.example/dist/webview/chat.css",
  nonce: "0123abcd",
  language: "de-AT",
  // The texts of translators may hold anything.
  strings: { ask: hostile, stop: "Stop" },
};

describe("pageHtml", () => {
  const { document } = parseHTML(pageHtml(page));
  const policy = new Map(
    (document.querySelector("meta[http-equiv]")?.getAttribute("content") ?? "")
      .split("; ")
      .map((part) => [part.split(" ")[0], part.split(" ").slice(1).join(" ")]),
  );

  it("allows nothing but its own style, its own script and embedded pictures", () => {
    assert.deepEqual(Object.fromEntries(policy), {
      "default-src": "'none'",
      "img-src": "data:",
      "style-src": `${page.cspSource} 'nonce-${page.nonce}'`,
      "font-src": page.cspSource,
      "script-src": `'nonce-${page.nonce}'`,
    });
  });

  it("runs one script, which carries the nonce", () => {
    const scripts = [...document.querySelectorAll("script")];
    assert.deepEqual(
      scripts.map((script) => [script.getAttribute("nonce"), script.getAttribute("src")]),
      [[page.nonce, page.scriptUri]],
    );
    assert.ok(scripts.every((script) => script.textContent === ""));
    assert.equal(document.querySelector("[style], style, [onload]"), null);
  });

  it("gives the page its texts whole, whatever is in them", () => {
    const json = document.body.getAttribute("data-strings") ?? "";
    assert.deepEqual(JSON.parse(json), page.strings);
  });

  it("gives the component library the nonce for its own style", () => {
    const meta = document.querySelector('meta[property="csp-nonce"]');
    assert.equal(meta?.getAttribute("content"), page.nonce);
  });

  it("says in which language it is", () => {
    assert.equal(document.documentElement.getAttribute("lang"), "de-AT");
  });

  it("escapes what could end an attribute", () => {
    const html = pageHtml({ ...page, language: `x" onload="alert(1)` });
    assert.ok(!html.includes(`onload="`));
  });
});
