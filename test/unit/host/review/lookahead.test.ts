import assert from "node:assert/strict";
import { AppError } from "../../../../src/base/errors";
import { Lookahead, type LookaheadPorts } from "../../../../src/host/review/lookahead";
import type { ReviewItem } from "../../../../src/host/review/reviewQueue";
import type { LookView, ProposalsView } from "../../../../src/protocol/views/reviewMessages";
import { itemOf } from "../../../helpers/reviewFolder";
import { until } from "../../../helpers/waiting";

function item(name: string, now?: string): ReviewItem {
  const mark = { look: name, index: 0, count: 1 };
  return itemOf(
    { uri: `${name}.md`, mark, target: name, line: 1 },
    now === undefined ? {} : { now },
  );
}

/** A model and pictures that do as they are told, and what was asked of them. */
class World {
  readonly asked: string[] = [];
  readonly looks = new Map<string, LookView>();
  readonly proposals = new Map<string, ProposalsView>();
  describe: LookaheadPorts["describe"] = ({ name }) =>
    Promise.resolve({ texts: [`${name} one`, `${name} two`], doubts: [] });
  score: LookaheadPorts["score"] = () => Promise.resolve(undefined);
  read: LookaheadPorts["read"] = ({ target }) =>
    Promise.resolve({ name: target, bytes: new Uint8Array() });

  readonly lookahead = new Lookahead({
    read: (...given) => this.read(...given),
    copy: ({ name }) => {
      this.asked.push(`copy ${name}`);
      return Promise.resolve({ state: "shown", picture: `data:${name}` });
    },
    describe: (picture, signal) => {
      this.asked.push(`describe ${picture.name}`);
      return this.describe(picture, signal);
    },
    score: (...given) => this.score(...given),
    onLook: (id, look) => this.looks.set(id, look),
    onProposals: (id, proposals) => this.proposals.set(id, proposals),
    sentenceOf: ({ message }) => message,
  });

  async settled(items: readonly ReviewItem[]): Promise<void> {
    await until(() => items.every(({ id }) => this.proposals.has(id)), "proposals");
  }
}

describe("looking ahead in a review", () => {
  const items = ["a", "b", "c"].map((name) => item(name));

  it("copies all pictures first, and then asks for texts, the one that is shown first", async () => {
    const world = new World();
    world.lookahead.want(items);
    await world.settled(items);
    assert.deepEqual(world.asked, [
      ...["copy a", "copy b", "copy c", "describe a", "describe b", "describe c"],
    ]);
    const texts = world.proposals.get(items[0]?.id ?? "")?.texts;
    assert.deepEqual(texts, [
      { text: "a one", doubts: [] },
      { text: "a two", doubts: [] },
    ]);
  });

  it("does nothing twice, and tells a page that comes back what is known", async () => {
    const world = new World();
    world.lookahead.want(items);
    await world.settled(items);
    const { length } = world.asked;
    world.looks.clear();
    world.lookahead.want(items);
    assert.equal(world.looks.size, 3);
    assert.equal(world.asked.length, length);
  });

  it("describes a picture once that stands at several places", async () => {
    const world = new World();
    const [a] = items;
    assert.ok(a);
    const twice = [a, { ...a, id: "another" }];
    world.lookahead.want(twice);
    await world.settled(twice);
    assert.deepEqual(world.asked, ["copy a", "describe a"]);
  });

  it("puts the text first that fits best, and says how well the present one does", async () => {
    const world = new World();
    const own = item("a", "old");
    world.score = (_, texts) => {
      assert.deepEqual(texts, ["a one", "a two", "old"]);
      return Promise.resolve([0.2, 0.9, 0.1]);
    };
    world.lookahead.want([own]);
    await world.settled([own]);
    const known = world.proposals.get(own.id);
    assert.deepEqual(
      known?.texts.map(({ text, fit }) => [text, fit]),
      [
        ["a two", 0.9],
        ["a one", 0.2],
      ],
    );
    assert.equal(known.nowFit, 0.1);
  });

  it("says why there are none, and still how well the present text fits", async () => {
    const world = new World();
    const own = item("a", "old");
    world.describe = () => Promise.resolve({ unable: "It writes nothing." });
    world.score = (_, texts) => Promise.resolve(texts.map(() => 0.5));
    world.lookahead.want([own]);
    await world.settled([own]);
    assert.deepEqual(world.proposals.get(own.id), {
      ...{ state: "off", texts: [], nowFit: 0.5, problem: "It writes nothing." },
    });
  });

  it("asks a model that fails once, and again when there is another", async () => {
    const world = new World();
    const working = world.describe;
    world.describe = () => Promise.reject(new AppError("model.missing", "No model."));
    world.lookahead.want(items);
    await world.settled(items);
    assert.equal(world.asked.filter((what) => what.startsWith("describe")).length, 1);
    for (const { id } of items) {
      assert.deepEqual(world.proposals.get(id), { state: "off", texts: [], problem: "No model." });
    }
    world.proposals.clear();
    world.describe = working;
    world.lookahead.forgetProposals();
    await world.settled(items);
    assert.ok([...world.proposals.values()].every(({ texts }) => texts.length === 2));
  });

  it("goes on behind a picture that cannot be read, or that the model cannot use", async () => {
    const world = new World();
    const { read } = world;
    world.read = (wanted, signal) =>
      wanted.target === "a"
        ? Promise.reject(new AppError("image.missing", "No file."))
        : read(wanted, signal);
    const working = world.describe;
    world.describe = (picture, signal) =>
      picture.name === "b"
        ? Promise.reject(new AppError("image.blank", "One colour."))
        : working(picture, signal);
    world.lookahead.want(items);
    await world.settled(items);
    const [a, b, c] = items.map(({ id }) => id);
    assert.deepEqual(world.looks.get(a ?? ""), { state: "failed", problem: "No file." });
    assert.equal(world.proposals.get(b ?? "")?.problem, "One colour.");
    assert.equal(world.proposals.get(c ?? "")?.state, "done");
  });

  it("fetches nothing unasked, and looks again when it may", async () => {
    const world = new World();
    const [a] = items;
    assert.ok(a);
    const { read } = world;
    world.read = () => Promise.resolve(undefined);
    world.lookahead.want([a]);
    await world.settled([a]);
    assert.deepEqual(world.looks.get(a.id), { state: "remote" });
    world.read = read;
    world.proposals.clear();
    world.lookahead.lookAgain(a);
    await world.settled([a]);
    assert.equal(world.looks.get(a.id)?.state, "shown");
  });

  it("ends what nobody wants any more, and everything at the end", async () => {
    const world = new World();
    const ended: string[] = [];
    world.describe = ({ name }, signal) =>
      new Promise((_, reject) => {
        signal.addEventListener("abort", () => {
          ended.push(name);
          reject(new AppError("request.cancelled", "Cancelled."));
        });
      });
    const [a, b] = items;
    assert.ok(a && b);
    world.lookahead.want([a]);
    await until(() => world.asked.includes("describe a"), "the first description");
    world.lookahead.want([b]);
    await until(() => world.asked.includes("describe b"), "the second description");
    assert.deepEqual(ended, ["a"]);
    assert.equal(world.proposals.size, 0);
    world.lookahead.dispose();
    await until(() => ended.length === 2, "the end");
    world.lookahead.want([a]);
    await new Promise(setImmediate);
    assert.equal(world.asked.filter((what) => what === "describe a").length, 1);
  });
});
