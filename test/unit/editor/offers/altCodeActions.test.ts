import assert from "node:assert/strict";
import { addPicture, AltWorld } from "../../../helpers/altServices";
import { registerAltProviders } from "../../../../src/editor/offers/altProviders";
import { addToBaseline } from "../../../../src/editor/audit/baselineFile";
import { imageFor } from "../../../../src/editor/documents/altTarget";
import type { FakeDocument } from "../../../helpers/editor/documents";
import { fakeEditor, resetFakeEditor } from "../../../helpers/editor/fakeEditor";
import { openDocument } from "../../../helpers/editor/open";
import { FakeKind, type FakeEdit } from "../../../helpers/editor/values";
import { workspace } from "../../../helpers/editor/vscode";

interface Action {
  readonly title: string;
  readonly isPreferred?: boolean;
  readonly edit?: FakeEdit;
  readonly kind: FakeKind;
  readonly command: { readonly command: string; readonly arguments: readonly unknown[] };
  readonly diagnostics?: readonly unknown[];
}

interface Provider {
  provideCodeActions(...given: readonly unknown[]): Promise<Action[]>;
}

const ASK = "Ask About This Image…";

/** What the editor does with an action that brings its edit. */
async function applied({ edit }: Action): Promise<void> {
  assert.ok(edit);
  await workspace.applyEdit(edit);
}

describe("the lightbulb", () => {
  const { services } = new AltWorld();

  let registered: { dispose(): unknown };

  beforeEach(() => {
    resetFakeEditor();
    addPicture("a.png");
    registered = registerAltProviders(services);
  });

  afterEach(() => {
    registered.dispose();
  });

  async function actionsAt(
    document: FakeDocument,
    words: string,
    context: { readonly only?: FakeKind; readonly diagnostics?: readonly unknown[] } = {},
  ): Promise<Action[]> {
    const { provider } = fakeEditor.providers.get("actions") ?? {};
    const given = { diagnostics: [], ...context };
    const token = { isCancellationRequested: false };
    return (provider as Provider).provideCodeActions(
      ...[document, document.rangeOf(words), given, token],
    );
  }

  async function titles(language: string, text: string, words: string): Promise<string[]> {
    const actions = await actionsAt(openDocument(language, text), words);
    return actions.map(({ title }) => title).filter((title) => !/^Suppress|Baseline/.test(title));
  }

  it("offers what can be done with a picture, and no more", async () => {
    const [generate, refine] = ["Generate Alt Text", "Refine Alt Text…"];
    const [caption, decorative] = ["Insert Caption…", "Mark as Decorative"];
    const cases: readonly (readonly [string, string, string, readonly string[]])[] = [
      ["markdown", "![](a.png)", "![", [generate, caption, decorative, ASK]],
      ["markdown", "![A fox](a.png)", "![", [generate, refine, caption, decorative, ASK]],
      ["markdown", "[![](a.png)](b)", "![", [generate, caption, ASK]],
      ["html", '<img src="a.png" [alt]="b">', "<img", [caption, ASK]],
      ["html", '<img src="a.png" role="none">', "<img", [caption, ASK]],
      ["html", '<img src="a.png" aria-label="A">', "<img", [caption, ASK]],
      ["html", '<a href="b"><img src="a.png"></a>', "<img", [generate, caption, ASK]],
      ["markdown", "x ![[a.png]]", "![[", [generate, ASK]],
      ["html", '<img src="a.png" alt="">', "<img", [generate, caption, ASK]],
      ["tsx", '<img src="a.png" alt={b} />', "<img", [caption, ASK]],
      ["markdown", "![](b.png)", "![", [generate, caption, decorative]],
      ["markdown", "words ![](a.png)", "words"[0] ?? "", []],
    ];
    for (const [language, text, words, expected] of cases) {
      assert.deepEqual(await titles(language, text, words), expected, text);
    }
  });

  it("mends all that needs no judgement when a file is saved, and nothing else", async () => {
    const text = '![](a.png "Image of a fox")\n\n![Picture of a hen](a.png)\n\n![](a.png)\n';
    const document = openDocument("markdown", text);
    const all = new FakeKind("source.fixAll");
    const [action, ...others] = await actionsAt(document, "\n\n", { only: all });
    assert.ok(action);
    assert.deepEqual([others, action.kind.value], [[], "source.fixAll.sightline"]);
    await applied(action);
    assert.equal(document.getText(), "![Image of a fox](a.png)\n\n![A hen](a.png)\n\n![](a.png)\n");
    assert.equal((await actionsAt(document, "fox", { only: all })).length, 1);
    const right = openDocument("markdown", "![A fox](a.png)\n");
    assert.deepEqual(await actionsAt(right, "![", { only: all }), []);
    assert.ok((await actionsAt(document, "![")).every(({ kind }) => !all.contains(kind)));
  });

  it("gives only the kinds that are asked for", async () => {
    const document = openDocument("markdown", "![](a.png)");
    const fixes = await actionsAt(document, "![", { only: new FakeKind("quickfix") });
    assert.deepEqual(
      fixes.map(({ title }) => title),
      [
        ...["Generate Alt Text", "Mark as Decorative"],
        ...['Suppress "missing" Here with a Comment', "Add to the Baseline of This Folder"],
      ],
    );
    assert.deepEqual(await actionsAt(document, "![", { only: new FakeKind("source") }), []);
  });

  it("mends what linters say of the picture, and of no other place", async () => {
    const document = openDocument("markdown", "![](a.png) words");
    const [here, there] = [document.rangeOf("![](a.png)"), document.rangeOf("ds")];
    const diagnostics = [
      { code: { value: "MD045", target: "" }, range: here },
      { code: "MD045", range: there },
      { code: "MD013", range: here },
    ];
    const [fix] = await actionsAt(document, "![", { diagnostics });
    assert.deepEqual(fix?.diagnostics, diagnostics.slice(0, 1));
  });

  it("has the rules' own fixes, a comment and the baseline, also for what others say", async () => {
    const text = "a ![](a.png 'A fox') b";
    const document = openDocument("markdown", text);
    const range = document.rangeOf("![](a.png");
    const diagnostics = [{ source: "markdownlint", code: { value: "MD045" }, range }];
    const actions = await actionsAt(document, "![", { diagnostics });
    const named = (title: RegExp): Action => {
      const found = actions.find((action) => title.test(action.title));
      assert.ok(found, `${String(title)} among ${actions.map((each) => each.title).join(", ")}`);
      assert.deepEqual(found.diagnostics, diagnostics);
      return found;
    };
    const move = named(/^Move the Title/);
    assert.equal(move.isPreferred, true);
    await services.notices.guard(() => applied(move));
    assert.equal(document.text, "a ![A fox](a.png) b");
    document.text = text;
    await applied(named(/^Suppress "missing"/));
    assert.equal(document.text, "a ![](a.png 'A fox') <!-- sightline-disable-line missing --> b");
    assert.equal(named(/^Generate Alt Text$/).isPreferred, undefined);
  });

  it("takes a finding into the baseline, beside what is there, and tells it no more", async () => {
    const document = openDocument("markdown", "![](a.png)\n\n![image](a.png)\n");
    const add = async (words: string): Promise<void> => {
      const actions = await actionsAt(document, words);
      const action = actions.find(({ title }) => title.startsWith("Add to the Baseline"));
      assert.ok(action, words);
      await addToBaseline(services, action.command.arguments);
    };
    await add("![](a");
    await add("![image");
    const file = fakeEditor.files.get("file:///w/.sightline-baseline.json");
    const { findings } = JSON.parse(new TextDecoder().decode(file as Uint8Array)) as {
      findings: { rule: string; file: string }[];
    };
    assert.deepEqual(
      findings.map(({ rule, file }) => [rule, file]),
      [
        ["missing", "page.markdown"],
        ["placeholder", "page.markdown"],
      ],
    );
    const left = (await actionsAt(document, "![](a")).map(({ title }) => title);
    assert.ok(!left.some((title) => /Baseline|Suppress/.test(title)), left.join());
    const other = [...fakeEditor.files.keys()].filter((name) => name.endsWith(".tmp"));
    assert.deepEqual(other, []);
  });

  it("means its picture also after the document changed above it", async () => {
    const document = openDocument("markdown", "![](a.png)\n\n![](b.png)");
    const actions = await actionsAt(document, "![](b");
    await document.type(0, "![](c.png)\n\n");
    const { arguments: given = [] } = actions[0]?.command ?? {};
    const image = await imageFor(services, given);
    assert.equal(image?.reference.target.value, "b.png");
  });

  it("is silent in a document that cannot be read, and speaks beside a mistake", async () => {
    const pug = '<template lang="pug">\nimg(src="a.png")\n</template>';
    assert.deepEqual(await titles("vue", pug, "img("), []);
    const beside = await titles("mdx", "<img src='a' />\n\n{broken\n", "<img");
    assert.equal(beside[0], "Generate Alt Text");
  });
});
