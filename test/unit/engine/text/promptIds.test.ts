import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { promptIds } from "../../../../src/engine/text/promptIds";
import { type ModelConfig, parseModelConfig } from "../../../../src/model/config/modelConfig";
import { kitPath } from "../../../helpers/fixtures";

const read = (kit: string): ModelConfig =>
  parseModelConfig(readFileSync(kitPath(kit, "checkpoint", "config.json"), "utf8"), kit);

/** [CLS], two words, [SEP]. */
const TEXT = [2, 50, 60, 3];

describe("the ids of a prompt", () => {
  it("have no image placeholders, which only the picture may use", () => {
    const config = read("instructblip-llama");
    assert.ok(config.family === "blip-2" && config.imageTokenIndex !== undefined);
    const named = [2, config.imageTokenIndex, 50];
    assert.deepEqual(promptIds(config, named, "question"), [2, 50]);
    assert.deepEqual(promptIds(config, named, "raw"), [2, 50]);
  });

  it("of a caption begin with [DEC] and stay open at the end", () => {
    const config = read("blip-caption");
    assert.ok(config.kind === "captioning");
    const { bosTokenId } = config.text;
    assert.deepEqual(promptIds(config, TEXT, "caption"), [bosTokenId, 50, 60]);
    assert.deepEqual(promptIds(config, [2, 3], "raw"), [bosTokenId]);
  });

  it("of a caption of stage 1 do so too", () => {
    const stageOne = parseModelConfig(
      JSON.stringify({
        architectures: ["Blip2Qformer"],
        qformer_config: { vocab_size: 201 },
        text_config: { sep_token_id: 3 },
      }),
      "config.json",
    );
    assert.deepEqual(promptIds(stageOne, TEXT, "caption"), [200, 50, 60]);
    assert.deepEqual(promptIds(stageOne, [2, 3], "caption"), [200]);
  });

  it("of a question begin with [ENC] as in training, and of a raw text as they are", () => {
    const config = read("blip-vqa");
    assert.ok(config.kind === "answering");
    const { encTokenId } = config.text;
    assert.deepEqual(promptIds(config, TEXT, "question"), [encTokenId, 50, 60, 3]);
    assert.deepEqual(promptIds(config, TEXT, "chat"), [encTokenId, 50, 60, 3]);
    assert.deepEqual(promptIds(config, TEXT, "raw"), TEXT);
    const small = { ...config, text: { ...config.text, encTokenId: undefined } };
    assert.deepEqual(promptIds(small, TEXT, "question"), TEXT);
  });
});
