import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { AppError } from "../../../../src/base/errors";
import {
  assertUsableLogits,
  logSoftmax,
  processScores,
  warpScores,
  type ProcessorRules,
  type WarperRules,
} from "../../../../src/engine/decode/logitsProcessors";
import { RandomStream } from "../../../../src/engine/decode/sampling";
import { fixturePath } from "../../../helpers/fixtures";
import { decodeFloats } from "../../../helpers/tableModel";

interface Recorded<Rules> {
  readonly rules: Rules;
  readonly ids: readonly number[];
  readonly scores: string;
  readonly expected: string;
}

const recorded = JSON.parse(readFileSync(fixturePath("generation", "processors.json"), "utf8")) as {
  readonly warpers: readonly Recorded<WarperRules>[];
  readonly processors: readonly Recorded<ProcessorRules & { nPrompt: number }>[];
};

const OFF: ProcessorRules = {
  repetitionPenalty: 1,
  noRepeatNgramSize: 0,
  minNewTokens: 0,
  eosTokenIds: [],
};

/** Equal to the last bit but one: divisions may round differently. */
function assertSameScores(actual: Float32Array, expected: Float32Array, label: string): void {
  assert.equal(actual.length, expected.length);
  actual.forEach((score, i) => {
    const due = expected[i]!;
    const isClose = score === due || Math.abs(score - due) <= 2 ** -22 * Math.abs(due);
    assert.ok(isClose, `${label}: token ${i} is ${score}, not ${due}`);
  });
}

describe("warpScores", () => {
  it(`keeps and forbids what transformers does in ${recorded.warpers.length} recorded rows`, () => {
    let nForbidden = 0;
    for (const { rules, scores, expected } of recorded.warpers) {
      const row = decodeFloats(scores);
      warpScores(row, rules);
      assertSameScores(row, decodeFloats(expected), JSON.stringify(rules));
      nForbidden += row.filter((score) => score === -Infinity).length;
    }
    assert.ok(nForbidden > 500);
  });

  it("keeps every equal of the k-th best", () => {
    const row = Float32Array.of(1, 3, 2, 2, 2, 0);
    warpScores(row, { temperature: 1, topK: 2, topP: 1, minTokensToKeep: 1 });
    assert.deepEqual([...row], [-Infinity, 3, 2, 2, 2, -Infinity]);
  });

  it("keeps the lower ids of equals at the edge of top-p", () => {
    const row = new Float32Array(8);
    warpScores(row, { temperature: 1, topK: 0, topP: 0.5, minTokensToKeep: 1 });
    assert.deepEqual(
      [...row].map((score) => score === 0),
      [true, true, true, true, false, false, false, false],
    );
  });

  it("keeps at least one token however small top-p is, and more when beams need them", () => {
    const rules = { temperature: 1, topK: 1, topP: 1e-9 };
    const one = Float32Array.of(0, 5, 4, 3);
    warpScores(one, { ...rules, minTokensToKeep: 1 });
    assert.deepEqual([...one], [-Infinity, 5, -Infinity, -Infinity]);
    const three = Float32Array.of(0, 5, 4, 3);
    warpScores(three, { ...rules, minTokensToKeep: 3 });
    assert.deepEqual([...three], [-Infinity, 5, 4, 3]);
  });
});

describe("processScores", () => {
  it(`changes what transformers does in ${recorded.processors.length} recorded rows`, () => {
    let nChanged = 0;
    for (const { rules, ids, scores, expected } of recorded.processors) {
      const row = decodeFloats(scores);
      processScores(row, { ids, nPrompt: rules.nPrompt }, rules);
      assertSameScores(row, decodeFloats(expected), JSON.stringify({ rules, ids }));
      nChanged += row.filter((score, i) => score !== decodeFloats(scores)[i]).length;
    }
    assert.ok(nChanged > 100);
  });

  it("penalises a token once however often it was seen, and passes over foreign ids", () => {
    const row = Float32Array.of(2, -2, 1);
    const ids = [0, 0, 1, 1, 1, 3, 50265, -1];
    processScores(row, { ids, nPrompt: 8 }, { ...OFF, repetitionPenalty: 2 });
    assert.deepEqual([...row], [1, -4, 1]);
  });

  it("forbids nothing while the text is shorter than an n-gram", () => {
    const row = new Float32Array(4);
    processScores(row, { ids: [1, 2], nPrompt: 0 }, { ...OFF, noRepeatNgramSize: 3 });
    assert.deepEqual([...row], [0, 0, 0, 0]);
  });

  it("forbids every successor of the last tokens, in the prompt too", () => {
    const row = new Float32Array(6);
    const ids = [1, 2, 3, 1, 2, 4, 1, 2];
    processScores(row, { ids, nPrompt: 7 }, { ...OFF, noRepeatNgramSize: 3 });
    assert.deepEqual([...row], [0, 0, 0, -Infinity, -Infinity, 0]);
  });

  it("forbids every end before the minimum of new tokens, not counting the prompt", () => {
    const rules = { ...OFF, minNewTokens: 2, eosTokenIds: [1, 3, 99] };
    const early = new Float32Array(4);
    processScores(early, { ids: [0, 0, 0, 0], nPrompt: 3 }, rules);
    assert.deepEqual([...early], [0, -Infinity, 0, -Infinity]);
    const late = new Float32Array(4);
    processScores(late, { ids: [0, 0, 0, 0, 0], nPrompt: 3 }, rules);
    assert.deepEqual([...late], [0, 0, 0, 0]);
  });
});

describe("logSoftmax", () => {
  it("equals the definition at the size and spread of a real vocabulary", () => {
    const random = RandomStream.seeded(1);
    for (const spread of [0.01, 1, 8, 60]) {
      const row = Float32Array.from({ length: 50304 }, () => spread * random.nextGumbel());
      const max = row.reduce((a, b) => Math.max(a, b));
      const total = row.reduce((sum, score) => sum + Math.exp(score - max), 0);
      const expected = row.map((score) => score - max - Math.log(total));
      logSoftmax(row);
      row.forEach((score, i) => {
        assert.ok(Math.abs(score - expected[i]!) <= 2 ** -22 * Math.max(1, Math.abs(score)));
      });
    }
  });

  it("keeps forbidden tokens forbidden and shares equals evenly", () => {
    const row = Float32Array.of(700, -Infinity, 700, -3e38);
    logSoftmax(row);
    assert.equal(row[0], Math.fround(-Math.LN2));
    assert.equal(row[1], -Infinity);
    assert.equal(row[2], row[0]);
    assert.ok(row[3]! < -2e38);
  });

  it("refuses a row that holds a logit which is not a number", () => {
    for (const broken of [Number.NaN, Infinity]) {
      for (const at of [0, 2, 4]) {
        const row = new Float32Array(5);
        row[at] = broken;
        assert.throws(() => {
          logSoftmax(row);
        }, isDeviceFailure);
      }
    }
    assert.throws(() => {
      logSoftmax(new Float32Array(3).fill(-Infinity));
    }, isDeviceFailure);
  });
});

describe("assertUsableLogits", () => {
  it("accepts forbidden tokens beside a finite one", () => {
    assert.doesNotThrow(() => {
      assertUsableLogits(Float32Array.of(-Infinity, 0, -Infinity));
    });
  });

  it("refuses NaN, Infinity and a row without a finite logit, and says which it was", () => {
    const rows = [
      [1, Number.NaN],
      [Infinity, 1],
      [-Infinity, -Infinity],
    ];
    const words = ["NaN", "Infinity", "only -Infinity"];
    rows.forEach((row, i) => {
      assert.throws(
        () => {
          assertUsableLogits(Float32Array.from(row));
        },
        (error) => isDeviceFailure(error) && (error as Error).message.includes(words[i]!),
      );
    });
  });
});

function isDeviceFailure(error: unknown): boolean {
  return error instanceof AppError && error.code === "device.failed";
}
