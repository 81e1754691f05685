import assert from "node:assert/strict";
import { addPicture, AltWorld } from "../../../helpers/altServices";
import { registerAltProviders } from "../../../../src/editor/offers/altProviders";
import { imageFor } from "../../../../src/editor/documents/altTarget";
import { fakeEditor, resetFakeEditor } from "../../../helpers/editor/fakeEditor";
import { openDocument } from "../../../helpers/editor/open";
import { FakeDiagnostic, FakeRange } from "../../../helpers/editor/values";

interface Hover {
  readonly contents: { readonly value: string; readonly isTrusted: unknown };
}

interface Provider {
  provideHover(...given: readonly unknown[]): Promise<Hover | undefined>;
}

/** A browser goes by the bytes of a picture and not by its name. */
const svgOf = (width: number, height: number): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"></svg>`;

describe("the hover over a picture", () => {
  let world: AltWorld;
  let registered: { dispose(): unknown };

  beforeEach(() => {
    resetFakeEditor();
    addPicture("a.png", svgOf(400, 400));
    world = new AltWorld();
    registered = registerAltProviders(world.services);
  });

  afterEach(() => {
    registered.dispose();
  });

  async function hoverAt(words: string): Promise<Hover | undefined> {
    const { document } = fakeEditor.activeEditor ?? {};
    assert.ok(document !== undefined);
    const { provider } = fakeEditor.providers.get("hover") ?? {};
    const onCancellationRequested = (): object => ({ dispose: () => undefined });
    const token = { isCancellationRequested: false, onCancellationRequested };
    return (provider as Provider).provideHover(document, document.rangeOf(words).start, token);
  }

  it("shows the picture, its text and what can be done", async () => {
    openDocument("markdown", "words ![A fox](a.png)");
    const { contents } = (await hoverAt("![")) ?? {};
    const text = contents?.value ?? "";
    assert.match(text, /^Alt text: A fox\n/);
    assert.match(text, /!\[\]\(file:\/\/\/w\/a\.png\|width=110,height=110\) 400.×.400.pixels/);
    assert.match(text, /\[Generate Alt Text\].*\[Refine\].*\[Ask About a\\\.png\]/);
    assert.deepEqual(contents?.isTrusted, {
      enabledCommands: [
        "sightline.generateAltText",
        "sightline.refineAltText",
        "sightline.askAboutImage",
      ],
    });
    assert.equal(await hoverAt("words"[0] ?? ""), undefined);
  });

  it("says what the text is where there is none to show", async () => {
    const cases: readonly (readonly [string, string, RegExp])[] = [
      ["![](a.png)", "markdown", /^No alt text/],
      ["![image](a.png)", "markdown", /A placeholder instead of a text/],
      ['<img src="a.png" alt="">', "html", /^Decorative/],
      ['<img src="a.png" alt={b} />', "tsx", /^The alt text is computed/],
      ['<img src="a.png" [alt]="b">', "html", /^The alt text is computed(?![^]*Generate)/],
      ['<img src="a.png" role="none">', "html", /^Decorative(?![^]*Generate)/],
      ['<img src="a.png" aria-label="A">', "html", /^Another attribute names(?![^]*Generate)/],
      ["[![](a.png)](b)", "markdown", /This picture is a link: its text should say where/],
      ["![A fox](none.png)", "markdown", /The picture was not found\./],
      ["![A fox](https://example.invalid/a.png)", "markdown", /example\.invalid/],
    ];
    for (const [text, language, words] of cases) {
      openDocument(language, text);
      const picture = text.startsWith("<") ? "<i" : "![";
      assert.match((await hoverAt(picture))?.contents.value ?? "", words, text);
    }
  });

  it("does not say again what is marked there", async () => {
    const document = openDocument("markdown", "![image](a.png)");
    for (const [line, isSaid] of [
      [0, false],
      [1, true],
    ] as const) {
      const marked = new FakeDiagnostic(new FakeRange(line, 2, line, 7), "It says nothing.");
      marked.source = "Sightline";
      fakeEditor.diagnostics.set(String(document.uri), new Map([["own", [marked]]]));
      const { value = "" } = (await hoverAt("!["))?.contents ?? {};
      assert.equal(value.includes("A placeholder instead"), isSaid);
    }
  });

  it("is told both sides of a picture, so that it is laid out for it and nothing is cut off", async () => {
    const cases = [
      [300, 900, 36, 110],
      [3000, 300, 200, 20],
      [16, 16, 16, 16],
      [1, 9000, 1, 110],
    ] as const;
    for (const [width, height, shownWidth, shownHeight] of cases) {
      addPicture("a.png", svgOf(width, height));
      openDocument("markdown", "![](a.png)");
      const { value = "" } = (await hoverAt("!["))?.contents ?? {};
      assert.ok(value.includes(`a.png|width=${shownWidth},height=${shownHeight})`), value);
    }
    assert.equal(world.engine.thumbnails.length, 0);
  });

  it("asks the engine where a file is not what its name says", async () => {
    addPicture("a.png", "II*\0 a TIFF");
    openDocument("markdown", "![](a.png)");
    const { value = "" } = (await hoverAt("!["))?.contents ?? {};
    assert.match(value, /data:image\/webp;base64,[^)]*\|width=\d+,height=\d+\)/);
  });

  it("asks the engine for a small copy of what the editor does not show, and fetches nothing", async () => {
    addPicture("a.tiff");
    openDocument("markdown", "![](a.tiff)");
    const { value = "" } = (await hoverAt("!["))?.contents ?? {};
    assert.match(value, /data:image\/webp;base64,.*\d+ × 1 pixels/s);
    openDocument("markdown", "![](https://example.invalid/a.png)");
    await hoverAt("![");
    assert.equal(world.engine.thumbnails.length, 1);
  });

  it("links to its picture also after the document changed above it", async () => {
    const document = openDocument("markdown", "![](a.png)\n\n![fox (1)](a.png)");
    const { value = "" } = (await hoverAt("![fox"))?.contents ?? {};
    const [, given = ""] = /command:sightline\.refineAltText\?([^)]*)\)/.exec(value) ?? [];
    await document.type(0, "![](c.png)\n\n");
    const image = await imageFor(
      world.services,
      JSON.parse(decodeURIComponent(given)) as readonly unknown[],
    );
    assert.equal(image?.reference.alt, "fox (1)");
  });

  it("is not there where the setting is off", async () => {
    world.altHover = false;
    openDocument("markdown", "![](a.png)");
    assert.equal(await hoverAt("!["), undefined);
  });
});
