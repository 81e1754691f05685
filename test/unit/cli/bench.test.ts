import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { AppError } from "../../../src/base/errors";
import {
  BENCH_MODELS,
  benchConfig,
  benchTensors,
  writeBenchCheckpoint,
} from "../../../src/cli/benchCheckpoint";
import { limitsOf } from "../../../src/cli/benchLimits";
import type { BenchFigures } from "../../../src/cli/benchFigures";
import { measureModel } from "../../../src/cli/benchMeasure";
import { parseFigures, parseMeasurement, runProgram } from "../../../src/cli/benchProcess";
import { benchTable, reportOf } from "../../../src/cli/benchReport";
import { openCheckpoint } from "../../../src/convert/checkpoint";
import { convertModel } from "../../../src/convert/convertModel";
import { openModelFolder } from "../../../src/engine/modelFolder";
import { fixturePath } from "../../helpers/fixtures";
import { checkpointShapes } from "../../helpers/tinyCheckpoint";

const figures = (scale: number): BenchFigures => ({
  load: 100 * scale,
  preprocess: 0,
  vision: 20 * scale,
  qformer: 3 * scale,
  prefill: 40 * scale,
  token: 5 * scale,
  firstToken: 63 * scale,
  answer: 108 * scale,
  followUp: 60 * scale,
  beams: 2000 * scale,
  peakBytes: 1e9 * scale,
});
const limits = {
  ...{ vision: 1, qformer: 2, prefill: 3, token: 4, firstToken: 5, answer: 6, followUp: 7 },
};
const signal = new AbortController().signal;

/** A configuration like a published one that is written and converted in a moment. */
async function smallConfig(): Promise<Record<string, unknown>> {
  const text = await readFile(fixturePath("kits", "opt", "checkpoint", "config.json"), "utf8");
  return JSON.parse(text) as Record<string, unknown>;
}

describe("the checkpoint of the bench", () => {
  for (const model of BENCH_MODELS) {
    it(`has the tensors that transformers stores for ${model}, and no others`, () => {
      const config = benchConfig(model);
      const ours = new Map(benchTensors(config).map(({ name, shape }) => [name, [...shape]]));
      const theirs = checkpointShapes(config, model === "flan-t5-xl");
      assert.deepEqual(
        [...ours].sort(([a], [b]) => (a < b ? -1 : 1)),
        [...theirs].map(([name, shape]) => [name, [...shape]]).sort(),
      );
    });
  }
});

describe("a bench of a small model", () => {
  let folder = "";
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "sightline-bench-"));
  });
  after(() => rm(folder, { recursive: true }));

  const write = async (given: AbortSignal = signal): Promise<number> =>
    writeBenchCheckpoint({
      config: await smallConfig(),
      folder: path.join(folder, "checkpoint"),
      tokenizerFrom: fixturePath("kits", "opt", "checkpoint"),
      signal: given,
      onProgress: () => undefined,
    });

  it("leaves no file of weights behind when it is cancelled", async () => {
    await assert.rejects(write(AbortSignal.abort()), { code: "request.cancelled" });
    const file = path.join(folder, "checkpoint", "model-00001-of-00001.safetensors");
    await assert.rejects(stat(file));
    await assert.rejects(stat(`${file}.partial`));
  });

  it("writes a checkpoint that converts, and keeps what is already written", async () => {
    const bytes = await write();
    const checkpoint = await openCheckpoint(path.join(folder, "checkpoint"));
    assert.equal(checkpoint.totalTensorBytes, bytes);
    const [file] = checkpoint.weightFiles;
    assert.ok(file);
    const before = await stat(file.path);
    await write();
    assert.equal((await stat(file.path)).mtimeMs, before.mtimeMs);
    await convertModel({ checkpoint: checkpoint.folder, out: path.join(folder, "model") });
    await openModelFolder(path.join(folder, "model"));
  });

  it("times every stage of it", async () => {
    const { figures: measured, machine } = await measureModel(path.join(folder, "model"), signal);
    for (const [name, value] of Object.entries({ ...measured, ...machine })) {
      assert.ok(Number.isFinite(value) && value > 0, `${name} is ${value}`);
    }
    assert.ok(measured.firstToken < measured.answer);
    assert.ok(measured.peakBytes > 1e7);
    assert.deepEqual(parseMeasurement(JSON.stringify({ figures: measured, machine })), {
      figures: measured,
      machine,
    });
  }).timeout(60_000);
});

describe("the process of a run", () => {
  it("gives the last line that it printed", async () => {
    const script = `console.log("warming up"); console.log('${JSON.stringify(figures(1))}')`;
    const line = await runProgram(process.execPath, ["-e", script], signal);
    assert.deepEqual(parseFigures(line), figures(1));
  });

  it("is told of when it fails, cannot be started or is cancelled", async () => {
    const failing = runProgram(process.execPath, ["-e", "process.exit(3)"], signal);
    await assert.rejects(failing, (thrown: unknown) => {
      assert.ok(thrown instanceof AppError);
      assert.equal(thrown.code, "engine.exited");
      assert.match(thrown.message, /ended with 3/);
      return true;
    });
    await assert.rejects(runProgram("/nonexistent/python", [], signal), { code: "engine.exited" });
    const cancelled = runProgram(process.execPath, ["-e", ""], AbortSignal.abort());
    await assert.rejects(cancelled, { code: "request.cancelled" });
  });

  it("must print figures", () => {
    assert.throws(() => parseFigures("Killed"), { code: "engine.exited" });
    assert.throws(() => parseFigures('{"load": 1}'), { code: "engine.exited" });
    assert.throws(() => parseMeasurement(JSON.stringify(figures(1))), { code: "engine.exited" });
  });
});

describe("the report of a bench", () => {
  const runs = { model: "opt-2.7b", precision: "small", limits };

  it("takes the median of each figure, of an even number of runs too", () => {
    const three = reportOf({ ...runs, ours: [5, 1, 2].map(figures), transformers: [] });
    assert.deepEqual(three.ours, figures(2));
    assert.equal(three.transformers, undefined);
    const two = reportOf({ ...runs, ours: [figures(1)], transformers: [3, 1].map(figures) });
    assert.deepEqual(two.transformers, figures(2));
  });

  it("puts limit, our figure, theirs and the ratio side by side", () => {
    const report = reportOf({ ...runs, ours: [figures(1)], transformers: [figures(4)] });
    const lines = benchTable(report).trimEnd().split("\n");
    assert.match(lines[0] ?? "", /^stage +limit +sightline +transformers +ratio$/);
    assert.match(lines[3] ?? "", /^vision +1 ms +20 ms +80 ms +0\.25$/);
    assert.match(lines.at(-2) ?? "", /^answer, 5 beams +2\.00 s +8\.00 s +0\.25$/);
    assert.match(lines.at(-1) ?? "", /^peak memory +1\.0 GB +4\.0 GB +0\.25$/);
  });

  it("has no column for what was not timed", () => {
    const table = benchTable(reportOf({ ...runs, ours: [figures(1)], transformers: [] }));
    assert.ok(!table.includes("transformers"), table);
  });
});

describe("the limits of a machine", () => {
  it("follow from operations, bytes and its best speed", () => {
    const work = { vision: 400, qformer: 40, position: 5, nPrompt: 44, tokenBytes: 2000 };
    const machine = { int8PerSecond: 1000, bytesPerSecond: 10_000 };
    const { vision, token, prefill, followUp, answer, firstToken } = limitsOf(work, machine);
    assert.equal(vision, 400);
    assert.equal(token, 200);
    // 220 ms of arithmetic hide 200 ms of reading; a short prompt is bound by reading.
    assert.equal(prefill, 220);
    assert.equal(followUp, 200 + 9 * 200);
    assert.equal(firstToken, 400 + 40 + 220);
    assert.equal(answer, firstToken + 9 * 200);
  });
});
