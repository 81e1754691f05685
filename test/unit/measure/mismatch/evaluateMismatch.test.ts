import assert from "node:assert/strict";
import { RandomStream } from "../../../../src/engine/decode/sampling";
import { evaluateMismatch } from "../../../../src/measure/mismatch/evaluateMismatch";
import { inject, injectGeneric, MISTAKES } from "../../../../src/measure/mismatch/inject";
import type { Comparing, TextOfPicture } from "../../../../src/search/mismatch/mismatches";
import { MismatchWorld } from "../../../helpers/mismatchWorld";

const N = 60;
const texts: readonly TextOfPicture[] = Array.from({ length: N }, (_, i) => ({
  cluster: i,
  text: `topic ${i}`,
  document: `page${Math.floor(i / 6)}.md`,
}));
const kinds = texts.map((_, i) => (i % 2 === 0 ? "drawing" : "photograph"));

describe("inject", () => {
  const right = {
    ...{ texts, kinds },
    // The text after it is next best.
    similarity: (text: number, cluster: number) => (text === (cluster + 1) % N ? 1 : 0),
  };

  for (const mistake of MISTAKES) {
    it(`makes ${mistake} mistakes, as many as asked, and names them all`, () => {
      const random = RandomStream.seeded(3);
      const made = inject(right, mistake, { count: 12, random });
      assert.ok(made.wrong.size >= 10 && made.wrong.size <= 12, `${made.wrong.size}`);
      for (const [i, text] of made.texts.entries()) {
        const isWrong = text.text !== `topic ${text.cluster}`;
        assert.equal(isWrong, made.wrong.has(i));
      }
      for (const cluster of made.gone) {
        assert.ok(!made.texts.some((text) => text.cluster === cluster));
      }
      assert.equal(made.gone.size > 0, mistake === "replaced");
      const again = inject(right, mistake, { count: 12, random: RandomStream.seeded(3) });
      assert.deepEqual(again, made);
    });
  }

  it("swaps within a document, within a kind, and with the nearest", () => {
    const made = (mistake: "document" | "kind" | "nearest") =>
      [...inject(right, mistake, { count: 10, random: RandomStream.seeded(5) }).texts.entries()]
        .map(([i, { text }]) => [i, Number(text.slice(6))] as const)
        .filter(([i, from]) => i !== from);
    assert.ok(made("document").every(([i, from]) => Math.floor(i / 6) === Math.floor(from / 6)));
    assert.ok(made("kind").every(([i, from]) => i % 2 === from % 2));
    assert.ok(made("nearest").every(([i, from]) => [1, N - 1].includes((i - from + N) % N)));
  });

  it("never calls a text wrong that another copy of its picture has", () => {
    const copies = texts.map((text) => ({ ...text, cluster: text.cluster >> 1 }));
    for (const mistake of MISTAKES) {
      const random = RandomStream.seeded(7);
      const made = inject({ ...right, texts: copies }, mistake, { count: 30, random });
      for (const i of made.wrong) {
        const { text, cluster } = made.texts[i]!;
        assert.notEqual(Number(text.slice(6)) >> 1, cluster);
      }
    }
  });

  it("puts sentences that say nothing in the place of some", () => {
    const made = injectGeneric(right, { count: 5, random: RandomStream.seeded(1) });
    assert.equal(made.generic.size, 5);
    assert.ok(made.texts.every(({ text }, i) => made.generic.has(i) !== text.startsWith("topic")));
  });
});

describe("evaluateMismatch", () => {
  it("finds all and nothing else where a model knows everything, and the same twice", async () => {
    const world = new MismatchWorld(N);
    const run = () => evaluateMismatch(texts, world.port, { bank: world.bank, kinds });
    const figures = await run();
    assert.deepEqual(
      figures.mistakes.map(({ mistake }) => mistake),
      [...MISTAKES],
    );
    for (const { mistake, value, interval, n } of figures.mistakes) {
      assert.ok(n > 0);
      // A picture that is gone leaves nothing that its text could fit.
      if (mistake === "replaced") assert.equal(value, 0);
      else assert.ok(value > 0.9 && interval[0] <= value && value <= interval[1], mistake);
    }
    assert.equal(figures.falsePerThousand.value, 0);
    assert.equal(figures.precision.value, 1);
    assert.deepEqual([figures.nTexts, figures.nPictures, figures.nDocuments], [N, N, N / 6]);
    assert.equal(figures.generic.findings, 0);
    const itm = figures.baselines.find(({ name }) => name === "ITM alone")!;
    assert.deepEqual([itm.recall, itm.falsePerThousand], [1, 0]);
    assert.deepEqual(await run(), figures);
  });

  it("counts false findings of a model that is wrong, and what they do to a finding's worth", async () => {
    const world = new MismatchWorld(N);
    // It takes the text of each sixth picture for that of the next one.
    const wrongOf = (text: string): string => {
      const topic = Number(text.slice(6));
      return text.startsWith("topic") && topic % 6 === 0 ? `topic ${topic + 1}` : text;
    };
    const port: Comparing = {
      similarities: (text) => world.port.similarities(wrongOf(text)),
      match: (text, cluster) => world.port.match(wrongOf(text), cluster),
    };
    const figures = await evaluateMismatch(texts, port, { bank: world.bank });
    assert.ok(!figures.mistakes.some(({ mistake }) => mistake === "kind"));
    const { value, interval } = figures.falsePerThousand;
    assert.ok(value > 80 && value < 250 && interval[0] < value, String(value));
    assert.ok(figures.precision.value < 0.15);
  });

  it("stops when it is told to", async () => {
    const world = new MismatchWorld(N);
    const stop = new AbortController();
    const onTrial = (): void => {
      stop.abort();
    };
    const options = { bank: world.bank, signal: stop.signal, onTrial };
    await assert.rejects(evaluateMismatch(texts, world.port, options), {
      code: "request.cancelled",
    });
  });
});
