import assert from "node:assert/strict";
import { findImages } from "../../../src/alt/formats/findImages";
import type { AltLanguage } from "../../../src/alt/languages";
import type { ResolvedTarget } from "../../../src/alt/resolve/resolveTarget";
import { applyEdits } from "../../../src/alt/textEdit";
import { auditDocument, type AuditSettings } from "../../../src/audit/auditDocument";
import { DEFAULT_OPTIONS } from "../../../src/audit/config/defaultOptions";
import { RULE_IDS, type Finding } from "../../../src/audit/rule";
import { RULES } from "../../../src/audit/ruleTable";

function findings(
  text: string,
  language: AltLanguage = "markdown",
  settings: AuditSettings = {},
): readonly Finding[] {
  const pictures = findImages(text, language).map((reference) => {
    const { value } = reference.target;
    const resolved: ResolvedTarget = value.includes("gone")
      ? { kind: "unresolved", tried: [] }
      : { kind: "file", path: `/${value}` };
    return { reference, resolved };
  });
  return auditDocument(text, pictures, settings).findings;
}

const rules = (
  text: string,
  language: AltLanguage = "markdown",
  settings: AuditSettings = {},
): string[] =>
  findings(text, language, settings).map(({ rule, also }) => [rule, ...also].join("+"));

describe("the rules of the audit", () => {
  it("are one for each id, the worst first", () => {
    assert.deepEqual(
      RULES.map(({ id }) => id),
      [...RULE_IDS],
    );
    for (const { title, help, aliases } of RULES) {
      assert.ok(title.length > 5 && help.endsWith("."), title);
      assert.equal(new Set(aliases).size, aliases.length);
    }
  });

  const CASES: readonly (readonly [string, AltLanguage, readonly string[]])[] = [
    ["![](a.png)", "markdown", ["missing"]],
    ['<img src="a" alt=""> <img src="b" role="none"> <img src="c" aria-label="C">', "html", []],
    ["[![](a.png)](b)", "markdown", ["missing+link-unnamed"]],
    ['<a href="b"><img src="a" alt=""></a>', "html", ["link-unnamed"]],
    ['<a href="b"><img src="a" alt=""> Prices</a>', "html", []],
    ['<button><img src="a" alt=""></button>', "html", ["link-unnamed"]],
    ['<button aria-label="x"><img src="a" alt=""></button>', "html", []],
    ["![image](a.png) ![Bild](b.png) ![图片](c.png)", "markdown", Array(3).fill("placeholder")],
    ["![IMG_0042](a.png) ![red-fox](red-fox.png)", "markdown", Array(2).fill("filename")],
    ["image::a.png[Clients, servers]", "asciidoc", ["text-lost"]],
    ['<img src="a" alt="A fox" role="presentation">', "html", ["hidden-conflict"]],
    ['<div aria-hidden="true"><img src="a" alt="A fox"></div>', "html", []],
    ["![Image of a fox](a.png)", "markdown", ["redundant-prefix"]],
    [
      "![Bild von einem Hund](a.png) ![Image d’un chien](b.png)",
      "markdown",
      Array(2).fill("redundant-prefix"),
    ],
    ["![Bildung ist alles](a.png) ![Imaginons demain](b.png)", "markdown", []],
    [
      '<figure><img src="a" alt="Sales"><figcaption>Sales</figcaption></figure>',
      "html",
      ["same-as-text"],
    ],
    ['<p><img src="a" alt="Opening hours"> Opening hours!</p>', "html", ["same-as-text"]],
    ["![Settings](a.png) ![Settings](b.png)", "markdown", ["repeated"]],
    ["![star](a.png)![star](a.png)![star](a.png)", "markdown", ["repeated", "repeated"]],
    ["| ![Yes](a.png) | ![Yes](a.png) |\n|-|-|\n", "markdown", []],
    ["![Logo of Acme](a-dark.png) ![Logo of Acme](a-light.png)", "markdown", []],
    ["![A plan](light.png) ![A plan](dark.png)", "markdown", []],
    ["![A plan](a.png#only-light) ![A plan](b.png#only-dark)", "markdown", []],
    [
      "![A plan](a.png#gh-dark-mode-only) ![A plan](b.png#gh-dark-mode-only)",
      "markdown",
      ["repeated"],
    ],
    ["![hero-banner-final-v2](a.png) ![state-of-the-art](b.png)", "markdown", ["filename"]],
    [`![${"word ".repeat(60)}](a.png)`, "markdown", ["too-long"]],
    ["![A fox](gone.png) ![](gone.png)", "markdown", ["unresolved", "missing+unresolved"]],
  ];
  for (const [text, language, expected] of CASES) {
    it(`${expected.join(", ") || "nothing"}: ${text.slice(0, 60)}`, () => {
      assert.deepEqual(rules(text, language), expected);
    });
  }

  it("can be set to another level, left out, and told what is right", () => {
    const text = "![](a.png) ![npm](b.png) ![Banner text](c.png)";
    const options = {
      ...DEFAULT_OPTIONS,
      allowed: new Set(["npm"]),
      placeholders: new Set(["banner text"]),
    };
    const levels = new Map([["missing", "error"]] as const);
    const found = findings(text, "markdown", { levels, options });
    assert.deepEqual(
      found.map(({ rule, level }) => [rule, level]),
      [
        ["missing", "error"],
        ["placeholder", "warn"],
      ],
    );
    assert.deepEqual(
      rules("![](a.png)", "markdown", { levels: new Map([["missing", "off"]] as const) }),
      [],
    );
  });
});

describe("fixes", () => {
  const mended = (text: string, language: AltLanguage = "markdown"): string => {
    const [finding] = findings(text, language);
    const [fix] = finding?.fixes() ?? [];
    return fix === undefined ? "none" : applyEdits(text, fix.edits);
  };

  it("do what needs no judgement", () => {
    assert.equal(mended('![](a.png "A fox")'), "![A fox](a.png)");
    assert.equal(mended("![Image of a fox](a.png)"), "![A fox](a.png)");
    assert.equal(
      mended("image::a.png[Clients, servers,300]", "asciidoc"),
      'image::a.png["Clients, servers",300]',
    );
    assert.equal(
      mended('<p><img src="a" alt="Hours"> Hours</p>', "html"),
      '<p><img src="a" alt=""> Hours</p>',
    );
    assert.equal(mended("![](a.png)"), "none");
  });
});

describe("comments that take findings back", () => {
  const CASES: readonly (readonly [string, AltLanguage, readonly string[]])[] = [
    [
      "<!-- sightline-disable-next-line missing -- known -->\n![](a.png)\n\n![](b.png)",
      "markdown",
      ["missing"],
    ],
    ["<!-- sightline-disable-next-line filename -->\n![](a.png)", "markdown", ["missing"]],
    [
      "<!-- sightline-disable -->\n\n![](a.png)\n\n<!-- sightline-enable -->\n\n![](b.png)",
      "markdown",
      ["missing"],
    ],
    ["<!-- sightline-disable-file -->\n\n![](a.png)", "markdown", []],
    ["<!-- sightline-decorative -->\n![](a.png)", "markdown", []],
    ["<!-- markdownlint-disable-next-line MD045 -->\n![](a.png)", "markdown", []],
    [
      "const a = () => <>\n  {/* eslint-disable-next-line jsx-a11y/alt-text */}\n  <img src='a' />\n</>;",
      "jsx",
      [],
    ],
    ["// sightline-disable-next-line missing\nimage::a.png[]", "asciidoc", []],
    [".. sightline-disable-next-line missing\n\n.. image:: a.png\n", "restructuredtext", []],
    ["% sightline-disable-next-line\n\\includegraphics{a}", "latex", []],
    ["{# sightline-disable-next-line missing #}\n<img src=a>", "jinja", []],
    ["sightline-disable-next-line missing\n![](a.png)", "markdown", ["missing"]],
  ];
  for (const [text, language, expected] of CASES) {
    it(`${language}: ${text.slice(0, 50)}`, () => {
      assert.deepEqual(rules(text, language), expected);
    });
  }

  it("are told when they take nothing back", () => {
    const text = "<!-- sightline-disable-next-line missing -->\n![A fox](a.png)";
    const pictures = findImages(text, "markdown").map((reference) => ({
      reference,
      resolved: { kind: "file", path: "/a.png" } as const,
    }));
    assert.deepEqual(auditDocument(text, pictures).unusedLines, [0]);
  });
});
