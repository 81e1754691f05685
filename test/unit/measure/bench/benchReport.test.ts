import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { parseReport, readReports } from "../../../../src/measure/bench/benchFile";
import { medians, type ProfileRow } from "../../../../src/measure/bench/benchReport";
import { benchNotes, benchProfiles, benchTable } from "../../../../src/cli/measure/benchTable";
import { figures, ours, reportWith, theirs } from "../../../helpers/benchReports";
import { temporaryFolder } from "../../../helpers/kitModel";

describe("the figures of several runs", () => {
  it("become the median of each, of an even number of runs too", () => {
    assert.deepEqual(medians([5, 1, 2].map(figures)), figures(2));
    assert.deepEqual(medians([3, 1].map(figures)), figures(2));
    const onDevice = { ...figures(1), deviceBytes: 7 };
    assert.equal(medians([onDevice]).deviceBytes, 7);
    assert.equal(medians([onDevice, figures(1)]).deviceBytes, undefined);
    const own = [1, 5, 3].map((n) => ({ ...figures(n), ownBytes: n }));
    assert.equal(medians(own).ownBytes, 3);
    assert.throws(() => medians([]), { code: "internal" });
  });
});

describe("the table of a bench", () => {
  it("puts limit, our figure, theirs and the ratio side by side", () => {
    const lines = benchTable(reportWith()).trimEnd().split("\n");
    assert.match(lines[0] ?? "", /^stage +limit small +small +transformers bf16 cpu +ratio small$/);
    assert.match(lines[3] ?? "", /^vision +1 ms +20 ms +80 ms +0\.25$/);
    assert.match(lines.at(-2) ?? "", /^answer, 5 beams +2\.00 s +8\.00 s +0\.25$/);
    assert.match(lines.at(-1) ?? "", /^peak memory +1\.0 GB +4\.0 GB +0\.25$/);
  });

  it("compares every precision with the faster of two number formats", () => {
    const report = reportWith({
      ours: [ours("balanced", 2), ours("small", 1)],
      transformers: [theirs("bf16", 40), theirs("f32", 20)],
    });
    const [, , , vision] = benchTable(report).split("\n");
    assert.match(vision ?? "", /^vision +1 ms +40 ms +1 ms +20 ms +800 ms +400 ms +0\.10 +0\.05$/);
  });

  it("has no column for what was not timed, and a row for an adapter's memory where it was", () => {
    const without = { precision: "small", figures: figures(1) };
    const alone = benchTable(reportWith({ ours: [without], transformers: [] }));
    assert.doesNotMatch(alone, /transformers|limit|ratio|adapter/);
    const onDevice = { ...without, figures: { ...figures(1), deviceBytes: 2e9 } };
    const table = benchTable(reportWith({ ours: [onDevice] }));
    assert.match(table, /^memory of the adapter +2\.0 GB$/m);
    assert.doesNotMatch(table, /own memory/);
    const own = { ...without, figures: { ...figures(1), ownBytes: 1.5e9 } };
    assert.match(benchTable(reportWith({ ours: [own] })), /^own memory, at the end +1\.5 GB$/m);
  });

  it("is followed by the operators that take an answer's time, the small ones in one line", () => {
    const of = (operator: string, milliseconds: number): ProfileRow => ({
      ...{ part: "decoder", operator, milliseconds },
    });
    const profile = [of("MatMulNBits", 900), of("Softmax", 92), of("Add", 5), of("Mul", 3)];
    const report = reportWith({ ours: [{ ...ours("small", 1), profile }, ours("balanced", 1)] });
    assert.equal(
      benchProfiles(report).replaceAll(/ +/g, " "),
      [
        "",
        "An answer in small",
        "part operator time share",
        "decoder MatMulNBits 900 ms 90 %",
        "decoder Softmax 92 ms 9 %",
        "all 2 others 8 ms 1 %",
        "",
      ].join("\n"),
    );
    assert.equal(benchProfiles(reportWith()), "");
  });

  it("is followed by conversion, machine, versions and date", () => {
    const conversion = {
      ...{ convert: 30_000, copy: 24_000, checkpointBytes: 15e9, modelBytes: 3e9, peakBytes: 8e8 },
    };
    const speed = { int8PerSecond: 1310e9, unsignedPerSecond: 620e9, bytesPerSecond: 4e10 };
    const report = reportWith({ ours: [{ ...ours("small", 1), conversion }], speed });
    const notes = benchNotes(report);
    assert.deepEqual(parseReport(JSON.stringify(report), "file").speed, speed);
    assert.equal(
      notes,
      [
        "Conversion to small: 30.00 s, 1.25 of the 24.00 s that copying its 15.0 GB takes, with 800 MB of memory.",
        "AMD EPYC, 2 cores (avx2, avx512_vnni), 25.0 GB.",
        "Products of the image encoder: 1310 GOP/s with signed weights, 620 with unsigned ones.",
        "Sightline 1.0.0, torch 2.13.0, transformers 5.18.0; median of 3 runs, 2026-11-28.",
        "",
      ].join("\n"),
    );
  });
});

describe("a saved report", () => {
  it("is read as it was written, one on each line", async () => {
    const file = path.join(await temporaryFolder(), "report.json");
    const profile = [{ part: "decoder", operator: "Add", milliseconds: 1.5 }];
    const conversion = { convert: 3, copy: 2, checkpointBytes: 9, modelBytes: 4, peakBytes: 5 };
    const reports = [
      reportWith({ ours: [{ ...ours("small", 1), conversion, profile }, ours("balanced", 2)] }),
      reportWith({ model: "flan-t5-xl", device: "webgpu", transformers: [] }),
    ];
    await writeFile(file, reports.map((report) => `${JSON.stringify(report)}\n`).join(""));
    assert.deepEqual(await readReports(file), reports);
  });

  it("is refused when it is anything else", async () => {
    const code = "option.invalid";
    const folder = await temporaryFolder();
    await assert.rejects(readReports(path.join(folder, "absent.json")), { code });
    const empty = path.join(folder, "empty.json");
    await writeFile(empty, "\n");
    await assert.rejects(readReports(empty), { code });
    const text = JSON.stringify(reportWith());
    const changed: readonly [string, string][] = [
      ['"answer":108', '"answer":"108"'],
      ['"answer":108', '"answer":-1'],
      ['"device":"cpu","machine"', '"device":"abacus","machine"'],
      ['"dtype":"bf16"', '"dtype":"f64"'],
      ['"runs":3', '"runs":0'],
      ['"simd":[', '"simd":7,"other":['],
    ];
    for (const [from, to] of changed) {
      assert.ok(text.includes(from), from);
      assert.throws(() => parseReport(text.replace(from, to), "r.json"), { code }, to);
    }
    assert.throws(() => parseReport(JSON.stringify(reportWith({ ours: [] })), "r.json"), { code });
  });
});
