/** Lazy loaders, stand-ins, buttons with pictures, components, and pictures that are links. */

import assert from "node:assert/strict";
import { canMarkDecorative } from "../../../../src/alt/edit/editAlt";
import { findImages } from "../../../../src/alt/formats/findImages";
import type { AltLanguage } from "../../../../src/alt/languages";

const GIF = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7";

/** Documents and the addresses of their pictures. */
const ADDRESSES: readonly (readonly [AltLanguage, string, readonly string[]])[] = [
  [
    "html",
    `<img src="${GIF}" data-src="a.png"><img data-srcset="a.png 1x, b.png 2x">`,
    ["a.png", "a.png"],
  ],
  [
    "html",
    '<img src="blur.jpg" data-original="a.png"><img data-lazy-src="a.png">',
    ["a.png", "a.png"],
  ],
  [
    "html",
    '<img src="a.png" data-lazy="true"><img src="spacer.gif" data-hero="a.png">',
    ["a.png", "a.png"],
  ],
  ["html", `<picture><source data-srcset="a.png 2x"><img src="${GIF}"></picture>`, ["a.png"]],
  [
    "html",
    '<img ngSrc="a.png"><img [src]="b"><img [src]="\'a.png\'"><img src="about:blank">',
    ["a.png", "b", "a.png", "about:blank"],
  ],
  [
    "html",
    '<input type="image" src="a.png"><input type="text" src="b.png"><amp-img src="a.png">',
    ["a.png", "a.png"],
  ],
  [
    "vue",
    `<template><img src="${GIF}" data-src="a.png"><picture><source data-srcset="b.png"><img></picture></template>`,
    ["a.png", "b.png"],
  ],
  ["svelte", `<img src="${GIF}" data-src="a.png">`, ["a.png"]],
  ["astro", `<img src="${GIF}" data-src="a.png">`, ["a.png"]],
  [
    "jsx",
    `<i><img src="${GIF}" data-src="a.png" /><LazyLoadImage src="a.png" /><Image img={require("./a.png")} /></i>`,
    ["a.png", "a.png", "./a.png"],
  ],
  ["tsx", "<GatsbyImage image={a} />", ["a"]],
  ...(["jsx", "mdx", "astro"] as const).map(
    (language) =>
      [
        language,
        "<><ThemedImage alt='b' sources={{ dark: '/d.png', light: '/l.png' }} />\n<ThemedImage sources={{ 'light': useBaseUrl('/l.png'), dark }} />\n<Image source={{ uri: 'a.png' }} sources={{ [light]: 'd' }} /></>",
        ["/l.png", "/l.png", "{ [light]: 'd' }"],
      ] as const,
  ),
  [
    "mdx",
    "import a from './a.png'\n\n<ThemedImage sources={{ light: a, dark: require('./d.png') }} />",
    ["./a.png"],
  ],
  ["vue", "<template><Image :sources=\"{ light: 'a.png' }\" /></template>", ["a.png"]],
];

describe("the picture that a tag shows", () => {
  for (const [language, text, expected] of ADDRESSES) {
    it(`${language}: ${text}`, () => {
      const found = findImages(text, language).map(({ target }) => target.value);
      assert.deepEqual(found, expected);
    });
  }

  it("a button's empty text is missing and cannot be decorative", () => {
    const [image] = findImages('<input type=image src=a.png alt="">', "html");
    assert.ok(image !== undefined);
    assert.equal(image.isDecorative, false);
    assert.equal(canMarkDecorative(image), false);
  });
});

const LINKS: readonly (readonly [AltLanguage, string, boolean])[] = [
  ["html", "<a href=b> <picture><img src=a></picture> </a>", true],
  ["html", "<a href=b><img src=a> Home</a>", false],
  ["html", "<a href=b><img src=a><img src=c alt=Home></a>", false],
  ["html", "<a href=b aria-label=Home><img src=a></a>", false],
  ["html", "<a name=b><img src=a></a>", false],
  ["html", "<a href=b>{{ title }}<img src=a></a>", false],
  ["html", "<a routerLink='/b'><img src=a></a>", true],
  ["markdown", "[![](a)](b)", true],
  ["markdown", "[![](a) Home](b)", false],
  ["markdown", "[<img src=a>](b)", true],
  ["markdown", "<a href=b>\n<img src=a>\n</a>", true],
  ["mdx", "<a href='b'><img src='a' /></a>", true],
  ["jsx", '<Link to="/b">{" "}<img src="a" />{/* logo */}</Link>', true],
  ["jsx", '<Link to="/b"><img src="a" />{name}</Link>', false],
  ["vue", "<template><NuxtLink :to='b'><img src='a'></NuxtLink></template>", true],
  ["svelte", "<a href='b'>{#if c}x{/if}<img src='a'></a>", false],
  ["svelte", "<a href='b'><img src='a'></a>", true],
  ["astro", "<a href='b'><img src='a'></a>", true],
];

describe("a picture that is a link", () => {
  for (const [language, text, isLink] of LINKS) {
    it(`${language}: ${text}`, () => {
      const [image] = findImages(text, language);
      assert.ok(image !== undefined);
      assert.equal(image.isLink, isLink);
      assert.equal(canMarkDecorative(image), !isLink);
    });
  }
});
