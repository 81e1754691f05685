import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { runCli } from "../../../../src/cli/program";
import { testHost, type TestHost } from "../../../helpers/cliHost";
import { writeColorPairs } from "../../../helpers/colorPairs";
import { fixturePath } from "../../../helpers/fixtures";
import { Parameters } from "../../../../src/train/parameters";
import { readLog } from "../../../../src/train/run/trainingLog";

describe("sightline train stage1 and stage2", () => {
  let folder = "";
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "sightline-stage-"));
    await writeColorPairs(path.join(folder, "pictures"), 3);
  });
  after(() => rm(folder, { recursive: true }));

  const train = async (
    stage: string,
    config: object | string,
  ): Promise<{ code: number; host: TestHost }> => {
    const file = path.join(folder, "run.json");
    await writeFile(file, typeof config === "string" ? config : JSON.stringify(config));
    const host = testHost({ home: folder });
    return { code: await runCli(["train", stage, "--config", file, "--json"], host), host };
  };
  const configOf = (kit: string, more: object = {}): object => ({
    ...{ start: fixturePath("training", kit, "checkpoint"), pairs: "pictures", out: kit },
    ...{ steps: 6, batch: 4, rate: 1e-3, heldOut: 0.2, validateEvery: 3, ...more },
  });

  for (const [stage, kit] of [
    ["stage1", "stage1"],
    ["stage2", "stage2-opt"],
    ["stage2", "stage2-t5"],
  ] as const) {
    it(`writes checkpoint, log and chart: ${kit}`, async () => {
      const { code, host } = await train(stage, configOf(kit, { objectives: ["itc"] }));
      assert.equal(code, 0, host.stderr.text);
      const rows = host.stdout.text
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as Record<string, unknown>);
      assert.deepEqual(
        rows.map(({ step }) => step),
        [3, 6, undefined],
      );
      const { figures } = rows[0] as { figures: Record<string, number> };
      assert.ok((stage === "stage1" ? "text→picture R@1" : "lm") in figures);
      const out = path.join(folder, kit);
      const log = await readLog(path.join(out, "log.jsonl"));
      assert.equal(log.length, 6);
      const losses = stage === "stage1" ? ["itc"] : ["lm"];
      assert.deepEqual(Object.keys(log[0]!.losses), losses);
      const chart = await readFile(path.join(out, "chart.svg"), "utf8");
      assert.match(chart, /^<svg .*<polyline /s);
      assert.match(chart, new RegExp(`${losses[0]!} from [\\d.]+ to [\\d.]+`));
      const [start, trained] = [
        await Parameters.open(fixturePath("training", kit, "checkpoint")),
        await Parameters.open(path.join(out, "checkpoint")),
      ];
      for (const parameters of [start, trained]) await parameters.load(parameters.names());
      const changed = trained
        .names()
        .filter((name) => Buffer.compare(bytes(start, name), bytes(trained, name)) !== 0);
      assert.ok(changed.includes("query_tokens"));
      assert.ok(changed.includes("vision_model.post_layernorm.weight"));
      assert.deepEqual(
        changed.filter((name) => /^(vision_model\.(emb|enc)|language_model)/.test(name)),
        [],
      );
    });
  }

  it("says what is wrong with a configuration or a checkpoint", async () => {
    const cases: readonly (readonly [stage: string, config: object | string, message: RegExp])[] = [
      ["stage1", "{", /run\.json/],
      ["stage1", { ...configOf("stage1"), step: 3 }, /"step".*one of start, pairs/],
      ["stage1", { ...configOf("stage1"), steps: 0 }, /steps/],
      ["stage1", { ...configOf("stage1"), rate: "fast" }, /rate/],
      ["stage1", { ...configOf("stage1"), objectives: ["itx"] }, /a list of itc, itm, itg/],
      ["stage1", { ...configOf("stage1"), device: "cuda" }, /"device".*one of cpu, webgpu/],
      ["stage1", { ...configOf("stage1"), pairs: "nothing" }, /There is no file or folder/],
      ["stage1", configOf("stage2-opt"), /is not for stage1, which needs/],
      ["stage2", configOf("stage1", { out: "other" }), /is not for stage2, which needs/],
      [
        "stage1",
        configOf("stage1", { rate: 5e-4, objectives: ["itc"] }),
        /has a run with other settings/,
      ],
    ];
    for (const [stage, config, message] of cases) {
      const { code, host } = await train(stage, config);
      assert.notEqual(code, 0, JSON.stringify(config));
      assert.match(host.stderr.text, message);
    }
  });
});

function bytes(parameters: Parameters, name: string): Buffer {
  const { buffer, byteOffset, byteLength } = parameters.values(name);
  return Buffer.from(buffer, byteOffset, byteLength);
}
