import assert from "node:assert/strict";
import { isEnglish, languagesOf, type Page } from "../../../../src/alt/wording/pageLanguage";

/** The language at the first `@` of a page. */
function languageAt(page: Partial<Page>): string | undefined {
  const { text = "@", language = "markdown", path = "page.md" } = page;
  return languagesOf({ text, language, path })(text.indexOf("@"));
}

describe("the language of a page by its folders and its name", () => {
  const cases: readonly (readonly [path: string, expected: string | undefined])[] = [
    ["page.md", undefined],
    ["docs/de/page.md", "de"],
    ["docs\\de\\page.md", "de"],
    ["docs/en/page.md", "en"],
    ["docs/zh-cn/page.md", "zh-CN"],
    ["content/pt_BR/page.md", "pt-BR"],
    ["docs/jp/page.md", "ja"],
    ["i18n/fr/docusaurus-plugin-content-docs/current/page.mdx", "fr"],
    ["site/locales/is/page.md", "is"],
    ["translations/fil/page.md", "fil"],
    ["/home/it/notes/page.md", undefined],
    ["/home/it/site/i18n/fr/page.md", "fr"],
    ["C:\\work\\de\\page.md", undefined],
    ["README.de.md", "de"],
    ["docs/en/README.zh-CN.md", "zh-CN"],
    ["content/about.fr.html", "fr"],
    ["README-ja.md", "ja"],
    ["README_zh-CN.md", "zh-CN"],
    ["made-in-it.md", undefined],
    ["is/to-do/page.md", undefined],
    ["src/ts/page.md", undefined],
    ["languages/ts/page.md", undefined],
    ["languages/rust/page.md", undefined],
    ["no-js/page.md", undefined],
    ["vite.config.ts.md", undefined],
    ["docs/guide/page.md", undefined],
  ];
  for (const [path, expected] of cases) {
    it(`${path}: ${expected ?? "unknown"}`, () => {
      assert.equal(languageAt({ path }), expected);
    });
  }
});

describe("the language of a page by its front matter", () => {
  const cases: readonly (readonly [text: string, expected: string | undefined])[] = [
    ["---\ntitle: Seite\nlang: de\n---\n@", "de"],
    ["---\r\nlanguage: 'fr-CA' # of Quebec\r\n---\r\n@", "fr-CA"],
    ['---\nlocale: "pt_BR"\n---\n@', "pt-BR"],
    ['+++\nlang = "es"\n+++\n@', "es"],
    ["---\nlang: en-GB\n---\n@", "en-GB"],
    ["---\nlanguage: python\n---\n@", undefined],
    ["---\nlang: ts\n---\n@", undefined],
    ["---\nnested:\n  lang: de\n---\n@", undefined],
    ["---\nlang: de\n@", undefined],
    ["@\n\nlang: de\n", undefined],
  ];
  for (const [text, expected] of cases) {
    it(`${JSON.stringify(text)}: ${expected ?? "unknown"}`, () => {
      assert.equal(languageAt({ text }), expected);
    });
  }

  it("is stronger than where the page lies, and an Astro page's fence holds a program", () => {
    const text = "---\nlang: de\n---\n@";
    assert.equal(languageAt({ text, path: "docs/fr/page.md" }), "de");
    assert.equal(languageAt({ text, path: "fr/page.astro", language: "astro" }), "fr");
  });
});

describe("the language of a page by its elements", () => {
  const cases: readonly (readonly [text: string, expected: string | undefined])[] = [
    ['<!doctype html><html lang="de"><body>@', "de"],
    ["<HTML class=a LANG='de-AT' ><p>@", "de-AT"],
    ["<html lang=fr>@</html>", "fr"],
    ['<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="de">@', "de"],
    ['<html lang="de"><section lang="en"><p>@</p></section>', "en"],
    ['<html lang="de"><section lang="en"><p></p></section>@', "de"],
    ['<html lang="de"><div lang="en"><div></div>@</div>', "en"],
    ['<html lang="de"><div><p lang="fr">x</div>@', "de"],
    ['<html lang="de"><br lang="fr">@', "de"],
    ['<html lang="de"></section>@', "de"],
    ['<html lang="en"><img lang="fr" src="@">', "fr"],
    ['<!-- <html lang="de"> -->@', undefined],
    ['<html data-lang="de" hreflang="fr">@', undefined],
    ['<html title="lang=de">@', undefined],
    ['<html lang="{{ page.lang }}">@', undefined],
    ['<html lang="">@', undefined],
    ['<script lang="ts"></script><pre lang="sh">@</pre>', undefined],
  ];
  for (const [text, expected] of cases) {
    it(`${text}: ${expected ?? "unknown"}`, () => {
      assert.equal(languageAt({ text, language: "html" }), expected);
    });
  }

  it("is read in braces, and not where the program computes it", () => {
    const read = (text: string): string | undefined => languageAt({ text, language: "tsx" });
    assert.equal(read('<html style={{ a: 1 }} onClick={() => 1} lang={"de"}>@</html>'), "de");
    assert.equal(read("<Layout lang='de'><Code lang='fr' />@</Layout>"), "de");
    assert.equal(read("<html lang={locale}>@</html>"), undefined);
  });

  it("ends in Markdown with its element, and an example that nothing ends says nothing", () => {
    assert.equal(languageAt({ text: '<div lang="fr">\n\n@\n\n</div>\n' }), "fr");
    assert.equal(languageAt({ text: '```html\n<html lang="fr">\n```\n\n@' }), undefined);
  });

  it("is looked for in a time that grows with the page", () => {
    for (const part of ['<a lang="de">', "</b><b>", "<!--", '<a "', "<a {", "<a {{", "<a b='"]) {
      const text = part.repeat(40_000);
      languagesOf({ text, language: "html", path: "page.html" })(text.length - 1);
    }
  });
});

describe("English", () => {
  it("is every kind of it and nothing else", () => {
    const tags = ["en", "en-GB", "en-Latn-US", "de", "es", "zh-Hans"];
    assert.deepEqual(tags.filter(isEnglish), ["en", "en-GB", "en-Latn-US"]);
  });
});
