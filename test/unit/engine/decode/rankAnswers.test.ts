import assert from "node:assert/strict";
import { rankAnswers } from "../../../../src/engine/decode/rankAnswers";
import type { CausalModel } from "../../../../src/engine/decode/causalModel";
import { isCancelled } from "../../../../src/base/errors";

const VOCAB = 6;

/** Any logits that depend on all that a row has been fed. */
function logitsOf(fed: readonly number[]): number[] {
  const seed = fed.reduce((sum, id, i) => sum + (id + 1) * (i + 2) ** 2, 1);
  return Array.from({ length: VOCAB }, (_, id) => Math.fround(3 * Math.sin(seed * (id + 1))));
}

/** A model whose rows remember what they were fed; `sizes` are the batches of its steps. */
function fakeModel(): CausalModel & { readonly sizes: number[] } {
  let rows: (readonly number[])[] = [[]];
  const sizes: number[] = [];
  return {
    sizes,
    vocabSize: VOCAB,
    firstLogits: Float32Array.from(logitsOf([])),
    step: (ids) => {
      assert.equal(ids.length, rows.length);
      sizes.push(ids.length);
      rows = rows.map((fed, row) => [...fed, ids[row] ?? -1]);
      return Promise.resolve(Float32Array.from(rows.flatMap(logitsOf)));
    },
    reorder: (beamIdx) => {
      rows = beamIdx.map((row) => rows[row] ?? assert.fail(`no row ${row}`));
      return Promise.resolve();
    },
  };
}

/** Sum of 0.9 · log p(id) + 0.1 · mean log p over an answer, each position computed anew. */
function expectedScore(ids: readonly number[]): number {
  return ids.reduce((sum, id, position) => {
    const logits = logitsOf(ids.slice(0, position));
    const logSum = Math.log(logits.reduce((total, logit) => total + Math.exp(logit), 0));
    const logs = logits.map((logit) => logit - logSum);
    const mean = logs.reduce((total, log) => total + log, 0) / VOCAB;
    return sum + 0.9 * (logs[id] ?? NaN) + 0.1 * mean;
  }, 0);
}

const ANSWERS = [[5], [2, 5], [1, 3, 5], [2, 4, 4, 5], [0, 5], [1, 3, 2, 0, 5]];

describe("choosing among answers", () => {
  it("compares whole answers of different lengths, the best first", async () => {
    const model = fakeModel();
    const ranked = await rankAnswers(model, ANSWERS);
    for (const { index, score } of ranked) {
      assert.ok(Math.abs(score - expectedScore(ANSWERS[index] ?? [])) < 1e-5, `${index}`);
    }
    const scores = ranked.map(({ score }) => score);
    assert.deepEqual(
      scores,
      [...scores].sort((a, b) => b - a),
    );
    assert.deepEqual(
      ranked.map(({ index }) => index).sort(),
      ANSWERS.map((_, index) => index),
    );
    // Answers that have ended take no more steps.
    assert.deepEqual(model.sizes, [5, 3, 2, 1]);
  });

  it("leaves out those whose first words are the least likely, however good the rest", async () => {
    const all = await rankAnswers(fakeModel(), ANSWERS);
    const likeliest = [...all].sort((a, b) => b.firstWord - a.firstWord || a.index - b.index);
    const kept = new Set(likeliest.slice(0, 3).map(({ index }) => index));
    const few = await rankAnswers(fakeModel(), ANSWERS, { keep: 3 });
    assert.deepEqual(new Set(few.map(({ index }) => index)), kept);
    assert.deepEqual(
      few.map(({ index }) => index),
      all.filter(({ index }) => kept.has(index)).map(({ index }) => index),
    );
  });

  it("needs no step for answers of one id", async () => {
    const model = fakeModel();
    const ranked = await rankAnswers(model, [[3], [4]]);
    assert.equal(ranked.length, 2);
    assert.deepEqual(model.sizes, []);
    const sum = ranked.reduce((total, { firstWord }) => total + firstWord, 0);
    assert.ok(sum > 0 && sum < 1);
  });

  it("ends between two steps when it is cancelled", async () => {
    const model = fakeModel();
    const controller = new AbortController();
    const step = model.step.bind(model);
    const cancelling: CausalModel = {
      ...model,
      step: (ids) => {
        controller.abort();
        return step(ids);
      },
    };
    const work = rankAnswers(cancelling, ANSWERS, { signal: controller.signal });
    await assert.rejects(work, (thrown) => isCancelled(thrown));
    assert.equal(model.sizes.length, 1);
  });
});
