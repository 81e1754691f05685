import assert from "node:assert/strict";
import path from "node:path";
import { AppError } from "../../../../src/base/errors";
import { silentLogger } from "../../../../src/base/logger";
import { FolderAnswers } from "../../../../src/editor/search/folderQuestion";
import type { Services } from "../../../../src/editor/shell/services";
import type { ToAnswers } from "../../../../src/protocol/views/answersMessages";
import { fakeEditor, resetFakeEditor } from "../../../helpers/editor/fakeEditor";
import { FakeUri } from "../../../helpers/editor/values";
import { temporaryFolder } from "../../../helpers/kitModel";
import { until } from "../../../helpers/waiting";

const LIMIT_MS = 60_000;
const BROKEN = "/w/300.png";

describe("one question about all pictures of a folder", () => {
  const files = Array.from({ length: 500 }, (_, i) => `/w/${i}.png`);
  const asked = { folder: FakeUri.file("/w"), files, question: "what is this?" };
  let storage: string;
  let answers: FolderAnswers;
  /** Pictures that the model was asked about. */
  let looked: string[];
  const shown: unknown[] = [];
  /** Done before each answer. */
  let before: (name: string) => Promise<void>;

  beforeEach(async () => {
    resetFakeEditor();
    storage = await temporaryFolder();
    looked = [];
    shown.length = 0;
    before = () => Promise.resolve();
    answers = new FolderAnswers(services());
  });
  afterEach(() => {
    answers.dispose();
  });

  function services(): Services {
    const show = (thrown: unknown): Promise<void> => {
      shown.push(thrown);
      return Promise.resolve();
    };
    const generate = async ({ imageName }: { imageName: string }) => {
      // The page is there by now.
      if (looked.length === 0) await say({ type: "ready" });
      await before(imageName);
      looked.push(imageName);
      if (imageName === BROKEN) throw new AppError("image.unreadable", "broken");
      return { sequences: [{ text: `about "${path.basename(imageName)}"` }] };
    };
    return {
      context: { extensionUri: FakeUri.file("/extension"), storageUri: FakeUri.file(storage) },
      engine: { generate, status: {} },
      settings: { model: "demo" },
      pictures: { read: ({ path: name }: FakeUri) => Promise.resolve({ name, bytes: "x" }) },
      log: silentLogger,
      notices: { show, guard: (work: () => Promise<void>) => work().catch(show) },
    } as unknown as Services;
  }

  const ask = (question = asked.question) =>
    answers.ask({ ...asked, question } as unknown as Parameters<FolderAnswers["ask"]>[0]);
  const say = (message: unknown): Promise<void> => fakeEditor.panels.at(-1)!.received.fire(message);
  const posted = () => fakeEditor.panels.at(-1)!.posted as ToAnswers[];
  const progress = () =>
    posted().flatMap((message) => (message.type === "progressChanged" ? [message.progress] : []));
  const table = () => {
    const [last] = posted()
      .filter(({ type }) => type === "answersReplaced")
      .slice(-1);
    assert.ok(last?.type === "answersReplaced");
    return last.answers;
  };

  it("is stopped without a loss, gone on with, and not asked again another day", async () => {
    before = async (name) => {
      if (name === "/w/20.png") await say({ type: "stop" });
    };
    await ask();
    assert.deepEqual(shown, []);
    assert.equal(table().rows.length, 500);
    assert.match(progress()[0]?.text ?? "", /^0 of 500 pictures/);
    assert.equal(progress().at(-1), undefined);
    const nBefore = looked.length;
    assert.ok(nBefore >= 20 && nBefore <= 22, String(nBefore));
    await say({ type: "goOn" });
    await until(() => looked.length >= 500, "the rest", LIMIT_MS);
    assert.ok(progress().some((one) => one?.text.startsWith("500 of 500")));
    // What failed is told in its row, and asked about once more.
    await say({ type: "ready" });
    assert.equal(table().rows[300]?.problem, "broken");
    answers.dispose();
    looked = [];
    answers = new FolderAnswers(services());
    await ask();
    assert.deepEqual(looked, [BROKEN]);
    assert.equal(table().rows[499]?.answer, 'about "499.png"');
    // Another question is another table, of the same pictures.
    before = () => say({ type: "stop" });
    await ask("how many?");
    assert.equal(table().question, "how many?");
    assert.equal(table().rows[499]?.answer, undefined);
  });

  it("is exported as CSV, what failed with its reason", async () => {
    await ask();
    const target = FakeUri.file("/w/answers.csv");
    fakeEditor.chosenFiles = [target];
    await say({ type: "exportCsv" });
    const bytes = fakeEditor.files.get(target.toString());
    assert.ok(bytes instanceof Uint8Array);
    const lines = Buffer.from(bytes).toString().trimEnd().split("\r\n");
    assert.equal(lines.length, 501);
    assert.equal(lines[0], "file,question,text,error");
    assert.equal(lines[1], '0.png,what is this?,"about ""0.png""",');
    assert.equal(lines[301], "300.png,what is this?,,broken");
  });
});
