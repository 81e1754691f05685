import assert from "node:assert/strict";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fixturePath } from "../../../helpers/fixtures";
import { AppError } from "../../../../src/base/errors";
import { isTrainingKit, readTrainingKit } from "../../../../src/measure/verify/trainingKit";

describe("readTrainingKit", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "sightline-kit-"));
    await cp(fixturePath("training", "stage1"), folder, { recursive: true });
  });
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  /** The kit with one field of training.json replaced. */
  async function withField(key: string, value: unknown): Promise<void> {
    const file = path.join(folder, "training.json");
    const json = JSON.parse(await readFile(file, "utf8")) as Record<string, unknown>;
    await writeFile(file, JSON.stringify({ ...json, [key]: value }));
  }

  const isInvalid = (error: unknown): boolean =>
    error instanceof AppError && error.code === "kit.invalid" && error.message.includes(folder);

  it("tells a kit of training from one of answers", async () => {
    assert.equal(await isTrainingKit(folder), true);
    assert.equal(await isTrainingKit(fixturePath("kits", "opt")), false);
  });

  it("reads batches, losses, steps and the trained tensors with the heads", async () => {
    const kit = await readTrainingKit(folder);
    assert.deepEqual(
      kit.batches.map(({ name, imageIds }) => [name, imageIds?.length]),
      [
        ["pretrain", undefined],
        ["finetune", 6],
      ],
    );
    assert.deepEqual(kit.batches[0]?.imageRows, [0, 1, 2, 3, 4, 5]);
    assert.equal(kit.batches[0].contrast?.bos, 119);
    assert.equal(kit.steps.length, 5);
    assert.deepEqual(
      [...(kit.losses.get("finetune") ?? [])].map(([name]) => name),
      [...["itc", "itm", "itg", "total"]],
    );
    const parameters = await kit.parameters();
    assert.deepEqual(parameters.get("temp")?.shape, []);
    assert.equal(parameters.size, 127);
  });

  it("names the file of what is damaged", async () => {
    const damages: readonly [string, unknown][] = [
      ["kind", "stage3"],
      ["batches", {}],
      ["optimized_batch", "other"],
      ["trained", []],
      ["optimizer", { betas: "high" }],
      ["steps", [{ lr: "fast" }]],
    ];
    const file = path.join(folder, "training.json");
    const whole = await readFile(file);
    for (const [key, value] of damages) {
      await withField(key, value);
      await assert.rejects(readTrainingKit(folder), isInvalid, key);
      await writeFile(file, whole);
    }
    await writeFile(file, "{");
    await assert.rejects(readTrainingKit(folder), isInvalid);
    await rm(file);
    await assert.rejects(readTrainingKit(folder), isInvalid);
  });

  it("names a tensor that is not there or has another size", async () => {
    await withField("trained", [{ name: "temp", shape: [2], decay: true }]);
    const kit = await readTrainingKit(folder);
    assert.throws(() => kit.tensor("pretrain/grad/other"), isInvalid);
    await assert.rejects(kit.parameters(), isInvalid);
  });
});
