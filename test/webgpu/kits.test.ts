import assert from "node:assert/strict";
import { AppError } from "../../src/base/errors";
import { runVerify, type VerifyOptions, type VerifyReport } from "../../src/measure/verify/verify";
import { fixturePath } from "../helpers/fixtures";
import { holdDevice } from "../helpers/heldDevice";

holdDevice();

/** A software driver needs some 50 ms for a run of the smallest graph. */
const SLOW_MS = 600_000;

/**
 * Blocks of 32; `balanced` has w8a8 and blocks of 128, `small` has int4 in blocks of 128. Not f16, which
 * needs shader-f16: this driver lacks it, see below. Each block size costs seconds of compiling.
 */
const PRECISIONS = ["int8", "int4", "balanced", "small"];
/** Those whose products are the ones of the others, with sizes of their own: what people use is enough. */
const OF_PROFILES = [
  "instructblip-t5",
  "instructblip-llama-grouped",
  "blip-caption",
  "blip-vqa",
  "blip-itm",
];
/** What no profile has. */
const OTHER_BLOCKS = "int8:64,decoder=int4:64";
/** One case shows a wrong kernel; what a setting of generate() does is the same on every device. */
const FEW = { maxCases: 1, settings: ["greedy", "beam5"] } as const;
/**
 * Words of rounded weights are not compared, so that here generation shows only that every node of a prompt
 * and of a step runs: three tokens are a prompt, a step, and a step over a cache that a step wrote. Beams run
 * the same graphs with more rows, which OPT and T5 show in each precision.
 */
const WITH_BEAMS = { ...FEW, maxNewTokens: 3 } as const;
const WITHOUT_BEAMS = { ...WITH_BEAMS, settings: ["greedy"] } as const;
const fewOf = (kind: string) => (["opt", "t5"].includes(kind) ? WITH_BEAMS : WITHOUT_BEAMS);

function verify(kit: string, options: VerifyOptions = {}): Promise<VerifyReport> {
  return runVerify(fixturePath("kits", kit), { ...options, device: "webgpu" });
}

function assertOk(report: VerifyReport): void {
  assert.equal(report.device, "webgpu");
  assert.ok(report.ok, JSON.stringify(report, undefined, 1));
}

/**
 * How much farther off than the CPU a kit may be. WebGPU rounds activations in blocks of 128 where the CPU
 * does so in blocks of 32, and the text side of the retrieval kit, whose weights are random, makes the
 * most of it (measured: 2.4 to 2.9 times).
 */
const FACTORS: Readonly<Record<string, number>> = {
  opt: 2,
  t5: 2,
  itm: 4,
  "instructblip-t5": 2,
  "instructblip-llama-grouped": 2,
  "blip-caption": 2,
  "blip-vqa": 2,
  "blip-itm": 4,
};

/** The limits of rounded weights are wide; the same model on the CPU says how far off is right. */
async function assertAsOnCpu(kit: string, report: VerifyReport): Promise<void> {
  const { precision } = report;
  // Only its stages are compared.
  const options = { maxCases: FEW.maxCases, settings: [], precision, device: "cpu" } as const;
  const onCpu = await runVerify(fixturePath("kits", kit), options);
  for (const [stage, { relL2 }] of Object.entries(report.stages)) {
    const expected = onCpu.stages[stage]?.relL2 ?? 0;
    const limit = (FACTORS[kit] ?? 1) * expected + 1e-4;
    assert.ok(relL2 <= limit, `${stage}: ${relL2}, and ${expected} on the CPU`);
  }
}

describe("kits on WebGPU, with no node on the CPU", () => {
  const generating = [
    "opt",
    "opt-odd",
    "t5",
    "blip-caption",
    "blip-vqa",
    "instructblip-t5",
    "instructblip-llama",
    "instructblip-llama-grouped",
  ];
  for (const kind of generating) {
    it(`gives the stages and sequences of transformers for ${kind} in f32`, async function () {
      this.timeout(SLOW_MS);
      // The settings differ in what is done with logits, whatever the number of layers: the OPT with one layer
      // has them all here, every kit on the CPU.
      const report = await verify(kind, kind === "opt-odd" ? { maxCases: 2 } : FEW);
      assertOk(report);
      assert.ok(Object.keys(report.generation).length >= FEW.settings.length);
      for (const { cases, equal } of Object.values(report.generation)) assert.equal(equal, cases);
    });
  }

  for (const kind of ["opt", "t5", "itm"]) {
    const others = kind === "opt" ? [OTHER_BLOCKS] : [];
    for (const precision of [...PRECISIONS, ...others]) {
      it(`is as far off as the CPU is in ${precision} for ${kind}`, async function () {
        this.timeout(SLOW_MS);
        const report = await verify(kind, { ...fewOf(kind), precision });
        assert.equal(report.device, "webgpu");
        // The limits of `verify` are those of the CPU.
        if (!kind.endsWith("itm")) assertOk(report);
        await assertAsOnCpu(kind, report);
      });
    }
  }

  for (const kind of OF_PROFILES) {
    for (const precision of ["balanced", "small"]) {
      it(`is as far off as the CPU is in ${precision} for ${kind}`, async function () {
        this.timeout(SLOW_MS);
        const report = await verify(kind, { ...fewOf(kind), precision });
        if (!kind.endsWith("itm")) assertOk(report);
        await assertAsOnCpu(kind, report);
      });
    }
  }

  for (const kind of ["itm", "blip-itm"]) {
    it(`scores pictures and texts as transformers does for ${kind}`, async function () {
      this.timeout(SLOW_MS);
      assertOk(await verify(kind, { maxCases: 4 }));
    });
  }

  it("fails with the device's own reason in f16, which this adapter cannot compute", async () => {
    await assert.rejects(verify("opt", { ...FEW, precision: "f16" }), (thrown) => {
      assert.ok(thrown instanceof AppError);
      assert.equal(thrown.code, "device.failed");
      assert.match(thrown.message, /failed on webgpu: .*f16.* choose another device/i);
      return true;
    });
  }).timeout(SLOW_MS);
});
