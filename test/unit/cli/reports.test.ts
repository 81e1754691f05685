import assert from "node:assert/strict";

import { askPrompt } from "../../../src/cli/ask/askCommand";
import { describeCheckpoint, describeModel } from "../../../src/cli/models/inspectCommand";
import { summarizeCheckpoint, summarizeModel } from "../../../src/cli/models/modelSummary";
import { modelTable } from "../../../src/cli/models/modelsCommand";
import { scoreTable } from "../../../src/cli/ask/scoreCommand";
import { bestFirst } from "../../../src/model/ask/textScores";
import { describeReport } from "../../../src/cli/measure/verifyCommand";
import { openCheckpoint } from "../../../src/convert/checkpoint/checkpoint";
import type { ModelFolder } from "../../../src/engine/session/modelFolder";
import { parseModelConfig } from "../../../src/model/config/modelConfig";
import type { Manifest } from "../../../src/model/folder/manifest";
import { parsePreprocessorConfig } from "../../../src/model/config/preprocessorConfig";
import { fixturePath } from "../../helpers/fixtures";

const sha256 = "0".repeat(64);
const manifest: Manifest = {
  formatVersion: 1,
  graphContractVersion: 1,
  source: { name: "blip2", files: [{ path: "model.safetensors", bytes: 5000, sha256 }] },
  parts: [
    { name: "vision_encoder", graph: "v.onnx", data: "v.data", precision: { kind: "f16" } },
    {
      name: "decoder",
      graph: "d.onnx",
      data: "d.data",
      precision: { kind: "int4", blockSize: 32 },
    },
    { name: "reorder_cache", graph: "r.onnx", data: undefined, precision: { kind: "f32" } },
  ],
  files: [
    { path: "config.json", bytes: 1, sha256 },
    { path: "v.onnx", bytes: 10, sha256 },
    { path: "v.data", bytes: 100, sha256 },
    { path: "d.onnx", bytes: 20, sha256 },
    { path: "d.data", bytes: 2000, sha256 },
    { path: "r.onnx", bytes: 3, sha256 },
  ],
};
const model: ModelFolder = {
  folder: "/models/m",
  name: "m",
  identity: "1",
  manifest,
  config: parseModelConfig('{"architectures": ["Blip2ForConditionalGeneration"]}', "config.json"),
  preprocessor: parsePreprocessorConfig("{}", "preprocessor_config.json"),
  world: undefined,
  generation: undefined,
};

describe("askPrompt", () => {
  it("asks a question, or continues a text, the empty one too", () => {
    assert.deepEqual(askPrompt("what?", undefined), { kind: "question", question: "what?" });
    assert.deepEqual(askPrompt(undefined, ""), { kind: "raw", text: "" });
  });

  it("wants one of them and not both", () => {
    assert.throws(() => askPrompt(undefined, undefined), /question is missing/);
    assert.throws(() => askPrompt("what?", "raw"), /not both/);
  });
});

describe("the summary of a model", () => {
  it("adds up graph and weights of each part, and every file once", () => {
    const summary = summarizeModel(model, "m");
    assert.deepEqual(summary.parts, [
      { name: "vision_encoder", precision: "f16", bytes: 110 },
      { name: "decoder", precision: "int4:32", bytes: 2020 },
      { name: "reorder_cache", precision: "f32", bytes: 3 },
    ]);
    assert.equal(summary.bytes, 2134);
  });

  it("reads as a list of facts and two tables", () => {
    const text = describeModel(summarizeModel(model, "m"));
    for (const words of [
      /^model +m$/m,
      /^kind +generation \(/m,
      /^language model +OPT$/m,
      /^query tokens +32$/m,
      /^size +2\.1 kB$/m,
      /^decoder +int4:32 +2\.0 kB$/m,
      /^model\.safetensors +5\.0 kB +0{64}$/m,
    ]) {
      assert.match(text, words);
    }
  });
});

describe("the summary of a checkpoint", () => {
  it("counts the elements of the tensors that are there", async () => {
    const checkpoint = await openCheckpoint(fixturePath("kits", "opt", "checkpoint"));
    const summary = summarizeCheckpoint(checkpoint);
    // All tensors of the kit are float32, so bytes are four times the parameters.
    assert.deepEqual(summary.storage, { F32: summary.tensors });
    assert.equal(summary.parameters * 4, summary.bytes);
    assert.equal(summary.languageModel, "opt");
    assert.equal(summary.sizes["queryTokens"], 8);
    const text = describeCheckpoint(summary);
    assert.match(text, /^parameters +\d{3},\d{3}$/m);
    assert.match(
      text,
      new RegExp(`^tensors +${summary.tensors} \\(${summary.tensors} × F32\\)$`, "m"),
    );
  });

  it("knows a retrieval model, which has no language model", async () => {
    const summary = summarizeCheckpoint(
      await openCheckpoint(fixturePath("kits", "itm", "checkpoint")),
    );
    assert.equal(summary.kind, "retrieval");
    assert.equal(summary.languageModel, undefined);
    assert.equal(summary.sizes["projectionWidth"], 24);
  });
});

describe("the list of models", () => {
  it("says of each model what it is, or what is wrong with it", () => {
    const table = modelTable(
      [
        { name: "demo", state: "bundled" },
        {
          name: "m",
          folder: "/models/m",
          state: "ready",
          kind: "generation",
          languageModel: "opt",
          architecture: "BLIP-2 OPT",
          precision: "f16+int4:32",
          bytes: 2134,
        },
        { name: "x", folder: "/models/x", state: "damaged", bytes: 5, problem: "It is broken." },
      ],
      "/models",
    );
    assert.match(table, /^demo +converted when first used$/m);
    assert.match(table, /^m +generation +OPT +f16\+int4:32 +2\.1 kB +ready$/m);
    assert.match(table, /^x +5 bytes +damaged: It is broken\.$/m);
    assert.match(table, /Models are kept in \/models/);
  });
});

describe("the table of scores", () => {
  const score = (text: string, itm: number, itc: number) => ({ text, itm, itc });

  it("has the best match first, by ITM and then by ITC", () => {
    const sorted = bestFirst([score("a", 0.1, 1), score("b", 0.9, 0.1), score("c", 0.9, 0.2)]);
    assert.deepEqual(
      sorted.map(({ text }) => text),
      ["c", "b", "a"],
    );
  });

  it("has a column for the contrast where there is a temperature", () => {
    assert.equal(
      scoreTable([{ ...score("a dog", 0.9, 0.3), contrast: 0.75 }, score("a cat", 0.1, 0.2)]),
      "   ITM     ITC   ITC-P  TEXT\n0.9000  0.3000  0.7500  a dog\n0.1000  0.2000  0.0000  a cat\n",
    );
  });

  it("keeps each text on one row", () => {
    assert.equal(
      scoreTable([score("two\nlines", 0.98765, -0.1)]),
      "   ITM      ITC  TEXT\n0.9877  -0.1000  two lines\n",
    );
  });
});

describe("the report of a kit", () => {
  const report = {
    kind: "opt",
    precision: "f32",
    device: "cpu",
    stages: { vision: { maxAbs: 1.234e-6, relL2: 5.6e-7 }, logits: { maxAbs: Infinity, relL2: 1 } },
    generation: { greedy: { cases: 12, equal: 11 } },
    ok: false,
  } as const;

  it("is a table of stages, one of settings, and the verdict", () => {
    assert.equal(
      describeReport(report),
      [
        "STAGE    MAX ABS  REL L2",
        "vision    1.2e-6  5.6e-7",
        "logits  Infinity  1.0e+0",
        "",
        "SETTING     EQUAL",
        "greedy   11 of 12",
        "",
        "opt in f32 on cpu DEVIATES from the reference.",
        "",
      ].join("\n"),
    );
  });

  it("leaves the settings out for a model that generates nothing", () => {
    const text = describeReport({ ...report, kind: "itm", generation: {}, ok: true });
    assert.ok(!text.includes("SETTING"));
    assert.ok(text.endsWith("itm in f32 on cpu equals the reference.\n"));
  });
});
