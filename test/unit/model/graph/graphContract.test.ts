import assert from "node:assert/strict";
import { type ModelConfig, parseModelConfig } from "../../../../src/model/config/modelConfig";
import {
  cacheNames,
  encoderCacheNames,
  IO,
  PART,
  partsOf,
} from "../../../../src/model/graph/graphContract";

const config = (value: unknown): ModelConfig =>
  parseModelConfig(JSON.stringify(value), "config.json");

describe("the graph contract", () => {
  it("gives every input, output and part a name of its own", () => {
    for (const names of [Object.values(IO), Object.values(PART)] as const) {
      assert.equal(new Set(names).size, names.length);
      for (const name of names) assert.match(name, /^[a-z][a-z_]*$/);
    }
  });

  it("names caches as Hugging Face's exports do", () => {
    assert.deepEqual(cacheNames(2, false), [
      { past: "past_key_values.0.key", present: "present.0.key" },
      { past: "past_key_values.0.value", present: "present.0.value" },
      { past: "past_key_values.1.key", present: "present.1.key" },
      { past: "past_key_values.1.value", present: "present.1.value" },
    ]);
    assert.deepEqual(cacheNames(1, true)[0], {
      past: "past_key_values.0.decoder.key",
      present: "present.0.decoder.key",
    });
    assert.deepEqual(encoderCacheNames(1), [
      { past: "past_key_values.0.encoder.key", present: "present.0.encoder.key" },
      { past: "past_key_values.0.encoder.value", present: "present.0.encoder.value" },
    ]);
  });

  it("lists the graphs of each kind of model in the order they run", () => {
    assert.deepEqual(partsOf(config({})), [
      "vision_encoder",
      "qformer",
      "embed_tokens",
      "decoder",
      "reorder_cache",
      "truncate_cache",
    ]);
    assert.deepEqual(partsOf(config({ text_config: { model_type: "t5" } })), [
      "vision_encoder",
      "qformer",
      "embed_tokens",
      "text_encoder",
      "decoder",
      "reorder_cache",
      "expand_encoder_cache",
    ]);
    assert.deepEqual(partsOf(config({ architectures: ["Blip2ForImageTextRetrieval"] })), [
      "vision_encoder",
      "qformer",
      "image_reader",
      "qformer_text",
      "qformer_itm",
    ]);
  });
});
