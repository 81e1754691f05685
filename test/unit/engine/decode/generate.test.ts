import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { AppError, type ErrorCode } from "../../../../src/base/errors";
import type { GeneratedIds } from "../../../../src/engine/decode/causalModel";
import { generate } from "../../../../src/engine/decode/generate";
import {
  type GenerationOptions,
  resolveGenerationOptions,
} from "../../../../src/model/ask/generationOptions";
import { fixturePath } from "../../../helpers/fixtures";
import { decodeTable, tableContext, TableModel } from "../../../helpers/tableModel";

interface Case {
  readonly model: string;
  readonly inputIds: readonly number[];
  readonly eosTokenIds: readonly number[];
  readonly options: Partial<GenerationOptions>;
  readonly sequences: readonly (readonly number[])[];
  readonly scores?: readonly number[];
}

interface DrawCase extends Omit<Case, "sequences" | "scores"> {
  readonly nDrawn: number;
  /** How often transformers drew each sequence, by its ids joined with commas. */
  readonly counts: Readonly<Record<string, number>>;
}

function readCases(name: string): unknown {
  const text = readFileSync(fixturePath("generation", name), "utf8");
  return (JSON.parse(text) as { cases: unknown }).cases;
}

function run(
  model: TableModel,
  { inputIds, eosTokenIds, options }: Omit<Case, "sequences" | "model">,
): Promise<GeneratedIds[]> {
  return generate(model, tableContext(inputIds, eosTokenIds), resolveGenerationOptions(options));
}

function failsWith(code: ErrorCode): (error: unknown) => boolean {
  return (error) => error instanceof AppError && error.code === code;
}

describe("generate, compared with transformers", () => {
  const cases = readCases("sequences.json") as readonly Case[];

  const groups: [string, (options: Partial<GenerationOptions>) => boolean][] = [
    ["greedy decoding", ({ numBeams }) => numBeams === 1],
    [
      "beam search that ends late",
      ({ numBeams = 1, earlyStopping }) => numBeams > 1 && earlyStopping === "never",
    ],
    [
      "beam search that ends by the heuristic",
      ({ numBeams = 1, earlyStopping }) => numBeams > 1 && earlyStopping === false,
    ],
    [
      "beam search that ends early",
      ({ numBeams = 1, earlyStopping }) => numBeams > 1 && earlyStopping === true,
    ],
  ];
  for (const [name, belongs] of groups) {
    const group = cases.filter(({ options }) => belongs(options));
    it(`gives the same ids and scores in ${group.length} recorded runs of ${name}`, async () => {
      assert.ok(group.length >= 100);
      for (const recorded of group) {
        const sequences = await run(new TableModel(recorded.model, recorded.inputIds), recorded);
        const label = JSON.stringify(recorded);
        assert.deepEqual(
          sequences.map(({ ids }) => ids),
          recorded.sequences,
          label,
        );
        sequences.forEach(({ score }, i) => {
          const expected = recorded.scores?.[i];
          const isEqual =
            score === expected || Math.abs(score! - expected!) < 1e-5 + 1e-6 * Math.abs(expected!);
          assert.ok(isEqual, `${label}: ${score}`);
        });
      }
    });
  }

  it("names why each recorded sequence ended", async () => {
    const seen = new Set<string>();
    for (const recorded of cases) {
      const { eosTokenIds, options } = recorded;
      for (const { ids, finishReason } of await run(
        new TableModel(recorded.model, recorded.inputIds),
        recorded,
      )) {
        const text = decodeTable(ids);
        const hasStop = options.stopStrings?.some((stop) => text.includes(stop)) ?? false;
        const expected = eosTokenIds.includes(ids.at(-1)!) ? "eos" : hasStop ? "stop" : "length";
        assert.equal(finishReason, expected, JSON.stringify(recorded));
        if (finishReason === "length") assert.equal(ids.length, options.maxNewTokens);
        seen.add(finishReason);
      }
    }
    assert.deepEqual([...seen].sort(), ["eos", "length", "stop"]);
  });
});

describe("generate, drawing at random", () => {
  for (const recorded of readCases("draws.json") as readonly DrawCase[]) {
    const { numBeams = 1 } = recorded.options;
    const kind = numBeams > 1 ? `beam sampling with ${numBeams} beams` : "sampling";
    it(`draws sequences as often as transformers does: ${kind}, ${JSON.stringify(recorded.options)}`, async function () {
      this.timeout(30_000);
      const nDrawn = 6000;
      const counts = new Map<string, number>();
      for (let seed = 0; seed < nDrawn; seed++) {
        const model = new TableModel(recorded.model, recorded.inputIds);
        const [first] = await run(model, { ...recorded, options: { ...recorded.options, seed } });
        const key = first!.ids.join(",");
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
      // Two samples, one distribution: chi-square with (n1, n2) weights; rare outcomes share a cell.
      const cells = new Map<string, { ours: number; theirs: number }>();
      for (const key of new Set([...counts.keys(), ...Object.keys(recorded.counts)])) {
        const ours = counts.get(key) ?? 0;
        const theirs = recorded.counts[key] ?? 0;
        const name = ours + theirs < 40 ? "rare" : key;
        const cell = cells.get(name) ?? { ours: 0, theirs: 0 };
        cells.set(name, { ours: cell.ours + ours, theirs: cell.theirs + theirs });
      }
      const ratio = Math.sqrt(nDrawn / recorded.nDrawn);
      let chiSquare = 0;
      for (const { ours, theirs } of cells.values()) {
        chiSquare += (ours / ratio - theirs * ratio) ** 2 / (ours + theirs);
      }
      // Mean and standard deviation of chi-square with k degrees of freedom: k and sqrt(2k).
      const freedom = cells.size - 1;
      const limit = freedom + 4 * Math.sqrt(2 * freedom);
      assert.ok(freedom >= 1);
      assert.ok(chiSquare < limit, `chi-square ${chiSquare} of ${freedom} degrees of freedom`);
    });
  }

  const sampled = { doSample: true, topK: 0, maxNewTokens: 12, seed: 7 } as const;
  const start = { inputIds: [5], eosTokenIds: [0] };
  const sample = (options: Partial<GenerationOptions>): Promise<GeneratedIds[]> =>
    run(new TableModel("even", [5]), { ...start, options: { ...sampled, ...options } });

  it("gives the same sequences for the same seed and others for another", async () => {
    assert.deepEqual(await sample({}), await sample({}));
    assert.notDeepEqual(await sample({}), await sample({ seed: 8 }));
    const beams = { numBeams: 3, numReturnSequences: 3 };
    assert.deepEqual(await sample(beams), await sample(beams));
    assert.notDeepEqual(await sample(beams), await sample({ ...beams, seed: 8 }));
  });

  it("is greedy decoding when only the best token may be drawn", async () => {
    const [drawn] = await sample({ topK: 1 });
    const [greedy] = await sample({ doSample: false });
    assert.deepEqual(drawn, greedy);
  });

  it("draws for more beams than there are tokens to draw from", async () => {
    // Top-k 1 keeps two tokens, so at first four of the six beams have nothing of their own.
    const sequences = await sample({ numBeams: 6, numReturnSequences: 6, topK: 1 });
    assert.equal(new Set(sequences.map(({ ids }) => ids.join())).size, 6);
    assert.ok(sequences.every(({ score }) => score! > -1000));
  });

  it("does not let a sampled sequence depend on how many others there are", async () => {
    const many = await sample({ numReturnSequences: 9 });
    assert.equal(many.length, 9);
    assert.deepEqual(many.slice(0, 1), await sample({}));
    assert.deepEqual(many.slice(0, 4), await sample({ numReturnSequences: 4 }));
    assert.ok(new Set(many.map(({ ids }) => ids.join())).size > 5);
  });

  it("drops sampled rows from the batch when they end", async () => {
    const model = new TableModel("early", [5]);
    const sizes: number[] = [];
    model.onStep = () => sizes.push(model.rows.length);
    const options = { ...sampled, numReturnSequences: 8, maxNewTokens: 40 };
    const sequences = await run(model, { ...start, options });
    const expected = Array.from(
      { length: model.nSteps },
      (_, step) => sequences.filter(({ ids }) => ids.length > step + 1).length,
    );
    assert.deepEqual(sizes, expected);
    assert.ok(sizes.at(-1)! < sizes[0]!);
  });

  it("refuses to draw when every token is forbidden", async () => {
    const options = { ...sampled, noRepeatNgramSize: 1 };
    const inputIds = Array.from({ length: 37 }, (_, id) => id);
    await assert.rejects(
      run(new TableModel("even", inputIds), { inputIds, eosTokenIds: [0], options }),
      failsWith("option.invalid"),
    );
    await assert.rejects(
      run(new TableModel("even", inputIds), {
        inputIds,
        eosTokenIds: [0],
        options: { noRepeatNgramSize: 1, numBeams: 3 },
      }),
      failsWith("option.invalid"),
    );
  });
});

describe("generate, as a guest of the model", () => {
  const options = resolveGenerationOptions({ maxNewTokens: 6 });

  it("does no step after the last token", async () => {
    const model = new TableModel("never", [5]);
    const [sequence] = await generate(model, tableContext([5], [0]), options);
    assert.equal(sequence!.ids.length, 6);
    assert.equal(model.nSteps, 5);
    assert.equal(model.nReorders, 0);
  });

  it("does no step at all for one new token", async () => {
    for (const numBeams of [1, 4]) {
      const model = new TableModel("never", [5]);
      await generate(
        model,
        tableContext([5], [0]),
        resolveGenerationOptions({ maxNewTokens: 1, numBeams }),
      );
      assert.deepEqual([model.nSteps, model.nReorders], [0, 0]);
    }
  });

  it("does neither a step nor a reorder when the beam search is over", async () => {
    const model = new TableModel("never", [5]);
    await generate(
      model,
      tableContext([5], [0]),
      resolveGenerationOptions({ maxNewTokens: 6, numBeams: 3 }),
    );
    assert.equal(model.nSteps, 5);
    assert.ok(model.nReorders <= 5);
  });

  it("leaves the logits it is given as they were", async () => {
    for (const extra of [{}, { numBeams: 3 }, { doSample: true }]) {
      const model = new TableModel("even", [5, 6]);
      const before = model.firstLogits.slice();
      const given: [Float32Array, Float32Array][] = [];
      const step = model.step.bind(model);
      model.step = async (ids) => {
        const logits = await step(ids);
        given.push([logits, logits.slice()]);
        return logits;
      };
      await generate(
        model,
        tableContext([5, 6], [0]),
        resolveGenerationOptions({ ...extra, repetitionPenalty: 1.5, minNewTokens: 4 }),
      );
      assert.deepEqual(model.firstLogits, before);
      assert.ok(given.length >= 3);
      for (const [now, then] of given) assert.deepEqual(now, then);
    }
  });

  it("reports each id of the first sequence as it is chosen, the end included", async () => {
    for (const extra of [
      {},
      { doSample: true, seed: 3 },
      { doSample: true, numReturnSequences: 5 },
    ]) {
      const model = new TableModel("early", [5]);
      const seen: [id: number, nSteps: number][] = [];
      const context = tableContext([5], [0], { onToken: (id) => seen.push([id, model.nSteps]) });
      const [first] = await generate(
        model,
        context,
        resolveGenerationOptions({ ...extra, minNewTokens: 3 }),
      );
      assert.deepEqual(
        seen,
        first!.ids.map((id, i) => [id, i]),
      );
      assert.equal(first!.ids.at(-1), 0);
    }
  });

  it("works without an end-of-sequence id and without a prompt", async () => {
    for (const numBeams of [1, 3]) {
      const [sequence] = await generate(
        new TableModel("early", []),
        tableContext([], []),
        resolveGenerationOptions({ maxNewTokens: 5, numBeams }),
      );
      assert.equal(sequence!.ids.length, 5);
      assert.equal(sequence!.finishReason, "length");
    }
  });
});

describe("generate, when something goes wrong", () => {
  for (const numBeams of [1, 3]) {
    const options = resolveGenerationOptions({ maxNewTokens: 10, numBeams });
    const beams = `with ${numBeams === 1 ? "one beam" : "several beams"}`;

    it(`does not start when it is already cancelled, ${beams}`, async () => {
      const model = new TableModel("never", [5]);
      const context = tableContext([5], [0], { signal: AbortSignal.abort() });
      await assert.rejects(generate(model, context, options), failsWith("request.cancelled"));
      assert.equal(model.nSteps, 0);
    });

    it(`ends within the step in which it is cancelled, ${beams}`, async () => {
      const model = new TableModel("never", [5]);
      const controller = new AbortController();
      model.onStep = () => {
        if (model.nSteps === 3) controller.abort();
      };
      const context = tableContext([5], [0], { signal: controller.signal });
      await assert.rejects(generate(model, context, options), failsWith("request.cancelled"));
      assert.equal(model.nSteps, 3);
    });

    it(`gives nothing when it is cancelled in the last step, ${beams}`, async () => {
      const model = new TableModel("never", [5]);
      const controller = new AbortController();
      model.onStep = () => {
        if (model.nSteps === 9) controller.abort();
      };
      const context = tableContext([5], [0], { signal: controller.signal });
      await assert.rejects(generate(model, context, options), failsWith("request.cancelled"));
    });

    for (const broken of [Number.NaN, Infinity]) {
      it(`blames the device for a logit that is ${broken}, ${beams}`, async () => {
        const first = new TableModel("never", [5]);
        first.firstLogits[20] = broken;
        await assert.rejects(
          generate(first, tableContext([5], [0]), options),
          failsWith("device.failed"),
        );

        const later = new TableModel("never", [5]);
        const step = later.step.bind(later);
        later.step = async (ids) => {
          const logits = await step(ids);
          if (later.nSteps === 2) logits[logits.length - 1] = broken;
          return logits;
        };
        await assert.rejects(
          generate(later, tableContext([5], [0]), options),
          failsWith("device.failed"),
        );
        assert.equal(later.nSteps, 2);
      });
    }

    it(`blames the device for a row without a finite logit, ${beams}`, async () => {
      const model = new TableModel("never", [5]);
      model.firstLogits.fill(-Infinity);
      await assert.rejects(
        generate(model, tableContext([5], [0]), options),
        failsWith("device.failed"),
      );
    });

    it(`refuses logits of the wrong number, ${beams}`, async () => {
      const model = new TableModel("never", [5]);
      model.step = () => Promise.resolve(new Float32Array(7));
      await assert.rejects(
        generate(model, tableContext([5], [0]), options),
        failsWith("device.failed"),
      );
    });

    it(`passes on what the model throws, ${beams}`, async () => {
      const model = new TableModel("never", [5]);
      const failure = new AppError("device.failed", "The device was lost.");
      model.step = () => Promise.reject(failure);
      await assert.rejects(generate(model, tableContext([5], [0]), options), failure);
    });
  }

  it("cancels from within the report of a token", async () => {
    const controller = new AbortController();
    const model = new TableModel("never", [5]);
    let nReported = 0;
    const context = tableContext([5], [0], {
      signal: controller.signal,
      onToken: () => {
        if (++nReported === 4) controller.abort();
      },
    });
    const options = resolveGenerationOptions({ maxNewTokens: 10 });
    await assert.rejects(generate(model, context, options), failsWith("request.cancelled"));
    assert.equal(nReported, 4);
    assert.equal(model.nSteps, 3);
  });
});
