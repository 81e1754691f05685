import assert from "node:assert/strict";
import { bestAssignment, cyclesOf } from "../../../../src/search/mismatch/assignment";
import { findMismatches, type TextOfPicture } from "../../../../src/search/mismatch/mismatches";
import { testedParts, whyUntested } from "../../../../src/search/mismatch/testable";
import { MismatchWorld } from "../../../helpers/mismatchWorld";
import { SeededRandom } from "../../../helpers/random";

/** Text i about topic `topics[i]`, at picture i, all in one document unless told otherwise. */
function gallery(topics: readonly number[], document = (i: number): string => `${i}.md`) {
  return topics.map((topic, cluster): TextOfPicture => ({
    cluster,
    text: `topic ${topic}`,
    document: document(cluster),
  }));
}

const straight = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

describe("texts that belong to another picture", () => {
  const world = new MismatchWorld(40);
  const find = (texts: readonly TextOfPicture[]) =>
    findMismatches(texts, world.port, { bank: world.bank });

  it("are none where each is right, also beside pictures that like everything", async () => {
    const { findings, nTested } = await find(gallery(straight(40)));
    assert.deepEqual(findings, []);
    assert.equal(nTested, 40);
  });

  it("are found as a swap, once, with both places", async () => {
    const topics = straight(40);
    [topics[7], topics[12]] = [12, 7];
    const { findings } = await find(gallery(topics));
    assert.deepEqual(
      findings.map(({ kind, texts, rival }) => ({ kind, texts, rival })),
      [{ kind: "swapped", texts: [7, 12], rival: 12 }],
    );
  });

  it("are copied where the other picture has the same text, moved where it has none", async () => {
    const topics = straight(40);
    topics[7] = 12;
    topics[20] = 21;
    const texts = gallery(topics).filter(({ cluster }) => cluster !== 21);
    const { findings } = await find(texts);
    assert.deepEqual(
      findings.map(({ kind, texts: [place = -1] }) => [kind, texts[place]?.cluster]),
      [
        ["copied", 7],
        ["moved", 20],
      ],
    );
  });

  it("are one finding where a gallery is shifted", async () => {
    const topics = straight(40);
    [topics[3], topics[4], topics[5], topics[6]] = [4, 5, 6, 3];
    const { findings } = await find(gallery(topics, () => "gallery.md"));
    assert.equal(findings.length, 1);
    assert.equal(findings[0]?.kind, "shifted");
    assert.deepEqual(findings[0].texts, [3, 4, 5, 6]);
  });

  it("are not those that ITM takes for right, and a copy is no other picture", async () => {
    const topics = straight(40);
    [topics[7], topics[12]] = [12, 7];
    const sure = { logOdds: 3, probability: 0.95 };
    const port = { ...world.port, match: () => Promise.resolve(sure) };
    const { findings } = await findMismatches(gallery(topics), port, { bank: world.bank });
    assert.deepEqual(findings, []);
    const twice = [...gallery(straight(40)), { cluster: 3, text: "topic 3", document: "x.md" }];
    assert.deepEqual((await find(twice)).findings, []);
  });

  it("are not looked for in texts that fit everything, nor among two pictures", async () => {
    const texts = gallery(straight(40));
    const { findings, generic } = await find([{ ...texts[0]!, text: "logo" }, ...texts.slice(1)]);
    assert.deepEqual([findings, generic], [[], [0]]);
    const small = new MismatchWorld(2);
    const few = await findMismatches(gallery([1, 0]), small.port, { bank: small.bank });
    assert.deepEqual(few, { findings: [], nTested: 0, generic: [] });
  });

  it("are found among many swaps at once without a false one", async () => {
    const topics = straight(40);
    for (let i = 0; i < 20; i += 2) [topics[i], topics[i + 1]] = [i + 1, i];
    const { findings } = await find(gallery(topics));
    assert.equal(findings.length, 10);
    assert.ok(findings.every(({ kind, texts }) => kind === "swapped" && texts.length === 2));
  });
});

describe("which texts are tested", () => {
  const cases: readonly (readonly [string, ReturnType<typeof whyUntested>])[] = [
    ["a red warning sign", undefined],
    ["logo", "too few words"],
    ["the of a", "too few words"],
    ["Fig_1 config.json v2.0", "names, numbers or code"],
    ["portrait of Ada Lovelace King", "names, numbers or code"],
    ["красный знак на стене", "another script"],
  ];
  for (const [text, why] of cases) {
    it(`${why ?? "is"}: ${text}`, () => {
      assert.equal(whyUntested(text), why);
    });
  }

  it("takes a long one by its sentences", () => {
    assert.deepEqual(testedParts("a red sign"), ["a red sign"]);
    const long = `${"a red sign stands on a street ".repeat(4)}. Two dogs run along the beach.`;
    assert.equal(testedParts(long).length, 2);
  });
});

describe("the best assignment", () => {
  it("is that of all permutations", () => {
    const random = new SeededRandom(8);
    const permutations = (items: readonly number[]): number[][] =>
      items.length === 0
        ? [[]]
        : items.flatMap((item) =>
            permutations(items.filter((other) => other !== item)).map((rest) => [item, ...rest]),
          );
    for (let round = 0; round < 60; round++) {
      const n = 1 + random.int(5);
      const gain = straight(n).map(() => straight(n).map(() => random.next() * 2 - 1));
      const sum = (columns: readonly number[]): number =>
        columns.reduce((total, column, row) => total + gain[row]![column]!, 0);
      const best = Math.max(...permutations(straight(n)).map(sum));
      assert.ok(Math.abs(sum(bestAssignment(gain)) - best) < 1e-9);
    }
  });

  it("parts into circles", () => {
    assert.deepEqual(cyclesOf([1, 2, 0, 3, 5, 4], 3), [[0, 1, 2]]);
  });
});
