/** Texts that somebody else decided: by a framework, a template, ARIA or a role, in every language. */

import assert from "node:assert/strict";
import { altProblem } from "../../../src/alt/wording/altText";
import { canMarkDecorative, canSetAlt, setAlt } from "../../../src/alt/edit/editAlt";
import { findImages } from "../../../src/alt/formats/findImages";
import type { ImageReference } from "../../../src/alt/imageReference";
import type { AltLanguage } from "../../../src/alt/languages";
import { applyEdits } from "../../../src/alt/textEdit";
import { holdsTemplateCode } from "../../../src/alt/tags/templateCode";

/** What a picture's text is, in one word, or the text itself in quotes. */
function wordOf(image: ImageReference): string {
  if (image.isDecorative) return "decorative";
  if (image.isHidden) return "hidden";
  if (image.altState !== "text") return image.altState;
  return JSON.stringify(image.alt);
}

function words(text: string, language: AltLanguage): string[] {
  return findImages(text, language).map(wordOf);
}

/** Attributes of a tag, by what they make of the text that the tag does not say itself. */
const ATTRIBUTES: Readonly<Record<string, readonly string[]>> = {
  dynamic: [
    // Angular and AngularJS.
    ...['[alt]="dog.name"', '[attr.alt]="n | translate"', 'bind-alt="n"', 'bind-attr.alt="n"'],
    ...['[(alt)]="n"', 'ng-attr-alt="{{n}}"', 'data-ng-attr-alt="{{n}}"', 'i18n-alt="@@n"'],
    ...['alt="" [alt]="n"', `[attr.aria-label]="n"`, '[alt.prop]="n"'],
    // Vue, petite-vue and Alpine.
    ...[':alt="n"', 'v-bind:alt="n"', '.alt="n"', 'x-bind:alt="n"', 'v-bind="all"', 'x-bind="all"'],
    ...[':[key]="n"', 'v-bind:[key]="n"', ':alt.camel="n"'],
    // Lit, Polymer, Aurelia, Ember and Blazor.
    ...["alt=${n}", ".alt=${n}", "?alt=${n}", 'alt$="[[n]]"', 'alt="[[n]]"', 'alt.bind="n"'],
    ...['alt.one-way="n"', "...attributes", '@attributes="All"'],
    // Knockout, Thymeleaf.
    ...['data-bind="attr: { alt: n, title: t }"', `data-bind="attr: {'alt': n}"`],
    ...['data-bind="attr: all"', 'th:alt="${n}"', 'th:attr="src=@{/a.png},alt=${n}"'],
    ...['data-th-alt="#{n}"', 'th:alt-title="#{n}"'],
    // Translators.
    ...['data-i18n="[alt]hero.n"', 'data-i18n="[title]a;[alt]b"', 'data-i18n-alt="n"'],
    ...['data-i18n-attr="alt"', 'data-l10n-id="hero"', 'translate-attr-alt="N"', 't="[alt]n"'],
    // Names of somebody's own.
    ...['data-alt="A red circle"', 'alt-text="A red circle"', ':aria-label="n"', ':title="n"'],
    // Whether it is for everybody, the program decides.
    ...[':aria-hidden="n"', '[attr.role]="n"', 'role="{{ n }}"'],
    // Code of templates in the text or among the attributes.
    ...['alt="{{ n }}"', 'alt="A {{ n }}"', "alt='{{ \"n\" | t }}'", 'alt="{% trans "A > B" %}"'],
    ...['alt="<%= n %>"', 'alt="<?= $n ?>"', 'alt="<?php echo $n->a; ?>"', 'alt="{!! $n !!}"'],
    ...['alt="@Model.Name"', 'alt="@(n > 1 ? "a" : "b")"', 'alt="#{n}"', 'alt="{$n.alt}"'],
    ...['alt="{name}"', 'alt="$name"', 'alt="__MSG_name__"', 'alt="[(${n})]"'],
    ...["alt={{ n }}", "{{ attributes }}", "<?php echo $attrs ?>", "<?= $attrs ?>", "<%- attrs %>"],
    ...["{{> attrs }}", '{{#if n}}alt="{{ n }}"{{/if}}', "{% include 'alt.html' %}"],
    ...[
      '{% if n %}alt=""{% else %}alt="A"{% endif %}',
      '<?php if ($n > 1): ?>alt="A"<?php endif ?>',
    ],
    ...['aria-labelledby=" " [attr.aria-labelledby]="n"'],
  ],
  named: ['aria-label="A"', 'aria-labelledby="n"', 'alt="" aria-label="A"', 'title="A"'],
  decorative: [
    ...['role="presentation"', 'role="none"', "role=NONE", 'role="none presentation"'],
    ...['role="presentation img"', 'role="doc-x none"', 'aria-hidden="true"', "hidden", "inert"],
    ...['alt="" role="none"', 'alt=""', "alt"],
  ],
  absent: [
    ...[
      'class="a"',
      'role="img"',
      'role="img none"',
      'aria-hidden="false"',
      'hidden="until-found"',
    ],
    ...['aria-label=""', 'title=" "', 'data-alt-src="b.png"', 'onclick="this.alt = 1"'],
    ...[
      '(click)="show()"',
      '*ngIf="a"',
      'x-show="a"',
      'data-bind="attr: { id: n }"',
      '[class]="n"',
    ],
    ...['data-src="https://a.example/o/b.png?alt=media"', '{{!-- alt="x" --}}', 'id="{{ n }}"'],
    ...[
      '{% if n %}class="a"{% endif %}',
      "{{#if n}}class=a{{/if}}",
      '<% if n %>class="a"<% end %>',
    ],
  ],
  '"A"': [
    ...['alt="A"', 'alt="A" data-alt="B"', 'alt="A" title="B"', '{{ all }} alt="A"'],
    ...['{{#if n}}class="a"{{/if}} alt="A"', 'alt="A" {{ with .T }}title="{{ . }}"{{ end }}'],
  ],
};

describe("who decides the text of a picture in HTML", () => {
  for (const [word, attributes] of Object.entries(ATTRIBUTES)) {
    for (const written of attributes) {
      it(`${word}: ${written}`, () => {
        assert.deepEqual(words(`<p><img src="a.png" ${written}></p>`, "html"), [word]);
        const turned = /^alt=[^"']/.test(written)
          ? [word]
          : words(`<img ${written} src="a.png">`, "html");
        assert.deepEqual(turned, [word]);
      });
    }
  }

  it("gives a place only where a text is missing or fixed, and none between conditions", () => {
    for (const [word, attributes] of Object.entries(ATTRIBUTES)) {
      for (const written of attributes) {
        const text = `<img src="a.png" ${written}>`;
        const [image] = findImages(text, "html");
        assert.ok(image !== undefined);
        const isOpen =
          word === "absent" || word === '"A"' || /^(?:alt(?:="")?|title="A")$/.test(written);
        const isBetween =
          word === "absent" && /\{[%{][^!]|<%/.test(written) && !written.startsWith("id");
        assert.equal(canSetAlt(image), isOpen && !isBetween && !written.startsWith("{{!"), written);
        if (!canSetAlt(image)) continue;
        const changed = applyEdits(text, setAlt(text, image, "A red circle"));
        assert.deepEqual(words(changed, "html"), ['"A red circle"'], changed);
      }
    }
  });
});

const OTHERS: readonly (readonly [AltLanguage, string, readonly string[]])[] = [
  [
    "jsx",
    "<a>{<img src='a' role='presentation' />}<img src='a' aria-hidden /></a>",
    ["decorative", "decorative"],
  ],
  ["jsx", "<i aria-hidden={true}><img src='a' /></i>", ["decorative"]],
  ["jsx", "<i aria-hidden={false}><img src='a' aria-hidden={false} /></i>", ["absent"]],
  [
    "jsx",
    "<i><img src='a' aria-label={t} /><img src='a' aria-label='A' /></i>",
    ["dynamic", "named"],
  ],
  ["jsx", "<i><img src='a' alt={undefined} /><img src='a' alt={null} /></i>", ["absent", "absent"]],
  [
    "jsx",
    "<i><img src='a' alt /><img src='a' alt={''} /><img src='a' alt={``} /></i>",
    ["absent", "decorative", "decorative"],
  ],
  [
    "jsx",
    "<i><img src='a' {...b} /><img src='a' altText='A' /><img src='a' role={r} /></i>",
    ["dynamic", "dynamic", "dynamic"],
  ],
  ["tsx", "<i hidden><Image src={a} /></i>", ["decorative"]],
  [
    "mdx",
    "<div aria-hidden='true'>\n  <img src='a' />\n</div>\n\n<Image src='a' alt={undefined} />\n",
    ["decorative", "absent"],
  ],
  [
    "vue",
    "<template><img src='a' role='none'><img src='a' :alt='undefined'></template>",
    ["decorative", "absent"],
  ],
  [
    "vue",
    "<template><p aria-hidden='true'><img :src='a'></p><img src='a' v-bind='b'></template>",
    ["decorative", "dynamic"],
  ],
  [
    "vue",
    "<template><img v-lazy='a'><img src='a' v-t:alt=\"'b'\"></template>",
    ["absent", "dynamic"],
  ],
  [
    "svelte",
    "<img src='a' {alt}><img src='a' role='presentation'><img src='a' alt={undefined}>",
    ["dynamic", "decorative", "absent"],
  ],
  [
    "svelte",
    "<p aria-hidden='true'><Image src='a' /></p><Image src='a' bind:alt />",
    ["decorative", "dynamic"],
  ],
  [
    "astro",
    "<p aria-hidden='true'><img src='a'></p><img src='a' :alt='b'><img src='a' role='none'>",
    ["decorative", "dynamic", "decorative"],
  ],
  [
    "markdown",
    "![{{ .Text }}](a.png) ![A {{ b }}](a.png) ![${c}](a.png)",
    ["dynamic", "dynamic", "dynamic"],
  ],
  [
    "markdown",
    "<div aria-hidden=true>\n<img src=a>\n</div>\n\n<img src=a>",
    ["decorative", "absent"],
  ],
];

describe("who decides the text of a picture elsewhere", () => {
  for (const [language, text, expected] of OTHERS) {
    it(`${language}: ${text}`, () => {
      assert.deepEqual(words(text, language), expected);
    });
  }

  it("a text takes the place of an attribute that says nothing", () => {
    for (const [language, text] of OTHERS.filter(([, , all]) => all.includes("absent"))) {
      const images = findImages(text, language);
      const edits = images
        .filter(({ altState }) => altState === "absent")
        .filter(canSetAlt)
        .flatMap((image) => setAlt(text, image, "A red circle"));
      const after = words(applyEdits(text, edits), language);
      assert.equal(after.filter((word) => word === '"A red circle"').length, edits.length, text);
    }
  });
});

describe("pictures whose text is translated", () => {
  it("get another text, and are not made decoration, because the translation would go on", () => {
    const [image] = findImages('<img src="a.png" alt="A boat" i18n-alt="@@boat">', "html");
    assert.ok(image !== undefined && canSetAlt(image));
    assert.equal(canMarkDecorative(image), false);
  });
});

describe("hidden pictures", () => {
  it("have no problem, whatever their text, and are not written", () => {
    const [image] = findImages('<img src="a.png" aria-hidden="true" alt="image">', "html");
    assert.ok(image !== undefined);
    assert.equal(altProblem(image), null);
    assert.equal(image.isDecorative, false);
    assert.equal(canMarkDecorative(image), false);
  });

  it("are found through elements that nobody closed", () => {
    const text =
      '<div><p aria-hidden="true">a<p><img src=a></div><ul><li hidden>b<li><img src=b></ul><div><b hidden></div><img src=c>';
    assert.deepEqual(words(text, "html"), ["absent", "absent", "absent"]);
  });
});

describe("template code", () => {
  it("swallows nothing where it is not closed", () => {
    const text =
      "{{ <img src=a alt=b> {% <img src=c alt=d> <% <img src=e alt=f> {# <img src=g alt=h>";
    assert.deepEqual(words(text, "html"), ['"b"', '"d"', '"f"', '"h"']);
  });

  it("hides the pictures of comments and of what shows marks as they are, and no others", () => {
    const text =
      "{# <img src=a> #}{% comment %}<img src=b>{% endcomment %}{{!-- <img src=c> --}}<%# <img src=d> %>{% raw %}<img src=e>{% endraw %}{%- verbatim -%}<img src=e>{%- endverbatim %}{% if x %}<img src=e alt=f>{% endif %}";
    assert.deepEqual(words(text, "html"), ['"f"']);
  });

  it("is read in linear time", () => {
    const text = ["{{", "{%", "{#", "<%", "<?", "{{!--", "{% comment %}", "<img {{"]
      .map((mark) => mark.repeat(20_000))
      .join("\n");
    assert.deepEqual(findImages(text, "html"), []);
  });

  it("is no text that people write", () => {
    const texts = [
      ...["A set {1, 2, 3} of numbers", "Costs $5 and 50% of $10", "@octocat", "me@example.org"],
      ...[
        "C# and F#",
        "A [link](x) in brackets",
        "The array a[0][1]",
        "5 < 6 > 4",
        "#hashtag",
        "50%",
      ],
      ...["Formula: a_b * c", "Question?", "~home", "{a} and {b}", "A ratio of 3:2", "www.$name"],
    ];
    assert.deepEqual(texts.filter(holdsTemplateCode), []);
  });
});
