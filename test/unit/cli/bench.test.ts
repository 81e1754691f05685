import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { AppError } from "../../../src/base/errors";
import {
  benchConfig,
  benchTensors,
  writeBenchCheckpoint,
} from "../../../src/measure/bench/benchCheckpoint";
import { measureConversion } from "../../../src/measure/bench/benchConversion";
import { BENCH_MODELS } from "../../../src/measure/bench/benchModels";
import { limitsOf } from "../../../src/measure/bench/benchLimits";
import { measureModel } from "../../../src/measure/bench/benchMeasure";
import {
  parseConversion,
  parseMeasurement,
  parseProfile,
  parseReference,
  runProgram,
} from "../../../src/measure/bench/benchProcess";
import { profileModel } from "../../../src/measure/bench/benchProfile";
import { openCheckpoint } from "../../../src/convert/checkpoint/checkpoint";
import { convertModel } from "../../../src/convert/convertModel";
import { openModelFolder } from "../../../src/engine/session/modelFolder";
import { modelStoreOf } from "../../../src/library/store/modelStore";
import { figures } from "../../helpers/benchReports";
import { fixturePath } from "../../helpers/fixtures";
import { checkpointShapes } from "../../helpers/tinyCheckpoint";

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
    const { figures: measured, machine } = await measureModel({
      ...{ folder: path.join(folder, "model"), device: "cpu", signal },
    });
    assert.ok(machine);
    for (const [name, value] of Object.entries({ ...measured, ...machine })) {
      assert.ok(Number.isFinite(value) && value > 0, `${name} is ${value}`);
    }
    assert.ok(measured.firstToken < measured.answer);
    assert.ok(measured.peakBytes > 1e7);
    const isLinux = process.platform === "linux";
    assert.equal(measured.ownBytes !== undefined && measured.ownBytes > 1e6, isLinux);
    assert.deepEqual(parseMeasurement(JSON.stringify({ figures: measured, machine })), {
      figures: measured,
      machine,
    });
  }).timeout(60_000);

  it("tells which operators of which part take the time, and leaves no profile behind", async () => {
    const dir = await mkdtemp(path.join(folder, "profiles-"));
    for (const inFileFromBytes of [0, Infinity]) {
      const model = path.join(folder, "model");
      const rows = await profileModel({ folder: model, signal, inFileFromBytes, dir });
      const parts = new Set(rows.map(({ part }) => part));
      for (const part of ["vision_encoder", "qformer", "embed_tokens", "decoder", "all"]) {
        assert.ok(parts.has(part), `${part} is not among ${[...parts].join(", ")}`);
      }
      assert.equal(rows.filter(({ operator }) => operator === "Conv").length, 1);
      const times = rows.map(({ milliseconds }) => milliseconds);
      assert.ok(times.every((time) => Number.isFinite(time) && time >= 0));
      assert.deepEqual(
        times,
        [...times].sort((a, b) => b - a),
      );
      assert.deepEqual(parseProfile(JSON.stringify({ profile: rows })), rows);
    }
    assert.deepEqual(await readdir(dir), []);
  }).timeout(60_000);

  it("refuses a device that is not there, as for every model", async () => {
    const measuring = measureModel({
      ...{ folder: path.join(folder, "model"), device: "dml", signal },
      adapterBytes: () => Promise.resolve(undefined),
    });
    await assert.rejects(measuring, { code: "device.unavailable" });
  });

  it("times a conversion and a copy of what it reads, and leaves no copy behind", async () => {
    const checkpoint = path.join(folder, "checkpoint");
    const out = path.join(folder, "again");
    const store = modelStoreOf({ env: { SIGHTLINE_HOME: folder }, platform: "linux", homeDir: "" });
    const measured = await measureConversion({ checkpoint, out, precision: "f32", store, signal });
    const sizes = await Promise.all(
      (await readdir(checkpoint)).map(
        async (name) => (await stat(path.join(checkpoint, name))).size,
      ),
    );
    assert.equal(
      measured.checkpointBytes,
      sizes.reduce((sum, size) => sum + size, 0),
    );
    for (const [name, value] of Object.entries(measured)) assert.ok(value > 0, name);
    assert.equal((await openModelFolder(out)).name, "again");
    const left = (await readdir(folder)).filter((name) => name.includes(".copy-"));
    assert.deepEqual(left, []);
    assert.deepEqual(parseConversion(JSON.stringify(measured)), measured);
  });
});

describe("the process of a run", () => {
  it("gives the last line that it printed", async () => {
    const script = `console.log("warming up"); console.log('${JSON.stringify(figures(1))}')`;
    const line = await runProgram(process.execPath, ["-e", script], { signal });
    assert.equal(line, JSON.stringify(figures(1)));
  });

  it("has variables of its own, unless this process says otherwise", async () => {
    const script = "console.log([process.env.SIGHTLINE_MADE_UP, process.env.PATH].join())";
    const env = { SIGHTLINE_MADE_UP: "given", PATH: "lost" };
    const line = await runProgram(process.execPath, ["-e", script], { signal, env });
    assert.equal(line, `given,${process.env["PATH"] ?? ""}`);
  });

  it("is told of when it fails, cannot be started or is cancelled", async () => {
    const failing = runProgram(process.execPath, ["-e", "process.exit(3)"], { signal });
    await assert.rejects(failing, (thrown: unknown) => {
      assert.ok(thrown instanceof AppError);
      assert.equal(thrown.code, "engine.exited");
      assert.match(thrown.message, /ended with 3/);
      return true;
    });
    await assert.rejects(runProgram("/nonexistent/python", [], { signal }), {
      code: "engine.exited",
    });
    const cancelled = runProgram(process.execPath, ["-e", ""], { signal: AbortSignal.abort() });
    await assert.rejects(cancelled, { code: "request.cancelled" });
  });

  it("must print figures", () => {
    const code = "engine.exited";
    assert.throws(() => parseReference("Killed"), { code });
    assert.throws(() => parseProfile('{"profile": [{"part": "decoder"}]}'), { code });
    assert.throws(() => parseReference('{"figures": {"load": 1}}'), { code });
    assert.throws(() => parseMeasurement(JSON.stringify(figures(1))), { code });
    const negative = { figures: { ...figures(1), load: -1 } };
    assert.throws(() => parseMeasurement(JSON.stringify(negative)), { code });
  });

  it("says of transformers where it ran, and which version", () => {
    const versions = { torch: "2.13.0", transformers: "5.18.0" };
    const measured = { figures: { ...figures(1), deviceBytes: 7 }, device: "cuda", versions };
    assert.deepEqual(parseReference(JSON.stringify(measured)), measured);
  });
});

describe("the limits of a machine", () => {
  it("follow from operations, bytes and its best speed", () => {
    const work = { vision: 400, qformer: 40, position: 5, nPrompt: 44, tokenBytes: 2000 };
    const machine = { int8PerSecond: 1000, unsignedPerSecond: 500, bytesPerSecond: 10_000 };
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
