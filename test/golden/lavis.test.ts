import assert from "node:assert/strict";
import { cp, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { runVerify } from "../../src/measure/verify/verify";
import { fixturePath } from "../helpers/fixtures";
import { temporaryFolder } from "../helpers/kitModel";

const SCORES = ["pixel_values", "vision", "itc", "itm_logits", "image_embeds", "text_embeds"];
const STAGE_ONE = [...SCORES, "queries", "temperature", "logits"];
const WORDS = ["pixel_values", "vision", "queries", "language_projection", "logits"];
/** Rounded weights may rightly say other words, so only f32 needs every setting, as in kits.test.ts. */
const SOME_SETTINGS = ["greedy", "beam3_rep"];
/** The first words show that it goes on. */
const FIRST_WORDS = { maxNewTokens: 3 };
/** About twice what was measured, as in kits.test.ts. */
const LIMITS = { f32: 1e-5, f16: 5e-3, int8: 0.15 } as const;

describe("a release of LAVIS in parts equals LAVIS", () => {
  for (const [precision, limit] of Object.entries(LIMITS)) {
    it(`with CLIP's image encoder and a T5, in ${precision}`, async () => {
      const kit = fixturePath("lavis", "blip2-vitl-pth");
      const isExact = precision === "f32";
      const chosen = isExact ? {} : { settings: SOME_SETTINGS, ...FIRST_WORDS };
      const report = await runVerify(kit, { precision, ...chosen });
      assert.deepEqual(Object.keys(report.stages).sort(), [...WORDS].sort());
      for (const [stage, { relL2 }] of Object.entries(report.stages)) {
        assert.ok(relL2 <= limit, `${stage} deviates by ${relL2}`);
      }
      assert.equal(report.ok, true);
      assert.equal(Object.keys(report.generation).length, isExact ? 6 : SOME_SETTINGS.length);
    });

    it(`with EVA-CLIP's image encoder and the heads and captions of stage 1, in ${precision}`, async () => {
      const kit = fixturePath("lavis", "blip2-stage1-pth");
      const chosen = precision === "f32" ? {} : FIRST_WORDS;
      const report = await runVerify(kit, { precision, ...chosen });
      assert.deepEqual(Object.keys(report.stages).sort(), [...STAGE_ONE].sort());
      for (const [stage, { relL2 }] of Object.entries(report.stages)) {
        assert.ok(relL2 <= limit, `${stage} deviates by ${relL2}`);
      }
      assert.equal(report.ok, true);
      assert.equal(Object.keys(report.generation).length, 6);
      for (const { cases } of Object.values(report.generation)) assert.equal(cases, 6);
    });
  }

  it("but not where a recorded caption or the temperature is another", async () => {
    const changes: readonly ((json: StageOneCases) => void)[] = [
      (json) => (json.temp *= 1.01),
      (json) => {
        const ids = json.cases.find(({ name }) => name === "caption2")?.generation?.["beam5"]?.ids;
        assert.ok(ids?.[0]);
        ids[0][0] = 7;
      },
    ];
    for (const change of changes) {
      const kit = path.join(await temporaryFolder(), "kit");
      await cp(fixturePath("lavis", "blip2-stage1-pth"), kit, { recursive: true });
      const file = path.join(kit, "cases.json");
      const json = JSON.parse(await readFile(file, "utf8")) as StageOneCases;
      change(json);
      await writeFile(file, JSON.stringify(json));
      assert.equal((await runVerify(kit, { settings: ["beam5"] })).ok, false);
    }
  });
});

interface StageOneCases {
  temp: number;
  readonly cases: readonly {
    readonly name: string;
    readonly generation?: Readonly<Record<string, { readonly ids: number[][] }>>;
  }[];
}
