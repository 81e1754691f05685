import assert from "node:assert/strict";
import { AppError } from "../../../../src/base/errors";
import { silentLogger } from "../../../../src/base/logger";
import {
  type ItemDeeds,
  ResultsPanel,
  type Search,
  type SearchRun,
} from "../../../../src/editor/search/resultsPanel";
import type { Services } from "../../../../src/editor/shell/services";
import type { ToResults } from "../../../../src/protocol/views/resultsMessages";
import { fakeEditor, resetFakeEditor } from "../../../helpers/editor/fakeEditor";
import { FakeUri } from "../../../helpers/editor/values";

describe("the view of found pictures", () => {
  const done: string[] = [];
  const shown: unknown[] = [];
  const thumbnails: string[] = [];
  let panel: ResultsPanel;

  beforeEach(() => {
    resetFakeEditor();
    for (const list of [done, shown, thumbnails]) list.length = 0;
    const note = (name: string) => (file: string) => {
      done.push(`${name} ${file}`);
      return Promise.resolve();
    };
    const deeds: ItemDeeds = {
      ...{ open: note("open"), insert: note("insert"), similar: note("similar") },
      ...{ reveal: note("reveal"), copyPath: note("copyPath") },
    };
    panel = new ResultsPanel(services(), deeds);
  });

  function services(): Services {
    const show = (thrown: unknown): Promise<void> => {
      shown.push(thrown);
      return Promise.resolve();
    };
    return {
      context: { extensionUri: FakeUri.file("/extension") },
      engine: {
        call: (_: string, { imageName }: { imageName: string }) => {
          thumbnails.push(imageName);
          return Promise.resolve({ image: new Uint8Array([1]), width: 1, height: 1 });
        },
      },
      pictures: {
        read: ({ path }: FakeUri) =>
          path.includes("gone")
            ? Promise.reject(new AppError("image.missing", "gone"))
            : Promise.resolve({ name: path, bytes: new Uint8Array([1]) }),
      },
      log: silentLogger,
      notices: { show, guard: (work: () => Promise<void>) => work().catch(show) },
    } as unknown as Services;
  }

  const search = (run: (run: SearchRun) => Promise<void>, more: Partial<Search> = {}): Search => ({
    ...{ title: "words", actions: ["open"], run, ...more },
  });
  const group = (...files: readonly string[]) => ({
    ...{ id: "likely", title: "Likely", isFolded: false },
    groups: [{ id: "g", actions: [], files: files.map((file) => ({ file })) }],
  });
  const say = (message: unknown): Promise<void> => fakeEditor.panels[0]!.received.fire(message);
  const posted = <T extends ToResults["type"]>(type: T) =>
    (fakeEditor.panels[0]!.posted as ToResults[]).filter(
      (message): message is Extract<ToResults, { type: T }> => message.type === type,
    );

  it("tells a page that comes late everything, and does what its buttons say", async () => {
    await panel.show(
      search((run) => {
        run.show([group("/w/a/one.png", "/w/two.png")], [{ file: "/w/x.png", why: "empty" }]);
        run.doubt(["/w/two.png"]);
        return Promise.resolve();
      }),
    );
    assert.deepEqual(fakeEditor.panels[0]!.posted, []);
    await say({ type: "ready" });
    const [{ results } = {}] = posted("resultsReplaced");
    assert.deepEqual(
      results?.sections[0]?.groups[0]?.items.map(({ name, folder }) => [name, folder]),
      [
        ["one.png", "a"],
        ["two.png", ""],
      ],
    );
    assert.deepEqual(results.skipped, [{ file: "x.png", why: "empty" }]);
    assert.deepEqual(posted("itemsDoubted").at(-1)?.itemIds, ["1"]);
    await say({ type: "act", itemId: "0", action: "open" });
    await say({ type: "act", itemId: "9", action: "open" });
    assert.deepEqual(done, ["open /w/a/one.png"]);
  });

  it("makes the small copies that are in sight, each once", async () => {
    await panel.show(
      search((run) => {
        run.show([group("/w/one.png", "/w/gone.png")], []);
        return Promise.resolve();
      }),
    );
    await say({ type: "ready" });
    await say({ type: "wantThumbnails", itemIds: ["0", "1", "7"] });
    await say({ type: "wantThumbnails", itemIds: ["0"] });
    assert.deepEqual(thumbnails, ["/w/one.png"]);
    const made = posted("thumbnailMade");
    assert.ok(made.find(({ itemId }) => itemId === "0")?.thumbnail?.startsWith("data:image/"));
    assert.equal(made.find(({ itemId }) => itemId === "1")?.thumbnail, undefined);
  });

  it("ends a search for the next, for Stop and when it is closed, and shows what fails", async () => {
    const signals: AbortSignal[] = [];
    const late: SearchRun[] = [];
    const endless = search((run) => {
      signals.push(run.signal);
      late.push(run);
      return new Promise((_, reject) => {
        run.signal.addEventListener("abort", () => {
          reject(new AppError("request.cancelled", "stopped"));
        });
      });
    });
    const first = panel.show(endless);
    const second = panel.show(endless);
    assert.deepEqual(
      signals.map(({ aborted }) => aborted),
      [true, false],
    );
    await say({ type: "ready" });
    late[0]?.show([group("/w/old.png")], []);
    assert.deepEqual(posted("resultsReplaced"), []);
    await say({ type: "stop" });
    await Promise.all([first, second]);
    assert.deepEqual(shown, []);
    await panel.show(search(() => Promise.reject(new AppError("model.missing", "none"))));
    assert.equal(shown.length, 1);
    const third = panel.show(endless);
    panel.dispose();
    await third;
    assert.equal(signals[2]?.aborted, true);
  });

  it("searches again when a group was acted on, and keeps the ids of files", async () => {
    let nRuns = 0;
    await panel.show(
      search(
        (run) => {
          nRuns++;
          run.show([nRuns === 1 ? group("/w/a.png", "/w/b.png") : group("/w/b.png")], []);
          return Promise.resolve();
        },
        { actOnGroup: (groupId) => Promise.resolve(groupId === "g") },
      ),
    );
    await say({ type: "ready" });
    await say({ type: "actOnGroup", groupId: "other", action: "pardon" });
    assert.equal(nRuns, 1);
    await say({ type: "actOnGroup", groupId: "g", action: "pardon" });
    assert.equal(nRuns, 2);
    const ids = posted("resultsReplaced").map(({ results }) =>
      results.sections[0]?.groups[0]?.items.map(({ id }) => id),
    );
    assert.deepEqual(ids, [["0", "1"], ["1"]]);
    panel.becameStale();
    assert.equal(posted("becameStale").length, 1);
  });
});
