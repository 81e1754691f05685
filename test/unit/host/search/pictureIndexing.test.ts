import assert from "node:assert/strict";
import { AppError } from "../../../../src/base/errors";
import type { EngineApi } from "../../../../src/host/service/engine";
import type { LookProgress } from "../../../../src/host/search/lookAtPictures";
import { type IndexingState, PictureIndexing } from "../../../../src/host/search/pictureIndexing";
import { until } from "../../../helpers/waiting";

/** Only against hangs. */
const LIMIT_MS = 60_000;

/** A process for which each picture takes `msEach`, which the test's own time knows. */
class FakeSearch {
  files: string[] = [];
  readonly known = new Set<string>();
  readonly looked: string[] = [];
  readonly calls: string[] = [];
  msEach = 1000;
  nowMs = 0;
  /** Done before each piece. */
  before: (piece: readonly string[]) => void | Promise<void> = () => undefined;

  readonly engine = {
    call: async (method: string, { files = [] }: { files?: readonly string[] }) => {
      this.calls.push(method);
      await Promise.resolve();
      if (method === "listPictures") return { files: [...this.files], skipped: [] };
      if (method === "knownPictures") {
        const fresh = files.filter((file) => !this.known.has(file));
        return { fresh, skipped: [], bytesEach: 24_000 };
      }
      await this.before(files);
      this.nowMs += files.length * this.msEach;
      for (const file of files) this.known.add(file);
      this.looked.push(...files);
      return { nFiles: this.known.size, skipped: [] };
    },
  } as unknown as Pick<EngineApi, "call">;

  add(count: number, prefix = ""): void {
    for (let i = 0; i < count; i++) this.files.push(`/w/${prefix}${i}.png`);
  }
}

describe("the look at a window's pictures", () => {
  let search: FakeSearch;
  let states: IndexingState[];
  let asked: LookProgress[];
  let nFound: number;
  let unwritable: AppError[];
  let answer: (progress: LookProgress) => Promise<boolean>;
  let indexing: PictureIndexing;
  const run = { signal: new AbortController().signal, onProgress: () => undefined };

  beforeEach(() => {
    search = new FakeSearch();
    [states, asked, nFound, unwritable] = [[], [], 0, []];
    answer = () => Promise.resolve(false);
    indexing = new PictureIndexing({
      engine: search.engine,
      ...{ places: () => ({ folders: ["/w"] }), nowMs: () => search.nowMs },
      inOrder: (fresh) => [...fresh].reverse(),
      mayTakeLong: (progress) => {
        asked.push(progress);
        return answer(progress);
      },
      hasAgreed: () => false,
      onState: (state) => states.push(state),
      onFound: () => nFound++,
      onUnwritable: (error) => unwritable.push(error),
    });
  });

  const last = (): IndexingState | undefined => states.at(-1);

  it("looks at what is new, in the given order, and says how long it takes", async () => {
    search.add(20);
    search.known.add("/w/19.png");
    const told: LookProgress[] = [];
    const looked = await indexing.look({ ...run, onProgress: (progress) => told.push(progress) });
    assert.deepEqual([looked.files.length, looked.skipped], [20, []]);
    assert.deepEqual(search.looked.slice(0, 2), ["/w/18.png", "/w/17.png"]);
    assert.deepEqual(
      told.map(({ nDone, nAll, nNew }) => [nDone, nAll, nNew]),
      [1, 2, 10, 18, 20].map((nDone) => [nDone, 20, 19]),
    );
    // Not of the first, which loads the weights.
    assert.deepEqual(
      told.map(({ secondsLeft }) => secondsLeft),
      [undefined, undefined, 10, 2, 0],
    );
    assert.equal(told[0]?.bytesLeft, 19 * 24_000);
    assert.deepEqual([last()?.kind, asked.length], ["idle", 0]);
  });

  it("is one for all who ask, goes on when they have left, and tells what it found then", async () => {
    search.add(5);
    const leaving = new AbortController();
    const left = indexing.look({ ...run, signal: leaving.signal });
    const staying = indexing.look(run);
    leaving.abort();
    await assert.rejects(left, { code: "request.cancelled" });
    assert.equal((await staying).files.length, 5);
    assert.deepEqual([search.looked.length, nFound], [5, 0]);
    assert.equal(search.calls.filter((name) => name === "listPictures").length, 1);
    search.add(3, "more");
    const alone = new AbortController();
    const abandoned = indexing.look({ ...run, signal: alone.signal });
    alone.abort();
    await assert.rejects(abandoned);
    await until(() => nFound === 1, "the word of what was found", LIMIT_MS);
    assert.equal(search.looked.length, 8);
  });

  it("asks before it takes long; searches have what there is meanwhile, and a yes goes on", async () => {
    search.add(1000);
    let agree: (isAgreed: boolean) => void = () => undefined;
    answer = () => new Promise((resolve) => (agree = resolve));
    const looked = await indexing.look(run);
    assert.equal(asked.length, 1);
    assert.ok(asked[0]!.secondsLeft! > 900 && asked[0]!.bytesLeft > 20_000_000);
    assert.deepEqual(new Set(looked.skipped.map(({ why }) => why)), new Set(["not looked at yet"]));
    assert.equal(looked.skipped.length, 1000 - search.looked.length);
    assert.equal(last()?.kind, "stopped");
    // Another search does not go on by itself, and does not ask again.
    await indexing.look(run);
    assert.deepEqual(
      [asked.length, search.looked.length],
      [1, looked.files.length - looked.skipped.length],
    );
    agree(true);
    const isDone = (): boolean => search.looked.length === 1000 && last()?.kind === "idle";
    await until(isDone, "the rest of the pictures", LIMIT_MS);
    assert.equal(asked.length, 1);
  });

  it("stops after the piece in hand, and goes on where it stopped", async () => {
    search.add(30);
    search.before = () => {
      if (search.looked.length === 9) assert.equal(indexing.stop(), true);
    };
    const looked = await indexing.look(run);
    assert.deepEqual([search.looked.length, looked.skipped.length], [17, 13]);
    assert.equal(last()?.kind, "stopped");
    assert.equal(indexing.stop(), false);
    search.before = () => undefined;
    await indexing.goOn();
    assert.equal(search.looked.length, 30);
    assert.equal(new Set(search.looked).size, 30);
    assert.equal(last()?.kind, "idle");
  });

  it("looks once more where files changed meanwhile, however many", async () => {
    search.add(4);
    let isFirst = true;
    search.before = () => {
      if (!isFirst) return;
      isFirst = false;
      // A switch of branches: other pictures lie there now.
      search.files = [];
      search.add(6, "other");
      for (let i = 0; i < 10_000; i++) indexing.changed();
    };
    const before = indexing.look(run);
    const after = await indexing.look(run);
    await before;
    assert.deepEqual(
      after.files,
      Array.from({ length: 6 }, (_, i) => `/w/other${i}.png`),
    );
    assert.ok(after.files.every((file) => search.known.has(file)));
    assert.equal(search.calls.filter((name) => name === "listPictures").length, 2);
  });

  it("says once that the index cannot be written, and lets what is there be searched", async () => {
    search.add(9);
    search.known.add("/w/0.png");
    search.before = () => {
      throw new AppError("index.unwritable", "The disk is full.");
    };
    const looked = await indexing.look(run);
    assert.deepEqual([looked.files.length, looked.skipped.length], [9, 8]);
    assert.deepEqual(
      unwritable.map(({ message }) => message),
      ["The disk is full."],
    );
    search.before = () => undefined;
    assert.deepEqual((await indexing.look(run)).skipped, []);
  });

  it("fails for all who wait, and the next one begins anew", async () => {
    search.add(2);
    search.before = () => {
      throw new AppError("engine.exited", "gone");
    };
    const both = [indexing.look(run), indexing.look(run)];
    for (const look of both) await assert.rejects(look, { code: "engine.exited" });
    search.before = () => undefined;
    assert.deepEqual((await indexing.look(run)).skipped, []);
    assert.equal(last()?.kind, "idle");
  });
});
