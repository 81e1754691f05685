import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { AppError } from "../../../../src/base/errors";
import { ReviewFeature } from "../../../../src/editor/queue/reviewFeature";
import type { Services } from "../../../../src/editor/shell/services";
import type {
  Decision,
  FromReview,
  ReviewQueueView,
  ToReview,
} from "../../../../src/protocol/views/reviewMessages";
import { AltWorld } from "../../../helpers/altServices";
import { fails, FakeMemento, says } from "../../../helpers/chatFakes";
import { FakeDocument } from "../../../helpers/editor/documents";
import { fakeEditor, resetFakeEditor } from "../../../helpers/editor/fakeEditor";
import { FakeUri } from "../../../helpers/editor/values";
import { FakeWebviewPanel } from "../../../helpers/editor/windowParts";
import { until } from "../../../helpers/waiting";

const at = (name: string): FakeUri => FakeUri.from({ scheme: "mem", path: `/w/${name}` });
const ONE = "\ufeff# One\r\n\r\nBeside it ![](a.png) and behind.\r\n";
const TWO = '<img src="a.png">\n<a href="x"><img src="b.png" alt="image"></a>\n';

/** A window with documents in a file system of its own, and a review of them. */
class World {
  readonly alt = new AltWorld();
  readonly state = new FakeMemento();
  readonly folder: string;
  readonly feature: ReviewFeature;
  statusChanged: (status: { readonly model: string }) => void = () => undefined;

  constructor(folder: string, state?: FakeMemento) {
    this.folder = folder;
    if (state !== undefined) this.state = state;
    this.feature = new ReviewFeature(this.#services());
  }

  #services(): Services {
    const { services } = this.alt;
    const context = {
      globalState: this.alt.memory,
      workspaceState: this.state,
      storageUri: FakeUri.file(this.folder),
      extensionUri: FakeUri.file("/extension"),
    };
    const engine = Object.assign(this.alt.engine, {
      score: () => Promise.reject(new AppError("model.unsupported", "It compares nothing.")),
      onStatusChanged: (listener: World["statusChanged"]) => {
        this.statusChanged = listener;
        return () => undefined;
      },
    });
    const notices = {
      ...services.notices,
      describe: ({ message }: AppError) => ({ text: message, actions: [] }),
    };
    const settings = { ...services.settings, prepareAhead: true };
    return { ...services, engine, notices, settings, context } as unknown as Services;
  }

  get panel(): FakeWebviewPanel {
    const panel = fakeEditor.panels.at(-1);
    assert.ok(panel, "no panel");
    return panel;
  }

  get told(): readonly ToReview[] {
    return this.panel.posted as ToReview[];
  }

  async say(message: FromReview): Promise<void> {
    await this.panel.received.fire(message);
  }

  queue(): ReviewQueueView {
    const message = [...this.told].reverse().find(({ type }) => type === "queueReplaced");
    assert.ok(message?.type === "queueReplaced", "no queue");
    return message.queue;
  }

  async open(...args: readonly unknown[]): Promise<ReviewQueueView> {
    await this.feature.commands["sightline.reviewAltTexts"](...args);
    return this.ready();
  }

  async ready(): Promise<ReviewQueueView> {
    await this.say({ type: "ready" });
    await until(() => this.told.some(({ type }) => type === "queueReplaced"), "a queue");
    return this.queue();
  }

  async decide(nth: number, decision: Decision): Promise<void> {
    const { id = "" } = this.queue().items[nth] ?? {};
    await this.say({ type: "decide", id, decision });
  }
}

function addFile(name: string, content: string | Uint8Array): void {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  fakeEditor.files.set(at(name).toString(), bytes);
}

function fileText(name: string): string {
  const bytes = fakeEditor.files.get(at(name).toString());
  assert.ok(bytes instanceof Uint8Array, name);
  return Buffer.from(bytes).toString("utf8");
}

describe("the review in the editor", () => {
  let folder: string;

  beforeEach(async () => {
    resetFakeEditor();
    fakeEditor.folders = [at("").with({ path: "/w" })];
    for (const name of ["docs/a.png", "docs/b.png"]) addFile(name, name);
    addFile("docs/one.md", ONE);
    addFile("docs/two.html", TWO);
    addFile("docs/good.md", "![A fox](a.png)\n");
    folder = await mkdtemp(path.join(tmpdir(), "sightline-queue-"));
  });

  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  it("shows what the audit finds, with what stands around it", async () => {
    const world = new World(folder);
    const { items, nDocuments, scope } = await world.open(at("docs"));
    assert.equal(scope, "docs");
    assert.equal(nDocuments, 3);
    assert.deepEqual(
      items.map(({ file, line, name, rule, now }) => [file, line, name, rule, now]),
      [
        ["docs/one.md", 3, "a.png", "missing", undefined],
        ["docs/two.html", 1, "a.png", "missing", undefined],
        ["docs/two.html", 2, "b.png", "placeholder", "image"],
      ],
    );
    assert.deepEqual(items[0]?.source, {
      before: "# One\n\nBeside it ",
      picture: "![](a.png)",
      after: " and behind.",
    });
    assert.equal(items[2]?.names, "link");
    assert.equal(world.panel.viewType, "sightline.review");
  });

  it("shows only findings of the rules that another feature names", async () => {
    const scope = { uris: [at("docs").toString()], rules: ["placeholder"] };
    const { items } = await new World(folder).open(scope);
    assert.deepEqual(
      items.map(({ name }) => name),
      ["b.png"],
    );
  });

  it("writes closed files as they are, open ones through the editor, and takes all back", async () => {
    const open = new FakeDocument(at("docs/two.html"), "html", `${TWO}<!-- not saved -->\n`);
    open.isDirty = true;
    fakeEditor.documents.push(open);
    const world = new World(folder);
    await world.open(at("docs"));
    await world.decide(0, { kind: "text", text: "A fox" });
    await world.decide(1, { kind: "decorative" });
    await world.decide(2, { kind: "suppress" });
    assert.equal(fileText("docs/one.md"), ONE);
    await world.say({ type: "apply" });
    await until(() => world.told.some(({ type }) => type === "applied"), "the end");
    const applied = world.told.find(({ type }) => type === "applied");
    assert.deepEqual(applied?.type === "applied" && applied.outcome, {
      ...{ nWritten: 3, nFiles: 2, failures: [] },
    });
    assert.equal(fileText("docs/one.md"), ONE.replace("![]", "![A fox]"));
    assert.match(open.text, /<img src="a.png" alt="">/);
    assert.match(open.text, /sightline-disable-(?:next-)?line placeholder/);
    // Somebody's own changes are theirs to save.
    assert.equal(open.nSaves, 0);
    assert.equal(fileText("docs/two.html"), TWO);
    assert.deepEqual(world.queue().items, []);
    world.panel.dispose();
    await new World(folder).feature.commands["sightline.undoLastReview"]();
    assert.equal(fileText("docs/one.md"), ONE);
    assert.equal(open.text, `${TWO}<!-- not saved -->\n`);
    assert.match(fakeEditor.notes.join(), /taken back\. Files: 2/);
  });

  it("saves an open document that was saved, unless the settings say otherwise", async () => {
    for (const isOff of [false, true]) {
      fakeEditor.settings.set("files.refactoring.autoSave", !isOff);
      const open = new FakeDocument(at("docs/two.html"), "html", TWO);
      fakeEditor.documents = [open];
      const world = new World(folder);
      await world.open(at("docs/two.html"));
      await world.decide(0, { kind: "text", text: "A fox" });
      await world.say({ type: "apply" });
      await until(() => open.text !== TWO, "the text");
      assert.equal(open.nSaves, isOff ? 0 : 1);
    }
  });

  it("names what cannot be written and keeps it in the queue", async () => {
    const cell = { cell_type: "markdown", metadata: {}, source: ["![](a.png)"] };
    addFile("docs/n.ipynb", JSON.stringify({ cells: [cell], metadata: {}, nbformat: 4 }));
    const world = new World(folder);
    const { items } = await world.open(at("docs/n.ipynb"));
    assert.deepEqual(items[0]?.can, { text: true, decorative: true, suppress: false });
    await world.decide(0, { kind: "text", text: "A fox" });
    fakeEditor.notebooks.push({ uri: at("docs/n.ipynb"), isDirty: true });
    await world.say({ type: "apply" });
    await until(() => world.told.some(({ type }) => type === "applied"), "the end");
    const applied = world.told.find(({ type }) => type === "applied");
    assert.ok(applied?.type === "applied");
    assert.match(applied.outcome.failures[0]?.reason ?? "", /n\.ipynb is open with changes/);
    assert.deepEqual(
      world.queue().decisions.map(({ decision }) => decision.text),
      ["A fox"],
    );
    fakeEditor.notebooks = [];
    await world.say({ type: "apply" });
    await until(() => fileText("docs/n.ipynb").includes("A fox"), "the text");
  });

  it("proposes texts of the model, and says why where it has none", async () => {
    const world = new World(folder);
    world.alt.engine.script = [says("a cat"), says("a dog"), says("a cow")];
    const { items } = await world.open(at("docs/one.md"));
    const ids = items.map(({ id }) => id);
    await world.say({ type: "look", ids });
    await until(() => world.told.some(({ type }) => type === "proposed"), "proposals");
    const proposed = world.told.find(({ type }) => type === "proposed");
    assert.ok(proposed?.type === "proposed");
    assert.equal(proposed.proposals.texts[0]?.text, "A cat");
    const look = world.told.find(({ type }) => type === "looked");
    assert.ok(look?.type === "looked");
    assert.match(look.look.picture ?? "", /^data:image\/webp;base64,/);
    world.panel.posted.length = 0;
    world.alt.engine.script = [fails("model.unsupported")];
    world.statusChanged({ model: "another" });
    await until(() => world.told.some(({ type }) => type === "proposed"), "none");
    const none = world.told.find(({ type }) => type === "proposed");
    assert.ok(none?.type === "proposed");
    assert.deepEqual(none.proposals, {
      ...{ state: "off", texts: [], problem: "It was model.unsupported." },
    });
  });

  it("starts no model in a workspace that is not trusted, and fetches nothing unasked", async () => {
    fakeEditor.isTrusted = false;
    addFile("docs/web.md", "![](https://example.org/x.png)\n\n![](a.png)\n");
    const world = new World(folder);
    const { items } = await world.open(at("docs/web.md"));
    await world.say({ type: "look", ids: items.map(({ id }) => id) });
    const proposed = (): number => world.told.filter(({ type }) => type === "proposed").length;
    await until(() => proposed() === 2, "both");
    assert.equal(world.alt.engine.requests.length, 0);
    const looks = world.told.flatMap((one) => (one.type === "looked" ? one.look.state : []));
    assert.deepEqual(looks.sort(), ["remote", "shown"]);
    await world.say({ type: "fetch", id: items[0]?.id ?? "" });
    assert.match(world.alt.shown.join(), /not trusted/);
  });

  it("takes up the review of before when the window is loaded again", async () => {
    const before = new World(folder);
    await before.open(at("docs"));
    await before.decide(0, { kind: "text", text: "A fox" });
    before.feature.dispose();
    // The panel that closes with the window does not say so.
    await before.state.update("sightline.openReview", { uris: [at("docs").toString()] });
    const after = new World(folder, before.state);
    after.feature.adopt(new FakeWebviewPanel("sightline.review", "") as never);
    const { decisions } = await after.ready();
    assert.deepEqual(
      decisions.map(({ decision }) => decision),
      [{ kind: "text", text: "A fox" }],
    );
  });

  it("closes a panel of before that nothing is known of", () => {
    const world = new World(folder);
    const panel = new FakeWebviewPanel("sightline.review", "");
    let isClosed = false;
    panel.onDidDispose(() => (isClosed = true));
    world.feature.adopt(panel as never);
    assert.equal(isClosed, true);
  });

  it("asks what is to be reviewed, and says so where nothing is open", async () => {
    const world = new World(folder);
    const document = new FakeDocument(at("docs/one.md"), "markdown", "![](a.png)\n");
    fakeEditor.documents.push(document);
    fakeEditor.activeEditor = { document } as never;
    fakeEditor.listSteps.push((items) => {
      assert.deepEqual(
        items.map(({ label }) => label),
        ["This File", "Its Folder", "The Workspace"],
      );
      return "leave";
    });
    await world.feature.commands["sightline.reviewAltTexts"]();
    fakeEditor.activeEditor = undefined;
    fakeEditor.folders = [];
    await assert.rejects(async () => await world.feature.commands["sightline.reviewAltTexts"](), {
      code: "document.missing",
    });
  });

  it("names documents that cannot be read, and reviews the others", async () => {
    addFile("docs/latin.md", new Uint8Array([0xe4, ...Buffer.from("![](a.png)")]));
    const { unread, items } = await new World(folder).open(at("docs"));
    assert.equal(items.length, 3);
    assert.equal(unread.length, 1);
    assert.match(unread[0] ?? "", /latin\.md is not UTF-8/);
  });

  it("shows a picture's line beside the page, and runs no command that is not ours", async () => {
    const world = new World(folder);
    const { items } = await world.open(at("docs/one.md"));
    await world.say({ type: "open", id: items[0]?.id ?? "" });
    assert.deepEqual(fakeEditor.shown, [at("docs/one.md").toString()]);
    await world.say({ type: "runAction", actionId: "workbench.action.quit" });
    assert.deepEqual(fakeEditor.executed, []);
    await world.say({ type: "runAction", actionId: "sightline.manageModels" });
    assert.deepEqual(fakeEditor.executed, [["sightline.manageModels"]]);
  });
});
