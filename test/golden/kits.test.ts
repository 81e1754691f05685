import assert from "node:assert/strict";
import { cp, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { AppError, type ErrorCode } from "../../src/base/errors";
import { runVerify, type VerifyReport } from "../../src/measure/verify/verify";
import { fixturePath } from "../helpers/fixtures";
import { recordedCases } from "../helpers/kitCases";
import { KITS, temporaryFolder } from "../helpers/kitModel";

/**
 * Largest relL2 of each stage; about twice what was measured over all kits on an x86-64 CPU. A kit's
 * random weights forgive less than trained ones.
 */
const LIMITS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  f16: stages({ vision: 1e-3, qformer: 2e-3, itc: 5e-3, logits: 5e-3 }),
  int8: stages({ vision: 1.5e-2, qformer: 6e-2, itc: 0.15, logits: 0.12 }),
  w8a8: stages({ vision: 1.5e-2, qformer: 6e-2, itc: 0.15, logits: 0.12 }),
  "int8:128": stages({ vision: 1.5e-2, qformer: 6e-2, itc: 0.15, logits: 0.12 }),
  int4: stages({ vision: 0.15, qformer: 0.55, itc: 1, logits: 0.9 }),
  "int8,qformer=f16": stages({ vision: 1.5e-2, qformer: 3e-2, itc: 0.15, logits: 0.12 }),
  "f16,vision_encoder=int8,decoder=int4:64": stages({
    vision: 1.5e-2,
    qformer: 2e-2,
    itc: 4e-2,
    logits: 0.7,
  }),
};

function stages(limit: {
  vision: number;
  qformer: number;
  itc: number;
  logits: number;
}): Record<string, number> {
  const { vision, qformer, itc, logits } = limit;
  return {
    pixel_values: 1e-6,
    vision,
    queries: qformer,
    language_projection: qformer,
    logits,
    itc,
    itm_logits: 1.2 * qformer,
    image_embeds: 1.2 * qformer,
    text_embeds: 1.2 * qformer,
  };
}

const PICTURE = ["pixel_values", "vision"];
const SCORES = ["itc", "itm_logits", "image_embeds", "text_embeds"];
const QUERIES = ["queries", "language_projection", "logits"];
const STAGES: Readonly<Partial<Record<VerifyReport["kind"], readonly string[]>>> = {
  opt: [...PICTURE, ...QUERIES],
  t5: [...PICTURE, ...QUERIES],
  itm: [...PICTURE, ...SCORES],
  "instructblip-t5": [...PICTURE, ...QUERIES],
  "instructblip-llama": [...PICTURE, ...QUERIES],
  "blip-caption": [...PICTURE, "logits"],
  "blip-vqa": [
    ...PICTURE,
    "question",
    "question_enc",
    "logits",
    "logits_enc",
    "first_word",
    "answers",
  ],
  "blip-itm": [...PICTURE, ...SCORES, "itm_logits_enc"],
};

/** The weights of the kits of InstructBLIP are wider than those of the others, and so is what rounding does. */
const WIDER = 2;

/** Kits whose rounded weights are compared too. */
const GENERATING = ["opt", "t5", "instructblip-t5", "instructblip-llama-grouped"];
const SETTINGS = ["greedy", "greedy_min", "beam5", "beam5_vqa", "beam3_rep", "beam4_ngram"];

/**
 * What a model with rounded weights generates, one word after the other and in beams. It may rightly say other
 * words, so what the other settings do is compared in f32 only, and the first words show that both go on.
 */
const SOME_SETTINGS = ["greedy", "beam3_rep"];
const SOME_WORDS = { settings: SOME_SETTINGS, maxNewTokens: 3 };

/** What is generated for a kind of kit. */
function settingsOf(kind: VerifyReport["kind"]): readonly string[] {
  if (kind.endsWith("itm")) return [];
  return kind === "blip-vqa" ? [...SETTINGS, "greedy_enc", "beam5_enc"] : SETTINGS;
}

describe("a converted checkpoint equals transformers", () => {
  for (const kit of KITS) {
    it(`in every stage, word and score of the kit ${kit}`, async () => {
      const report = await runVerify(fixturePath("kits", kit), { precision: "f32" });
      assert.deepEqual(Object.keys(report.stages).sort(), [...(STAGES[report.kind] ?? [])].sort());
      for (const [stage, { relL2 }] of Object.entries(report.stages)) {
        // Rounding in float32; a wrong constant or a missing bias gives 1e-3 and more.
        assert.ok(relL2 <= 1e-5, `${stage} deviates by ${relL2}`);
      }
      const count = recordedCases(kit).length;
      const cases = { cases: count, equal: count };
      const expected = settingsOf(report.kind).map((name) => [name, cases] as const);
      assert.deepEqual(report.generation, Object.fromEntries(expected));
      assert.equal(report.ok, true);
    });
  }

  for (const [precision, limits] of Object.entries(LIMITS)) {
    // Retrieval has no decoder, and a precision for a part that is not there is refused.
    for (const kit of precision.includes("decoder=") ? GENERATING : [...GENERATING, "itm"]) {
      it(`nearly, with the weights of the kit ${kit} in ${precision}`, async () => {
        const options = { precision, ...SOME_WORDS };
        const report = await runVerify(fixturePath("kits", kit), options);
        assert.equal(report.ok, true);
        const generated = kit === "itm" ? [] : SOME_SETTINGS;
        assert.deepEqual(Object.keys(report.generation), generated);
        let largest = 0;
        for (const [stage, { relL2 }] of Object.entries(report.stages)) {
          const limit = (limits[stage] ?? 0) * (kit.startsWith("instructblip") ? WIDER : 1);
          assert.ok(relL2 <= limit, `${stage} deviates by ${relL2}, more than ${limit}`);
          largest = Math.max(largest, relL2);
        }
        // Were nothing rounded, the precision would not have been applied.
        assert.ok(largest > 1e-5, `nothing deviates by more than ${largest}`);
      });
    }
  }
});

describe("a converted checkpoint of BLIP", () => {
  /** As LIMITS; the reader of a question, and what is written over it, see the rounding twice. */
  const limits: Readonly<Record<string, Readonly<Record<string, number>>>> = {
    f16: { vision: 1e-3, captions: 2e-3, answers: 4e-3, scores: 3e-3 },
    balanced: { vision: 4e-2, captions: 6e-2, answers: 0.12, scores: 0.1 },
    small: { vision: 4e-2, captions: 0.6, answers: 1, scores: 0.1 },
  };
  const kits = { "blip-caption": "captions", "blip-vqa": "answers", "blip-itm": "scores" };
  for (const [kit, of] of Object.entries(kits)) {
    for (const [precision, limit] of Object.entries(limits)) {
      it(`nearly equals transformers, with the weights of the kit ${kit} in ${precision}`, async () => {
        const report = await runVerify(fixturePath("kits", kit), { precision, settings: [] });
        assert.equal(report.ok, true);
        for (const [stage, { relL2 }] of Object.entries(report.stages)) {
          const most = stage === "pixel_values" ? 1e-6 : limit[stage === "vision" ? stage : of];
          assert.ok(relL2 <= (most ?? 0), `${stage} deviates by ${relL2}`);
        }
      });
    }
  }

  it("is refused as equal when one recorded value of a question or of a trained text is another", async () => {
    const damages = [
      ["blip-vqa", "case1/question"],
      ["blip-vqa", "case2/question_enc"],
      ["blip-vqa", "case0/logits_enc"],
      ["blip-caption", "case0/logits"],
      ["blip-itm", "image0text1/itm_logits_enc"],
    ] as const;
    for (const [kit, name] of damages) {
      const copy = await copyOfKit(kit);
      await changeTensor(copy, name, (value) => value + 0.25);
      assert.equal((await runVerify(copy, { settings: [] })).ok, false, name);
    }
  });
});

describe("verify", () => {
  it("fails when one recorded value is another", async () => {
    const names = ["image0/pixel_values", "image1/vision", "image2/queries"];
    for (const name of [...names, "image3/language_projection", "case4/logits"]) {
      const kit = await copyOfKit("t5-odd");
      await changeTensor(kit, name, (value) => value + 0.25);
      const { ok } = await runVerify(kit, { settings: [] });
      assert.equal(ok, false, name);
    }
    for (const name of ["itc", "itm_logits", "image_embeds", "text_embeds"]) {
      const kit = await copyOfKit("itm");
      await changeTensor(kit, `image0text1/${name}`, (value) => value + 0.25);
      assert.equal((await runVerify(kit, {})).ok, false, name);
    }
  });

  it("fails when one recorded value is not a number", async () => {
    const kit = await copyOfKit("t5-odd");
    await changeTensor(kit, "image0/vision", () => NaN);
    const report = await runVerify(kit, { settings: [] });
    assert.equal(report.ok, false);
    const { relL2 = 0 } = report.stages["vision"] ?? {};
    assert.ok(relL2 >= Number.MAX_VALUE, `${relL2}`);
  });

  it("fails when one recorded token is another, and says in which setting", async () => {
    const kit = await copyOfKit("t5-odd");
    await changeCases(kit, (cases) => {
      const ids = generation(cases, 3, "beam4_ngram").ids[2]!;
      ids[0] = ids[0]! + 1;
    });
    const report = await runVerify(kit, { settings: ["greedy", "beam4_ngram"] });
    assert.equal(report.ok, false);
    assert.deepEqual(report.generation["beam4_ngram"], { cases: 27, equal: 26 });
    assert.deepEqual(report.generation["greedy"], { cases: 27, equal: 27 });
  });

  it("fails when one recorded sequence is missing", async () => {
    const kit = await copyOfKit("t5-odd");
    await changeCases(kit, (cases) => {
      generation(cases, 0, "beam4_ngram").ids.pop();
    });
    assert.equal((await runVerify(kit, { settings: ["beam4_ngram"] })).ok, false);
  });

  it("fails when one recorded score is another", async () => {
    const kit = await copyOfKit("t5-odd");
    await changeCases(kit, (cases) => {
      const { scores } = generation(cases, 5, "beam5");
      scores![0] = scores![0]! + 0.01;
    });
    const report = await runVerify(kit, { settings: ["beam5"] });
    assert.equal(report.ok, false);
    assert.deepEqual(report.generation["beam5"], { cases: 27, equal: 26 });
  });

  it("fails when one weight is another", async () => {
    const kit = await copyOfKit("itm");
    const file = path.join(kit, "checkpoint", "model.safetensors");
    await changeTensorFile(file, "qformer.layernorm.weight", (value) => value + 0.25);
    assert.equal((await runVerify(kit, {})).ok, false);
  });

  it("reports rounded words without failing for them", async () => {
    const options = { precision: "int4", settings: SOME_SETTINGS };
    const report = await runVerify(fixturePath("kits", "t5-odd"), options);
    assert.equal(report.ok, true);
    assert.ok(Object.values(report.generation).some(({ cases, equal }) => equal < cases));
  });

  it("refuses what is no kit, naming the file", async () => {
    await refuses(await temporaryFolder(), "kit.invalid", "cases.json");
    const damages: readonly [(kit: string) => Promise<void>, ErrorCode, string][] = [
      [(kit) => writeFile(path.join(kit, "cases.json"), "{"), "kit.invalid", "cases.json"],
      [(kit) => changeKit(kit, { kind: "gpt" }), "kit.invalid", '"kind"'],
      [(kit) => changeKit(kit, { images: [5] }), "kit.invalid", '"images"'],
      [(kit) => changeKit(kit, { images: [] }), "kit.invalid", '"images"'],
      [(kit) => changeKit(kit, { cases: [] }), "kit.invalid", '"cases"'],
      [(kit) => changeKit(kit, { cases: [7] }), "kit.invalid", "cases[0]"],
      [
        (kit) =>
          changeCases(kit, (cases) => {
            cases[0]!.image = "../../secret.png";
          }),
        "kit.invalid",
        "cases[0].image",
      ],
      [
        (kit) =>
          changeCases(kit, (cases) => {
            cases[1]!.name = "case99";
          }),
        "kit.invalid",
        "case99/logits",
      ],
      [
        (kit) =>
          changeCases(kit, (cases) => {
            (generation(cases, 0, "greedy").ids as unknown[])[0] = "x";
          }),
        "kit.invalid",
        "ids",
      ],
      [
        (kit) =>
          changeCases(kit, (cases) => {
            generation(cases, 0, "greedy").settings["num_beams"] = -1;
          }),
        "option.invalid",
        "numBeams",
      ],
      [(kit) => rm(path.join(kit, "images", "wide.png")), "kit.invalid", "wide.png"],
      [(kit) => changeKit(kit, { images: ["tiny.png"] }), "kit.invalid", '"cases[0].image"'],
      [(kit) => renameTensor(kit, "image0/vision", "image0/pixel_values"), "kit.invalid", "pixel"],
      [(kit) => rm(path.join(kit, "tensors.safetensors")), "kit.invalid", "tensors.safetensors"],
      [
        (kit) => writeFile(path.join(kit, "tensors.safetensors"), "junk"),
        "kit.invalid",
        "tensors.safetensors",
      ],
      [(kit) => rm(path.join(kit, "checkpoint"), { recursive: true }), "checkpoint.missing", ""],
    ];
    for (const [damage, code, text] of damages) {
      const kit = await copyOfKit("t5-odd");
      await damage(kit);
      await refuses(kit, code, text);
    }
  });
});

async function refuses(kit: string, code: ErrorCode, text: string): Promise<void> {
  await assert.rejects(runVerify(kit, {}), (thrown) => {
    assert.ok(thrown instanceof AppError, `${String(thrown)} for ${text}`);
    assert.equal(thrown.code, code, thrown.message);
    assert.ok(thrown.message.includes(text), thrown.message);
    return true;
  });
}

async function copyOfKit(kit: string): Promise<string> {
  const copy = path.join(await temporaryFolder(), kit);
  await cp(fixturePath("kits", kit), copy, { recursive: true });
  return copy;
}

interface Generation {
  readonly settings: Record<string, unknown>;
  readonly ids: number[][];
  readonly scores?: number[];
}

interface MutableCase {
  name: string;
  image: string;
  readonly generation: Record<string, Generation>;
}

function generation(cases: readonly MutableCase[], index: number, setting: string): Generation {
  const found = cases[index]?.generation[setting];
  assert.ok(found);
  return found;
}

async function changeKit(kit: string, values: Readonly<Record<string, unknown>>): Promise<void> {
  const file = path.join(kit, "cases.json");
  const json = JSON.parse(await readFile(file, "utf8")) as Record<string, unknown>;
  await writeFile(file, JSON.stringify({ ...json, ...values }));
}

async function changeCases(kit: string, change: (cases: MutableCase[]) => void): Promise<void> {
  const text = await readFile(path.join(kit, "cases.json"), "utf8");
  const { cases } = JSON.parse(text) as { cases: MutableCase[] };
  change(cases);
  await changeKit(kit, { cases });
}

function changeTensor(kit: string, name: string, change: (value: number) => number): Promise<void> {
  return changeTensorFile(path.join(kit, "tensors.safetensors"), name, change);
}

/** Gives a tensor of the recorded values the name of another one, which is lost. */
async function renameTensor(kit: string, from: string, to: string): Promise<void> {
  const file = path.join(kit, "tensors.safetensors");
  const bytes = await readFile(file);
  const headerEnd = 8 + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString("utf8", 8, headerEnd)) as Record<string, unknown>;
  const renamed = Object.entries(header).flatMap(([name, entry]) =>
    name === to ? [[`${to}-lost`, entry]] : [[name === from ? to : name, entry]],
  );
  const text = Buffer.from(JSON.stringify(Object.fromEntries(renamed)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  await writeFile(file, Buffer.concat([length, text, bytes.subarray(headerEnd)]));
}

/** Changes the first value of a float32 tensor in a safetensors file. */
async function changeTensorFile(
  file: string,
  name: string,
  change: (value: number) => number,
): Promise<void> {
  const bytes = await readFile(file);
  const headerEnd = 8 + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString("utf8", 8, headerEnd)) as Record<
    string,
    { readonly dtype: string; readonly data_offsets: readonly [number, number] }
  >;
  const entry = header[name];
  assert.equal(entry?.dtype, "F32", name);
  const at = headerEnd + entry.data_offsets[0];
  bytes.writeFloatLE(change(bytes.readFloatLE(at)), at);
  await writeFile(file, bytes);
}
