/** What authors and projects said is heeded by `alt write` and `alt list`, as by the audit. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import type { AltRow } from "../../../src/cli/documents/altImages";
import { useAltPages } from "../../helpers/altPages";

describe("sightline alt write and list", () => {
  const pages = useAltPages();
  const { put, cli } = pages;

  it("leaves what a comment or the configuration takes back, as the audit does", async () => {
    const text =
      "<!-- sightline-decorative -->\n\n![](</img/a b.png>)\n\n" +
      "<!-- sightline-disable-next-line missing -->\n\n![](</img/a b.png>)\n";
    const file = await put("docs/a.md", text);
    await put("skip/b.md", "![](</img/a b.png>)");
    await put("off/c.md", "![](</img/a b.png>)");
    const rules = '"overrides": [{ "files": ["off/**"], "rules": { "missing": "off" } }]';
    await put(".sightline.jsonc", `{ "root": true, "ignore": ["skip/**"], ${rules} }`);
    const { code, host } = await cli("alt", "write", pages.folder);
    assert.equal(code, 0, host.stderr.text);
    assert.match(host.stderr.text, /There is no picture to describe/);
    assert.equal(await readFile(file, "utf8"), text);
    const list = await cli("alt", "list", pages.folder, "--check", "--json");
    assert.equal(list.code, 0, list.host.stderr.text);
    const rows = JSON.parse(list.host.stdout.text) as AltRow[];
    assert.deepEqual(
      rows.map(({ problem }) => problem),
      [null, null, null],
    );
    await put(".sightline.jsonc", '{ "rulez": {} }');
    const broken = await cli("alt", "list", pages.folder);
    assert.notEqual(broken.code, 0);
    assert.match(broken.host.stderr.text, /\.sightline\.jsonc has a mistake/);
  });

  it("says that the model writes English, and what a text of a link should say", async () => {
    await put("a.html", '<html lang="de"><a href="/"><img src="/img/a b.png"></a></html>');
    const { host } = await cli("alt", "write", pages.folder);
    assert.match(host.stderr.text, /writes English, and some of the pages are in German\./);
    assert.match(
      host.stderr.text,
      /a\.html:1:\d+: the picture is all that a link shows\. Say where/,
    );
  });
});
