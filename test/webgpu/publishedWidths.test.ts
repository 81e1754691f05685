/**
 * The widths of the published models, which the kits do not have: kernels of WebGPU are chosen by size. A
 * checkpoint with one layer of each kind, whose picture is small, for a software driver's sake.
 */

import assert from "node:assert/strict";
import path from "node:path";
import { silentLogger } from "../../src/base/logger";
import { benchConfig, writeBenchCheckpoint } from "../../src/measure/bench/benchCheckpoint";
import { convertModel } from "../../src/convert/convertModel";
import { FeatureCache } from "../../src/engine/picture/featureCache";
import { loadModelParts, releaseParts } from "../../src/engine/session/modelParts";
import { createOrtSessionFactory } from "../../src/engine/session/ortSession";
import { floats } from "../../src/engine/session/session";
import type { Device } from "../../src/model/ask/device";
import { IO } from "../../src/model/graph/graphContract";
import { attentionGraph, randomRows } from "../helpers/attentionGraphs";
import { relativeError } from "../helpers/demoRun";
import { fixturePath } from "../helpers/fixtures";
import { holdDevice } from "../helpers/heldDevice";
import { kitPicture } from "../helpers/kitCases";
import { temporaryFolder } from "../helpers/kitModel";

holdDevice();

const SLOW_MS = 900_000;

/** [heads, width of a head, queries, keys] of the ViT, the Q-Former, OPT and Flan-T5. */
const ATTENTIONS = [
  [16, 88, 65, 65],
  [12, 64, 32, 65],
  [4, 80, 44, 44],
  [4, 64, 44, 44],
] as const;

describe("attention on WebGPU", () => {
  const factory = createOrtSessionFactory();
  for (const [nHeads, headDim, nQueries, nKeys] of ATTENTIONS) {
    it(`of ${nHeads} heads ${headDim} wide, from ${nQueries} to ${nKeys} positions, is that of the CPU`, async () => {
      const sizes = { nHeads, headDim };
      const feeds = {
        query: randomRows(sizes, nQueries, 1),
        key: randomRows(sizes, nKeys, 2),
        value: randomRows(sizes, nKeys, 3),
      };
      const run = async (device: "cpu" | "webgpu"): Promise<Float32Array> => {
        const target = device === "cpu" ? "cpu" : "accelerator";
        const forbidCpuFallback = device !== "cpu";
        const graph = attentionGraph(sizes, target);
        const session = await factory.open(graph, { device, forbidCpuFallback });
        const { y } = await session.run(feeds);
        await session.release();
        return floats(y);
      };
      assert.ok(relativeError(await run("webgpu"), await run("cpu")) < 1e-5);
    }).timeout(SLOW_MS);
  }
});

/**
 * The configuration of OPT-2.7B with one layer of each kind, few words and few queries: a prompt of 16
 * positions is computed as a longer one is, and that of the picture has more than one tile of 32.
 */
function shallowConfig(): Record<string, unknown> {
  const config = structuredClone(benchConfig("opt-2.7b")) as Record<string, unknown>;
  Object.assign(config, { image_token_index: 200, num_query_tokens: 12 });
  Object.assign(config["vision_config"] as object, { num_hidden_layers: 1, image_size: 84 });
  Object.assign(config["qformer_config"] as object, { num_hidden_layers: 1 });
  const text = { num_hidden_layers: 1, vocab_size: 256, max_position_embeddings: 128 };
  Object.assign(config["text_config"] as object, text);
  return config;
}

/** Features of a picture, and the logits of a prompt, of a step, and of beams before and after they move. */
async function stages(folder: string, device: Device): Promise<readonly Float32Array[]> {
  const parts = await loadModelParts({
    ...{ folder, device, logger: silentLogger, factory: createOrtSessionFactory() },
    featureCacheOf: () => new FeatureCache(),
    forbidCpuFallback: true,
  });
  try {
    const picture = await parts.images.features({ image: kitPicture("opt", "wide.png") });
    const inputs = floats(picture.features.get(IO.languageModelInputs));
    const prompt = { imageKey: picture.key, languageModelInputs: inputs };
    const decoding = await parts.languageModel?.start({ ...prompt, promptIds: [2, 30, 44, 51] });
    assert.ok(decoding);
    const first = decoding.firstLogits.slice();
    const step = await decoding.step([33]);
    await decoding.reorder([0, 0, 0]);
    const beams = await decoding.step([40, 41, 42]);
    await decoding.reorder([2, 0, 1]);
    const moved = await decoding.step([50, 51, 52]);
    decoding.finish();
    return [inputs, first, step, beams, moved];
  } finally {
    await releaseParts(parts);
  }
}

describe("one layer of each kind of OPT-2.7B on WebGPU", () => {
  it("gives what the CPU gives, with the cache and the beams on the device", async () => {
    const folder = await temporaryFolder();
    const checkpoint = path.join(folder, "checkpoint");
    await writeBenchCheckpoint({
      config: shallowConfig(),
      folder: checkpoint,
      tokenizerFrom: fixturePath("kits", "opt", "checkpoint"),
      signal: new AbortController().signal,
      onProgress: () => undefined,
    });
    const out = path.join(folder, "model");
    await convertModel({ checkpoint, out });
    const expected = await stages(out, "cpu");
    const got = await stages(out, "webgpu");
    const errors = got.map((values, i) => relativeError(values, expected[i] ?? values));
    assert.ok(
      errors.every((error) => error < 1e-5),
      errors.join(" "),
    );
  }).timeout(SLOW_MS);
});
