import assert from "node:assert/strict";
import { fixturePath } from "../../../helpers/fixtures";
import { TrainingComparison } from "../../../../src/measure/verify/trainingComparison";
import { readTrainingKit, type TrainingKit } from "../../../../src/measure/verify/trainingKit";

/** What a kit itself recorded, changed here and there. */
interface Changes {
  readonly loss?: number;
  readonly logit?: number;
  readonly gradient?: number;
  readonly moved?: number;
  /** A tensor whose gradient is left out. */
  readonly without?: string;
}

/** A factor on everything but the parameters, which move by a share of the rates. */
function compared(kit: TrainingKit, changes: Changes): TrainingComparison {
  const { loss = 1, logit = 1, gradient = 1, moved = 0, without } = changes;
  const comparison = new TrainingComparison(kit);
  const losses = kit.losses.get("a") ?? new Map<string, number>();
  comparison.losses(new Map([...losses].map(([name, value]) => [name, value * loss])), losses);
  comparison.logits(
    kit.tensor("a/logits").map((value) => value * logit),
    "a/logits",
  );
  const names = kit.trained.map(({ name }) => name).filter((name) => name !== without);
  comparison.gradients(
    new Map(names.map((name) => [name, kit.tensor(`a/grad/${name}`).map((x) => x * gradient)])),
    "a/grad",
  );
  for (const [stage, steps] of [
    ["step1", 1],
    ["step5", 5],
  ] as const) {
    const rates = kit.steps.slice(0, steps).reduce((sum, { rate }) => sum + rate, 0);
    comparison.parameters(
      stage,
      new Map(
        kit.trained.map(({ name }) => [
          name,
          kit.tensor(`${stage}/${name}`).map((value) => value + moved * rates),
        ]),
      ),
    );
  }
  return comparison;
}

describe("TrainingComparison", () => {
  let kit: TrainingKit;
  before(async () => {
    kit = await readTrainingKit(fixturePath("training", "stage2-opt"));
  });

  it("finds what a kit recorded equal to itself", () => {
    const same = compared(kit, {});
    assert.equal(same.isOk, true);
    assert.deepEqual(Object.keys(same.result()), [
      ...["losses", "logits", "gradients", "step1", "step5"],
    ]);
    assert.equal(same.result().gradients?.relL2, 0);
  });

  it("accepts what is a little off and refuses what is more", () => {
    const accepted: readonly Changes[] = [
      { loss: 1 + 5e-6 },
      { logit: 1 + 5e-6 },
      { gradient: 1 + 5e-5 },
      { moved: 5e-3 },
    ];
    const refused: readonly Changes[] = [
      { loss: 1 + 5e-5 },
      { logit: 1 + 5e-5 },
      { gradient: 1 + 5e-4 },
      { moved: 5e-2 },
      { loss: NaN },
      { logit: NaN },
      { gradient: NaN },
      { moved: NaN },
      { without: "language_projection.weight" },
    ];
    for (const changes of accepted) {
      assert.equal(compared(kit, changes).isOk, true, JSON.stringify(changes));
    }
    for (const changes of refused) {
      assert.equal(compared(kit, changes).isOk, false, JSON.stringify(changes));
    }
  });

  it("leaves out tensors whose gradient is rounding", () => {
    const without = "qformer.encoder.layer.0.attention.attention.key.bias";
    assert.ok(kit.zeroGradient.has(without));
    assert.equal(compared(kit, { without }).isOk, true);
  });

  it("refuses a stage that nobody compared", () => {
    assert.equal(new TrainingComparison(kit).isOk, false);
  });
});
