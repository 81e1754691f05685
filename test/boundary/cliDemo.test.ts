import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { runCliProcess, type CliOutcome } from "../helpers/cliProcess";

const PICTURE = "media/samples/red-circle.png";

describe("the demo on the command line", () => {
  const home = mkdtempSync(path.join(tmpdir(), "sightline-demo-"));
  // Under a name of its own it is the demo none the less.
  const copy = path.join(home, "coloured");
  const run = (args: readonly string[], input?: string): Promise<CliOutcome> =>
    runCliProcess(args, input === undefined ? { home } : { home, input });

  before(async () => {
    const outcome = await run(["convert", "models/demo", copy]);
    assert.equal(outcome.exitCode, 0, outcome.stderr);
  });
  after(() => rm(home, { recursive: true }));

  it("says once in a chat what it knows and how to get another model", async () => {
    const questions = "what color is the circle?\nhow many circles are there?\n";
    const outcome = await run(["chat", PICTURE, "--model", copy, "--device", "cpu"], questions);
    assert.deepEqual(outcome.stdout.trim().split("\n"), ["red", "one"]);
    assert.match(
      outcome.stderr,
      /^sightline: Demo model: knows coloured shapes only\. "sightline models".*gets one\.\n$/,
    );
  });

  it("says nothing with --quiet", async () => {
    const question = ["ask", PICTURE, "what shape is red?"];
    const outcome = await run([...question, "--model", copy, "--device", "cpu", "--quiet"]);
    assert.deepEqual([outcome.stdout, outcome.stderr], ["circle\n", ""]);
  });

  it("compares pictures with texts without being named", async () => {
    const right = "a large red circle and a small green square on a cream background";
    const flags = ["--device", "cpu", "--json"];
    const outcome = await run(["score", PICTURE, right, "a clown face", ...flags]);
    assert.equal(outcome.exitCode, 0, outcome.stderr);
    const { model, scores } = JSON.parse(outcome.stdout) as {
      model: string;
      scores: { text: string; itc: number; itm: number }[];
    };
    assert.equal(model, "demo-itm");
    assert.equal(scores[0]?.text, right);
    const [first = 0, second = 0] = scores.map(({ itc }) => itc);
    assert.ok(first > second, outcome.stdout);
    assert.match(outcome.stderr, /Demo model: knows emoji and coloured shapes only\./);
  });
});
