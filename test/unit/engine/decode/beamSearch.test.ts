import assert from "node:assert/strict";
import { AppError } from "../../../../src/base/errors";
import { BeamSearch } from "../../../../src/engine/decode/beamSearch";
import {
  type GenerationOptions,
  resolveGenerationOptions,
} from "../../../../src/model/ask/generationOptions";
import { tableContext } from "../../../helpers/tableModel";

const VOCAB_SIZE = 6;
const EOS = 0;

function search(
  options: Partial<GenerationOptions>,
  context: Partial<Parameters<typeof tableContext>[2]> = {},
): BeamSearch {
  return new BeamSearch({
    options: resolveGenerationOptions({ numBeams: 2, ...options }),
    context: tableContext([3, 3], [EOS], context),
    vocabSize: VOCAB_SIZE,
  });
}

/** Logits whose softmax has the given probabilities, one list of VOCAB_SIZE per beam. */
function rows(...probabilities: readonly (readonly number[])[]): Float32Array {
  return Float32Array.from(probabilities.flat(), (probability) => Math.log(probability));
}

const START = [0.1, 0.4, 0.3, 0.1, 0.06, 0.04];
const EVEN = [0.1, 0.18, 0.18, 0.18, 0.18, 0.18];

describe("BeamSearch", () => {
  it("starts from the first beam alone, so that no token is taken twice", () => {
    const move = search({ maxNewTokens: 5 }).advance(rows(START, START));
    assert.deepEqual(move, { beamIdx: [0, 0], tokenIds: [1, 2] });
  });

  it("follows the beams by the sums of their log-probabilities", () => {
    const beams = search({ maxNewTokens: 5 });
    beams.advance(rows(START, START));
    // 0.4 * 0.3 = 0.12; 0.3 * 0.5 = 0.15.
    const move = beams.advance(
      rows([0.1, 0.1, 0.1, 0.3, 0.2, 0.2], [0.1, 0.1, 0.1, 0.1, 0.5, 0.1]),
    );
    assert.deepEqual(move, { beamIdx: [1, 0], tokenIds: [4, 3] });
  });

  it("takes the lowest beam and token of equals", () => {
    const beams = search({ maxNewTokens: 5, earlyStopping: "never" });
    const flat = new Float32Array(2 * VOCAB_SIZE);
    assert.deepEqual(beams.advance(flat), { beamIdx: [0, 0], tokenIds: [1, 2] });
    assert.deepEqual(beams.advance(flat), { beamIdx: [0, 0], tokenIds: [1, 2] });
  });

  it("divides the sum by length^lengthPenalty, the end included", () => {
    for (const lengthPenalty of [-1, 0, 0.5, 2]) {
      const beams = search({ maxNewTokens: 5, lengthPenalty, earlyStopping: true });
      beams.advance(rows(START, START));
      const ending = [0.9, 0.02, 0.02, 0.02, 0.02, 0.02];
      assert.equal(beams.advance(rows(ending, ending)), undefined);
      const [best, second] = beams.results();
      assert.deepEqual(best!.ids, [1, EOS]);
      assert.equal(second, undefined);
      const expected = (Math.log(0.4) + Math.log(0.9)) / 2 ** lengthPenalty;
      assert.ok(Math.abs(best!.score! - expected) < 1e-5, `${best!.score}`);
    }
  });

  it("does not let an end that ranks behind the beams be a result", () => {
    const beams = search({ maxNewTokens: 3, numReturnSequences: 2, earlyStopping: "never" });
    // The end is third of the four candidates.
    beams.advance(rows([0.2, 0.4, 0.3, 0.04, 0.03, 0.03], START));
    beams.advance(rows(EVEN, EVEN));
    beams.advance(rows(EVEN, EVEN));
    assert.deepEqual(
      beams.results().map(({ finishReason }) => finishReason),
      ["length", "length"],
    );
  });

  it("lets numBeams beams go on even when each of several ends is likely", () => {
    const beams = new BeamSearch({
      options: resolveGenerationOptions({ numBeams: 2, maxNewTokens: 5, earlyStopping: "never" }),
      context: tableContext([3], [0, 1, 2]),
      vocabSize: VOCAB_SIZE,
    });
    const ends = [0.3, 0.29, 0.28, 0.06, 0.05, 0.02];
    assert.deepEqual(beams.advance(rows(ends, ends)), { beamIdx: [0, 0], tokenIds: [3, 4] });
    // The six ends of both beams rank before everything that goes on.
    const likely = [0.3, 0.3, 0.3, 0.05, 0.04, 0.01];
    assert.deepEqual(beams.advance(rows(likely, likely)), { beamIdx: [0, 1], tokenIds: [3, 3] });
  });

  it("stops when no running beam can beat the worst of a full set of results", () => {
    const run = (earlyStopping: GenerationOptions["earlyStopping"]): number => {
      const beams = search({ maxNewTokens: 50, lengthPenalty: 1, earlyStopping });
      const ending = [0.3, 0.3, 0.2, 0.1, 0.05, 0.05];
      let nSteps = 1;
      while (beams.advance(rows(ending, ending)) !== undefined) nSteps++;
      return nSteps;
    };
    const counts = [run(true), run(false), run("never")];
    assert.ok(counts[0]! <= counts[1]! && counts[1]! < counts[2]!, counts.join());
    assert.equal(counts[2], 50);
  });

  it("judges running beams by their present length when short texts are favoured", () => {
    for (const earlyStopping of [false, "never"] as const) {
      const beams = search({ maxNewTokens: 50, lengthPenalty: -1, earlyStopping });
      beams.advance(rows([0.3, 0.4, 0.2, 0.04, 0.03, 0.03], START));
      // The second result scores 2 ln(0.4 * 0.3) = -4.2, the running beam 2 ln(0.4 * 0.5) = -3.2.
      const move = beams.advance(rows([0.3, 0.5, 0.05, 0.05, 0.05, 0.05], EVEN));
      assert.equal(move?.tokenIds[0], 1);
      assert.equal(beams.results()[0]!.ids.length, 1);
    }
  });

  it("ends a beam whose text completes a stop string and keeps the token that did", () => {
    const beams = search(
      { maxNewTokens: 4, stopStrings: ["bd"], earlyStopping: true },
      { decode: (ids) => ids.map((id) => "·abcde"[id]).join("") },
    );
    beams.advance(rows(START, START));
    // Beam 1 holds "b"; "d" makes it "bd", the likeliest of all.
    beams.advance(rows(EVEN, [0.02, 0.02, 0.02, 0.02, 0.9, 0.02]));
    for (let move; (move = beams.advance(rows(EVEN, EVEN))) !== undefined;) {
      assert.equal(move.tokenIds.length, 2);
    }
    const [best] = beams.results();
    assert.deepEqual(best!.ids, [2, 4]);
    assert.equal(best!.finishReason, "stop");
  });

  it("ends with the results it has when everything that could follow is forbidden", () => {
    // The prompt forbids 3, and each new token forbids itself: nothing but the end is left at last.
    const beams = search({
      maxNewTokens: 30,
      numReturnSequences: 2,
      noRepeatNgramSize: 1,
      earlyStopping: "never",
    });
    let nSteps = 1;
    while (beams.advance(rows(EVEN, EVEN)) !== undefined) nSteps++;
    assert.ok(nSteps <= VOCAB_SIZE, `${nSteps}`);
    const results = beams.results();
    assert.ok(results.length > 0);
    for (const { ids, score } of results) {
      assert.equal(new Set(ids).size, ids.length);
      assert.ok(Number.isFinite(score));
    }
  });

  it("refuses options that forbid every token from the start", () => {
    const beams = new BeamSearch({
      options: resolveGenerationOptions({ numBeams: 2, noRepeatNgramSize: 1 }),
      context: tableContext([0, 1, 2, 3, 4, 5], [EOS]),
      vocabSize: VOCAB_SIZE,
    });
    assert.throws(
      () => beams.advance(rows(EVEN, EVEN)),
      (error) => error instanceof AppError && error.code === "option.invalid",
    );
  });

  it("copes with more beams than the vocabulary has tokens", () => {
    const beams = new BeamSearch({
      options: resolveGenerationOptions({ numBeams: 5, numReturnSequences: 5, maxNewTokens: 3 }),
      context: tableContext([1], [0]),
      vocabSize: 2,
    });
    let nSteps = 1;
    while (beams.advance(new Float32Array(10).map((_, i) => i % 2)) !== undefined) nSteps++;
    assert.ok(nSteps <= 3);
    assert.ok(beams.results().length >= 1);
  });

  it("draws pairs without replacement, each with its probability", () => {
    const probabilities = [0.35, 0.3, 0.2, 0.15];
    const counts = new Map<string, number>();
    const nDrawn = 5000;
    const options = resolveGenerationOptions({
      numBeams: 2,
      numReturnSequences: 2,
      doSample: true,
      topK: 0,
      maxNewTokens: 1,
    });
    for (let seed = 0; seed < nDrawn; seed++) {
      const beams = new BeamSearch({
        options: { ...options, seed },
        context: tableContext([1], []),
        vocabSize: 4,
      });
      assert.equal(beams.advance(rows(probabilities, probabilities)), undefined);
      // Of the four that are drawn only the first two may finish.
      const pair = beams.results().map(({ ids }) => ids[0]!);
      const key = pair.sort().join();
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    let chiSquare = 0;
    for (let a = 0; a < 4; a++) {
      for (let b = a + 1; b < 4; b++) {
        const [p, q] = [probabilities[a]!, probabilities[b]!];
        const expected = nDrawn * ((p * q) / (1 - p) + (p * q) / (1 - q));
        chiSquare += ((counts.get(`${a},${b}`) ?? 0) - expected) ** 2 / expected;
      }
    }
    assert.equal(counts.size, 6);
    assert.ok(chiSquare < 5 + 4 * Math.sqrt(10), `chi-square ${chiSquare}`);
  });
});
