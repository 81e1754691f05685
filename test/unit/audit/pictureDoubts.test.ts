/** Rules about pictures themselves: too thin to be seen, newer than their text, or as a model sees them. */

import assert from "node:assert/strict";
import { findImages } from "../../../src/alt/formats/findImages";
import { applyEdits } from "../../../src/alt/textEdit";
import type { AltLanguage } from "../../../src/alt/languages";
import { auditDocument } from "../../../src/audit/auditDocument";
import type { AuditPicture, Finding } from "../../../src/audit/rule";

type Known = Omit<AuditPicture, "reference" | "resolved">;

function audited(text: string, language: AltLanguage, known: readonly Known[]): readonly Finding[] {
  const pictures = findImages(text, language).map((reference, nth) => {
    const resolved = { kind: "file", path: `/${reference.target.value}` } as const;
    return { reference, resolved, ...known[nth] };
  });
  return auditDocument(text, pictures).findings;
}

const rules = (...given: Parameters<typeof audited>): string[] =>
  audited(...given).map(({ rule }) => rule);

const DOT = { size: { width: 1, height: 1 } };
const LINE = { size: { width: 600, height: 2 } };
const PICTURE = { size: { width: 600, height: 20 } };

describe("a text of a picture in which nobody sees anything", () => {
  it("is doubted, with the decorative form as what mends it", () => {
    const text = '<img src="a.png" alt="A fox in the snow">';
    const [finding] = audited(text, "html", [LINE]);
    assert.equal(finding?.rule, "decorative-doubt");
    assert.match(finding.message, /“A fox in the snow” .* 600 × 2 pixels/);
    const [fix] = finding.fixes();
    assert.equal(fix?.isSafe, false);
    assert.equal(applyEdits(text, fix.edits), '<img src="a.png" alt="">');
    assert.deepEqual(rules("![A fox](a.png)", "markdown", [DOT]), ["decorative-doubt"]);
    assert.deepEqual(rules("![A fox](a.png)", "markdown", [{ seen: "nothing" }]), [
      "decorative-doubt",
    ]);
  });

  it("is left alone where the picture is large, a link, a stand-in, or has none", () => {
    assert.deepEqual(rules("![A fox](a.png)", "markdown", [PICTURE]), []);
    assert.deepEqual(rules("[![A fox](a.png)](b)", "markdown", [DOT]), []);
    assert.deepEqual(rules("![A fox](a.png) ![A cat](a.png)", "markdown", [DOT, DOT]), []);
    assert.deepEqual(rules('<img src="a.png" alt="">', "html", [LINE]), []);
  });
});

describe("what a model sees", () => {
  it("doubts an empty text at a picture that shows something, and none with words beside it", () => {
    const scene = { seen: "scene" } as const;
    assert.deepEqual(rules('<img src="a.png" alt="">', "html", [scene]), ["decorative-doubt"]);
    assert.deepEqual(rules('<img src="a.png" role="none">', "html", [scene]), []);
    const figure = '<figure><img src="a.png" alt=""><figcaption>A fox</figcaption></figure>';
    assert.deepEqual(rules(figure, "html", [scene]), []);
    assert.deepEqual(rules('<img src="a.png" alt="A fox">', "html", [scene]), []);
  });

  it("names pictures of words, and not those that are decoration", () => {
    const words = { seen: "text" } as const;
    const [finding] = audited("![Know thyself](a.png)", "markdown", [words]);
    assert.equal(finding?.rule, "image-of-text");
    assert.deepEqual(finding.fixes(), []);
    assert.deepEqual(rules('<img src="a.png" alt="">', "html", [words]), []);
  });
});

describe("a text that is older than its picture", () => {
  const old = { isNewerThanText: true };

  it("is doubted where there is one", () => {
    assert.deepEqual(rules("![A fox](a.png)", "markdown", [old]), ["stale"]);
    assert.deepEqual(rules('<img src="a.png" alt="">', "html", [old]), []);
  });
});

describe("two texts that were swapped", () => {
  const swap = (alt: string, picture: string, document?: string): Known => ({
    mismatch: {
      ...{ kind: "swapped", fits: picture },
      partner: { alt, picture, ...(document === undefined ? {} : { document }) },
    },
  });
  const text = "![A cat](dog.png)\n\n![A tree](tree.png)\n\n![A dog](cat.png)\n";
  const known = [swap("A dog", "/cat.png"), {}, swap("A cat", "/dog.png")];

  it("change places by one fix, at either of them, and speak of each other", () => {
    const found = audited(text, "markdown", known);
    assert.deepEqual(
      found.map(({ rule, related }) => [rule, related.map(({ reference }) => reference.alt)]),
      [
        ["mismatch", ["A dog"]],
        ["mismatch", ["A cat"]],
      ],
    );
    for (const finding of found) {
      const [fix] = finding.fixes();
      assert.equal(fix?.kind, "exchange");
      assert.equal(fix.isSafe, false);
      const after = "![A dog](dog.png)\n\n![A tree](tree.png)\n\n![A cat](cat.png)\n";
      assert.equal(applyEdits(text, fix.edits), after);
    }
  });

  it("stay where another document, a program or another text has one of them", () => {
    const elsewhere = audited(text, "markdown", [swap("A dog", "/cat.png", "b.md"), {}, {}]);
    assert.deepEqual(elsewhere[0]?.fixes(), []);
    const gone = audited(text, "markdown", [swap("A duck", "/cat.png"), {}, {}]);
    assert.deepEqual(gone[0]?.fixes(), []);
  });
});
