import assert from "node:assert/strict";
import { mock } from "node:test";
import { AuditFollower, TYPING_MS } from "../../../../src/editor/audit/auditFollower";
import { MAX_SHOWN } from "../../../../src/editor/audit/auditSquiggles";
import { addPicture, AltWorld } from "../../../helpers/altServices";
import { settled } from "../../../helpers/chatFakes";
import type { FakeDocument } from "../../../helpers/editor/documents";
import { fakeEditor, messageTexts, resetFakeEditor } from "../../../helpers/editor/fakeEditor";
import { openDocument, openDocumentAt } from "../../../helpers/editor/open";
import { FakeDiagnostic, FakeUri } from "../../../helpers/editor/values";

const ADDRESS = "file:///w/page.markdown";

describe("what is marked in open documents", () => {
  let world: AltWorld;
  let follower: AuditFollower;

  beforeEach(() => {
    resetFakeEditor();
    world = new AltWorld();
    mock.timers.enable({ apis: ["setTimeout"] });
    for (const name of ["a.png", "b.png"]) addPicture(name);
  });

  afterEach(() => {
    follower.dispose();
    mock.timers.reset();
  });

  async function begin(): Promise<void> {
    follower = new AuditFollower(world.services);
    await pass(0);
  }

  async function pass(ms: number): Promise<void> {
    mock.timers.tick(ms);
    await settled();
    await settled();
  }

  function ours(address = ADDRESS): readonly FakeDiagnostic[] {
    return fakeEditor.diagnostics.get(address)?.get("sightline") ?? [];
  }

  const wordsOf = (document: FakeDocument, { range }: FakeDiagnostic): string =>
    document.text.slice(document.offsetAt(range.start), document.offsetAt(range.end));

  function writeFile(name: string, text: string): void {
    fakeEditor.files.set(`file:///w/${name}`, new TextEncoder().encode(text));
  }

  function addForeign(document: FakeDocument, words: string, code: unknown): Promise<void> {
    const found = new FakeDiagnostic(document.rangeOf(words), "other");
    found.source = "other";
    found.code = code;
    fakeEditor.diagnostics.set(ADDRESS, new Map([...all(), ["other", [found]]]));
    return fakeEditor.diagnosticsChanged.fire({ uris: [document.uri] });
  }

  const all = (): Map<string, readonly FakeDiagnostic[]> =>
    fakeEditor.diagnostics.get(ADDRESS) ?? new Map<string, readonly FakeDiagnostic[]>();

  it("is each picture's text or the beginning of its reference, by level, with the rule's page", async () => {
    const document = openDocument(
      "markdown",
      "![](a.png)\n\n![image of a fox](b.png)\n\n![](gone)",
    );
    await begin();
    assert.deepEqual(
      ours().map((each) => [wordsOf(document, each), each.severity, each.source]),
      [
        ["![]", 1, "Sightline"],
        ["image of a fox", 2, "Sightline"],
        ["![]", 1, "Sightline"],
      ],
    );
    const { value, target } = ours()[0]?.code as { value: string; target: FakeUri };
    assert.equal(value, "missing");
    assert.match(target.toString(), /^https:\/\/www\.w3\.org\//);
  });

  it("points to the other picture where a finding speaks of two", async () => {
    addPicture("a.png");
    addPicture("b.png");
    const document = openDocument("markdown", "![Settings](a.png)\n\n![Settings](b.png)");
    await begin();
    const [found] = ours();
    const { value } = found?.code as { value: string };
    assert.deepEqual([ours().length, value], [1, "repeated"]);
    const places = (found?.relatedInformation ?? []) as readonly {
      readonly location: { readonly uri: FakeUri; readonly range: FakeDiagnostic["range"] };
    }[];
    assert.deepEqual(
      places.map(({ location: { uri, range } }) => [
        uri.toString(),
        document.offsetAt(range.start),
        document.offsetAt(range.end),
      ]),
      [[ADDRESS, 2, 10]],
    );
  });

  it("is looked for once after somebody typed, and not at every letter", async () => {
    const document = openDocument("markdown", "![A fox](a.png)\n");
    await begin();
    const before = fakeEditor.nMarked.length;
    let nRead = 0;
    document.getText = () => {
      nRead++;
      return document.text;
    };
    for (let letter = 0; letter < 20; letter++) {
      await document.type(0, letter === 0 ? "![](b.png)\n" : "a");
      await pass(TYPING_MS - 1);
    }
    assert.deepEqual([nRead, fakeEditor.nMarked.length], [0, before]);
    await pass(TYPING_MS);
    assert.ok(nRead > 0 && nRead < 6, `${nRead}`);
    assert.deepEqual(ours().length, 1);
  });

  it("is nothing in a document that is too long to be read while somebody types", async () => {
    openDocument("markdown", `![](a.png)\n${"words ".repeat(60_000)}`);
    await begin();
    assert.deepEqual(ours(), []);
  });

  it("is never set for several documents in one call", async () => {
    openDocument("markdown", "![](a.png)");
    openDocumentAt("other.md", { language: "markdown", text: "![](b.png) ![](a.png)", cursor: "" });
    await begin();
    assert.deepEqual(fakeEditor.nMarked, [1, 2]);
  });

  it("gives way to another tool that says something of the same picture, and comes back", async () => {
    const document = openDocument("markdown", "![](a.png)\n\n![](b.png)\n");
    await begin();
    assert.equal(ours().length, 2);
    await addForeign(document, "![](a.png)", { value: "MD045", target: "" });
    assert.deepEqual(
      ours().map(({ range }) => range.start.line),
      [2],
    );
    await addForeign(document, "![](a.png)", "MD013");
    assert.equal(ours().length, 2);
  });

  it("respects comments, the project's rules, its patterns and its baseline", async () => {
    const text =
      "<!-- sightline-disable-next-line -->\n![](a.png)\n\n![](a.png)\n\n![image](b.png)\n";
    writeFile(".sightline.jsonc", '{ "rules": { "placeholder": "off" } }');
    openDocument("markdown", text);
    await begin();
    assert.deepEqual(
      ours().map(({ range }) => range.start.line),
      [3],
    );
    const entry = { rule: "missing", file: "page.markdown", target: "a.png", text: HASH, n: 1 };
    writeFile(".sightline-baseline.json", JSON.stringify({ version: 1, findings: [entry] }));
    await fakeEditor.fileChanged.fire(FakeUri.file("/w/.sightline.jsonc"));
    await pass(0);
    assert.deepEqual(ours(), []);
    writeFile(".sightline-baseline.json", JSON.stringify({ version: 1, findings: [] }));
    writeFile(".sightline.jsonc", '{ "ignore": ["*.markdown"] }');
    await fakeEditor.fileChanged.fire(FakeUri.file("/w/.sightline.jsonc"));
    await pass(0);
    assert.deepEqual(ours(), []);
  });

  it("is nothing where a configuration has a mistake, which is said once", async () => {
    writeFile(".sightline.jsonc", '{ "rulez": {} }');
    const document = openDocument("markdown", "![](a.png)");
    await begin();
    await document.type(0, "a");
    await pass(TYPING_MS);
    assert.deepEqual(ours(), []);
    assert.equal(messageTexts().length, 1);
    assert.match(messageTexts()[0] ?? "", /sightline\.jsonc.*rulez.*rules/);
  });

  it("finds the components that the project names", async () => {
    writeFile(".sightline.jsonc", '{ "components": ["Photo"] }');
    openDocumentAt("page.markdown", { language: "mdx", text: '<Photo src="a.png" />', cursor: "" });
    await begin();
    assert.equal(ours().length, 1);
  });

  it("ends with a line where there is too much of it", async () => {
    openDocument("markdown", "![](a.png)\n\n".repeat(MAX_SHOWN + 3));
    await begin();
    assert.equal(ours().length, MAX_SHOWN + 1);
    assert.equal(ours().at(-1)?.message, "3 more findings are in this file.");
  });

  it("goes with the setting, with the document and with the extension", async () => {
    const document = openDocument("markdown", "![](a.png)");
    await begin();
    assert.equal(ours().length, 1);
    world.auditEnabled = false;
    await world.settingsChanged.fire();
    await pass(0);
    assert.equal(ours().length, 0);
    world.auditEnabled = true;
    await world.settingsChanged.fire();
    await pass(0);
    assert.equal(ours().length, 1);
    await fakeEditor.documentClosed.fire(document);
    assert.equal(ours().length, 0);
    await fakeEditor.documentOpened.fire(document);
    await pass(0);
    follower.dispose();
    assert.equal(ours().length, 0);
  });

  it("leaves alone what nobody writes in", async () => {
    for (const uri of ["git:/w/a.md", "output:/a.md", "file:///w/node_modules/a/a.md"]) {
      const document = openDocument("markdown", "![](a.png)");
      Object.assign(document, { uri: FakeUri.parse(uri) });
    }
    await begin();
    assert.deepEqual(fakeEditor.nMarked, []);
  });
});

/** Of no text: the first sixteen digits of its SHA-256. */
const HASH = "e3b0c44298fc1c14";
