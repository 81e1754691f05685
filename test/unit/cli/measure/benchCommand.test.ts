import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { splitPrecisions } from "../../../../src/cli/measure/benchCommand";
import { runCli } from "../../../../src/cli/program";
import { reportWith } from "../../../helpers/benchReports";
import { testHost } from "../../../helpers/cliHost";
import { temporaryFolder } from "../../../helpers/kitModel";

describe("bench, told to read and not to time", () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await temporaryFolder();
    file = path.join(folder, "report.json");
    await writeFile(file, `${JSON.stringify(reportWith())}\n`);
  });

  it("prints and draws what earlier runs found", async () => {
    const other = path.join(folder, "other.json");
    await writeFile(other, JSON.stringify(reportWith({ model: "flan-t5-xl", device: "cuda" })));
    const chart = path.join(folder, "chart.svg");
    const host = testHost();
    assert.equal(await runCli(["bench", "--from", file, other, "--chart", chart], host), 0);
    assert.match(host.stdout.text, /^opt-2\.7b on cpu\nstage .*^flan-t5-xl on cuda\nstage /ms);
    const svg = await readFile(chart, "utf8");
    assert.match(
      svg,
      /<title id="title">Sightline against transformers: opt-2\.7b and flan-t5-xl</,
    );
  });

  it("gives programs the same report again", async () => {
    const host = testHost();
    assert.equal(await runCli(["bench", "--from", file, "--json"], host), 0);
    assert.deepEqual(JSON.parse(host.stdout.text), reportWith());
  });

  it("says when a report or the chart's file is no good", async () => {
    await writeFile(file, "{}");
    const host = testHost();
    assert.equal(await runCli(["bench", "--from", file], host), 2);
    assert.match(host.stderr.text, /report\.json: "ours" must be a list/);
    await writeFile(file, JSON.stringify(reportWith()));
    const other = testHost();
    assert.equal(await runCli(["bench", "--from", file, "--chart", folder], other), 2);
    assert.match(other.stderr.text, /The chart cannot be written to/);
  });
});

describe("bench, before it writes gigabytes", () => {
  for (const [wrong, message] of [
    [["--precision", "balanced,tiny"], /"tiny" is not a precision/],
    [["--runs", "0"], /--runs must be a whole number/],
    [["--profile", "--device", "webgpu"], /--profile reads the operators of the CPU/],
    [["--device", "auto"], /argument 'auto' is invalid/],
    [["--python", "python3"], /benchTransformers\.py, which is in the source repository only/],
  ] as const) {
    it(`refuses ${wrong.join(" ")}`, async () => {
      const host = testHost({ home: await temporaryFolder() });
      assert.equal(await runCli(["bench", ...wrong], host), 2);
      assert.match(host.stderr.text, message);
    });
  }

  it("refuses a number format that transformers is not timed in", async () => {
    const demoCheckpoint = path.resolve("models", "demo");
    const host = testHost({ home: await temporaryFolder(), demoCheckpoint });
    const args = ["--python", "python3", "--dtype", "f32,int8"];
    assert.equal(await runCli(["bench", ...args], host), 2);
    assert.match(host.stderr.text, /--dtype takes bf16, f16, f32, not "int8"/);
  });
});

describe("a list of precisions", () => {
  it("is split where a comma does not belong to a precision of parts", () => {
    assert.deepEqual(splitPrecisions("small"), ["small"]);
    assert.deepEqual(splitPrecisions("balanced,small"), ["balanced", "small"]);
    assert.deepEqual(splitPrecisions("int8,decoder=int4,vision_encoder=f32,small"), [
      "int8,decoder=int4,vision_encoder=f32",
      "small",
    ]);
  });
});
