import assert from "node:assert/strict";
import { mock } from "node:test";
import { createAudit } from "../../../../src/editor/audit/auditCommands";
import { ruleTitle } from "../../../../src/editor/audit/auditStrings";
import { findImages } from "../../../../src/alt/formats/findImages";
import { AuditFollower } from "../../../../src/editor/audit/auditFollower";
import { findingText, saidBy } from "../../../../src/editor/audit/findingWords";
import { englishOf, MESSAGE_IDS, say } from "../../../../src/audit/messages";
import type { RuleId } from "../../../../src/audit/rule";
import { RULES } from "../../../../src/audit/ruleTable";
import { AppError } from "../../../../src/base/errors";
import type { CheckedDocumentReply } from "../../../../src/protocol/auditSchemas";
import type { Params } from "../../../../src/protocol/methods";
import type { Services } from "../../../../src/editor/shell/services";
import { addPicture, AltWorld } from "../../../helpers/altServices";
import { settled } from "../../../helpers/chatFakes";
import { fakeEditor, resetFakeEditor } from "../../../helpers/editor/fakeEditor";
import { openDocumentAt } from "../../../helpers/editor/open";
import { FakeUri, type FakeRange } from "../../../helpers/editor/values";

type Request = Params<"auditDocuments">;
type Finding = CheckedDocumentReply["findings"][number];

interface Item {
  readonly label: string;
  readonly description: string;
  readonly tooltip?: string;
  readonly accessibilityInformation: { readonly label: string };
  readonly command?: { readonly arguments: readonly [FakeUri, { readonly selection: FakeRange }] };
}

interface Provider {
  getChildren(node?: object): object[];
  getTreeItem(node: object): Item;
}

const finding = (rule: RuleId, line: number, target = "a.png"): Finding => ({
  ...{ rule, level: "warn", target, alt: "" },
  says: [{ id: "placeholder", values: [rule] }],
  range: { start: { line, character: 0 }, end: { line, character: 3 } },
});

describe("the check of a workspace", () => {
  let services: Services;
  let feature: ReturnType<typeof createAudit>;
  let requests: Request[];
  /** What is wrong in each document, by the end of its path. */
  let findings: Map<string, readonly Finding[]>;
  let beforeReply: (request: Request) => void;

  beforeEach(() => {
    resetFakeEditor();
    requests = [];
    findings = new Map();
    beforeReply = () => undefined;
    const world = new AltWorld();
    Object.assign(world.engine, {
      call: async (_: string, request: Request, { signal }: { signal: AbortSignal }) => {
        requests.push(request);
        beforeReply(request);
        await Promise.resolve();
        if (signal.aborted) throw new AppError("request.cancelled", "Cancelled.");
        const documents = request.documents.map(({ file }) => {
          const name = file.replace(/^\/w\//, "");
          return { file, nPictures: 1, findings: findings.get(name) ?? [] };
        });
        return { documents };
      },
    });
    services = world.services;
    Object.assign(services, { engine: world.engine });
    feature = createAudit(services);
  });

  afterEach(() => {
    mock.timers.reset();
    feature.dispose();
  });

  function write(name: string, text = ""): void {
    fakeEditor.files.set(`file:///w/${name}`, new TextEncoder().encode(text));
  }

  const check = async (): Promise<unknown> => await feature.commands["sightline.checkWorkspace"]();

  const view = (): { provider: Provider; message: string; badge?: { value: number } } =>
    fakeEditor.trees.get("sightline.audit") as never;

  /** Labels and descriptions, groups and what is in them. */
  function shown(): string[] {
    const { provider } = view();
    return provider.getChildren().flatMap((group) => {
      const text = (node: object): string => {
        const { label, description } = provider.getTreeItem(node);
        return `${label} (${description})`;
      };
      return [text(group), ...provider.getChildren(group).map((node) => `  ${text(node)}`)];
    });
  }

  it("lists what is wrong by rule, the worst first, or by file", async () => {
    for (const name of ["a.md", "b/c.md"]) write(name);
    findings.set("a.md", [finding("too-long", 4), finding("missing", 2, "img/x.png?v=1")]);
    findings.set("b/c.md", [finding("missing", 0, "data:image/png;base64,AAAA")]);
    await check();
    assert.deepEqual(shown(), [
      "A picture has no text (2)",
      ...["  x.png (a.md:3)", "  data: (b/c.md:1)"],
      "A text is very long (1)",
      "  a.png (a.md:5)",
    ]);
    await feature.commands["sightline.showFindingsByFile"]();
    assert.deepEqual(shown(), [
      "a.md (2 · /w)",
      ...["  a.png (5 · A text is very long)", "  x.png (3 · A picture has no text)"],
      ...["c.md (1 · b)", "  data: (1 · A picture has no text)"],
    ]);
    assert.equal(view().message, "Documents: 2, pictures: 2, findings: 3.");
    assert.equal(view().badge?.value, 3);
    const keys = fakeEditor.executed.filter(([command]) => command === "setContext");
    assert.deepEqual(keys.at(-1), ["setContext", "sightline.auditGrouping", "file"]);
    assert.ok(fakeEditor.executed.some(([command]) => command === "sightline.audit.focus"));
  });

  it("checks what an open notebook holds by now, with its attachments", async () => {
    write("n.ipynb", '{"cells": []}');
    const cell = (kind: number, source: string, metadata = {}): object => ({
      ...{ kind, metadata, document: { getText: () => source } },
    });
    const attachments = { "p.png": { "image/png": "AAAA" } };
    const cells = [cell(1, "![](attachment:p.png)", { attachments }), cell(2, "![](code.png)")];
    const notebook = { uri: FakeUri.file("/w/n.ipynb"), isDirty: true, getCells: () => cells };
    fakeEditor.notebooks = [notebook];
    await check();
    const [asked] = requests.at(-1)?.documents ?? [];
    const found = findImages(asked?.text ?? "", "notebook");
    assert.deepEqual(
      found.map(({ target }) => [target.value, target.data]),
      [["attachment:p.png", "data:image/png;base64,AAAA"]],
    );
    fakeEditor.notebooks = [{ ...notebook, isDirty: false }];
    await check();
    assert.equal(requests.at(-1)?.documents[0]?.text, undefined);
    fakeEditor.notebooks = [];
  });

  it("opens the place of a finding, and names it whole to screen readers", async () => {
    write("a.md");
    findings.set("a.md", [finding("missing", 2)]);
    await check();
    const { provider } = view();
    const [group = {}] = provider.getChildren();
    const [node = {}] = provider.getChildren(group);
    const item = provider.getTreeItem(node);
    assert.ok(item.command);
    const [uri, { selection }] = item.command.arguments;
    assert.equal(uri.toString(), "file:///w/a.md");
    assert.equal(selection.start.line, 2);
    assert.equal(
      item.accessibilityInformation.label,
      "a.png, a.md, line 3: “missing” says nothing of the picture. Describe what it shows.",
    );
  });

  it("says so where nothing is wrong, and what the baseline hides", async () => {
    write("a.md");
    await check();
    assert.equal(view().message, "Documents: 1, pictures: 1. Nothing is wrong.");
    assert.equal(view().badge, undefined);
    const entry = { rule: "missing", file: "a.md", target: "a.png", text: HASH, n: 1 };
    write(".sightline-baseline.json", JSON.stringify({ version: 1, findings: [entry] }));
    findings.set("a.md", [finding("missing", 2)]);
    await check();
    assert.match(view().message, /Nothing is wrong\. The baseline hides 1 others\./);
  });

  it("asks for twenty documents at a time, with what is not saved", async () => {
    for (let index = 0; index < 45; index++) write(`${index}.md`);
    const open = openDocumentAt("7.md", { language: "markdown", text: "new", cursor: "" });
    open.isDirty = true;
    await check();
    assert.deepEqual(
      requests.map(({ documents }) => documents.length),
      [20, 20, 5],
    );
    assert.equal(new Set(requests.map(({ run }) => run)).size, 1);
    const all = requests.flatMap(({ documents }) => documents);
    assert.deepEqual(
      all.filter(({ text }) => text !== undefined),
      [{ file: "/w/7.md", text: "new" }],
    );
  });

  it("keeps what was found before a cancel, and says that there may be more", async () => {
    for (let index = 0; index < 45; index++) write(`${String(index).padStart(2, "0")}.md`);
    findings.set("01.md", [finding("missing", 0)]);
    mock.timers.enable({ apis: ["setTimeout"] });
    beforeReply = () => {
      mock.timers.tick(1000);
      fakeEditor.progress[0]?.cancel();
    };
    await check();
    assert.ok(requests.length < 3);
    assert.match(view().message, /Not everything was looked at\.$/);
  });

  it("fails with a reason where there is no folder on this machine", async () => {
    fakeEditor.folders = [];
    await assert.rejects(check(), { code: "document.missing" });
  });

  it("follows documents that are written in, and those that change on the disk", async () => {
    write("a.md");
    findings.set("a.md", [finding("missing", 2)]);
    await check();
    addPicture("a.png");
    mock.timers.enable({ apis: ["setTimeout"] });
    const follower = new AuditFollower(services);
    const pass = async (): Promise<void> => {
      mock.timers.tick(1000);
      for (let turn = 0; turn < 4; turn++) await settled();
    };
    const text = "![image](a.png)";
    await fakeEditor.documentOpened.fire(
      openDocumentAt("a.md", { language: "markdown", text, cursor: "" }),
    );
    await pass();
    assert.deepEqual(shown(), ["A placeholder stands for a text (1)", "  a.png (a.md:1)"]);
    findings.set("a.md", []);
    await fakeEditor.fileChanged.fire(FakeUri.file("/w/a.md"));
    await fakeEditor.fileChanged.fire(FakeUri.file("/w/never-checked.md"));
    await pass();
    assert.equal(requests.length, 2);
    assert.deepEqual(
      requests.at(-1)?.documents.map(({ file }) => file),
      ["/w/a.md"],
    );
    assert.deepEqual(shown(), []);
    follower.dispose();
  });
});

describe("the titles of rules in the editor", () => {
  it("are those of the table", () => {
    for (const { id, title } of RULES) assert.equal(ruleTitle(id), title);
    for (const id of MESSAGE_IDS) {
      const says = [say(id, "one", "two")];
      assert.equal(findingText(says), englishOf(says));
    }
    assert.deepEqual(saidBy([{ id: "unheard-of", values: [] }]), []);
  });
});

/** Of no text: the first sixteen digits of its SHA-256. */
const HASH = "e3b0c44298fc1c14";
