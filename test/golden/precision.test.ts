import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { convertModel } from "../../src/convert/convertModel";
import { MANIFEST_FILE } from "../../src/model/folder/manifest";
import {
  accuracy,
  agreement,
  demoQuestions,
  relativeError,
  runDemo,
  type DemoQuestion,
  type DemoRun,
} from "../helpers/demoRun";

import { temporaryFolder } from "../helpers/kitModel";

/** Enough that one answer is half a point; the report tool asks all. */
const QUESTIONS = 200;

/**
 * What each profile may lose against f32: deviations are about twice those of all questions together,
 * accuracy and agreement what a user can count on.
 */
const LIMITS = {
  balanced: { imageFeatures: 0.04, logits: 0.0125, lostAccuracy: 0.005, agreement: 0.99 },
  small: { imageFeatures: 0.05, logits: 0.09, lostAccuracy: 0.02, agreement: 0.97 },
} as const;

describe("a profile on the demo's held-out scenes", () => {
  let questions: readonly DemoQuestion[];
  let reference: DemoRun;

  async function convert(precision: string): Promise<string> {
    const out = path.join(await temporaryFolder(), precision);
    await convertModel({ checkpoint: path.resolve("models", "demo"), out, precision });
    return out;
  }

  const runIn = async (precision: string): Promise<DemoRun> =>
    runDemo(await convert(precision), questions);

  before(async function () {
    this.timeout(120_000);
    questions = (await demoQuestions()).slice(0, QUESTIONS);
    reference = await runIn("f32");
  });

  for (const [profile, limits] of Object.entries(LIMITS)) {
    it(`answers in ${profile} as it does in f32`, async function () {
      this.timeout(120_000);
      const run = await runIn(profile);
      const lost = accuracy(reference.answers, questions) - accuracy(run.answers, questions);
      assert.ok(lost <= limits.lostAccuracy + 1e-9, `loses ${lost}`);
      const same = agreement(run.answers, reference.answers);
      assert.ok(same >= limits.agreement, `agrees in ${same}`);
      for (const values of ["imageFeatures", "logits"] as const) {
        const error = relativeError(run[values], reference[values]);
        assert.ok(error <= limits[values], `${values} deviate by ${error}`);
        // Were nothing rounded, the profile would not have been applied.
        assert.ok(error > 1e-4, `${values} deviate by ${error}`);
      }
    });
  }

  it("is f32 itself in exact", async () => {
    const [exact, f32] = [await convert("exact"), await convert("f32")];
    const names = await readdir(f32);
    assert.deepEqual(await readdir(exact), names);
    // What is the same file gives the same answers; the manifest keeps the name that was asked for.
    for (const name of names.filter((file) => file !== MANIFEST_FILE)) {
      const [ours, theirs] = [path.join(exact, name), path.join(f32, name)];
      assert.ok((await readFile(ours)).equals(await readFile(theirs)), name);
    }
  });
});
