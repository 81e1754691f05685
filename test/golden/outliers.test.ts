import assert from "node:assert/strict";
import { cp, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { convertModel } from "../../src/convert/convertModel";
import { float16ToFloat32, float32ToFloat16 } from "../../src/convert/checkpoint/dtype";
import { demoQuestions, relativeError, runDemo, type DemoRun } from "../helpers/demoRun";
import { fixturePath } from "../helpers/fixtures";
import { temporaryFolder } from "../helpers/kitModel";

/** Channels that get a multiple of their gain; a block of the tests holds 128 channels or all there are. */
const LARGE_CHANNELS = [5, 37];

interface Entry {
  readonly dtype: string;
  readonly data_offsets: readonly [number, number];
}

const DEMO = path.resolve("models", "demo");

/** A checkpoint with a few large channels behind every norm whose name matches. */
async function withLargeChannels(
  checkpoint: string,
  norms: RegExp,
  factor: number,
): Promise<string> {
  const folder = path.join(await temporaryFolder(), "outliers");
  await cp(checkpoint, folder, { recursive: true });
  const file = path.join(folder, "model.safetensors");
  const bytes = await readFile(file);
  const headerEnd = 8 + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString("utf8", 8, headerEnd)) as Record<string, Entry>;
  const found = Object.entries(header).filter(([name]) => norms.test(name));
  assert.ok(found.length > 0);
  for (const [, { dtype, data_offsets: offsets }] of found) {
    const gains = bytes.subarray(...offsets.map((offset) => headerEnd + offset));
    for (const channel of LARGE_CHANNELS) enlarge(gains, { dtype, channel, factor });
  }
  await writeFile(file, bytes);
  return folder;
}

function enlarge(
  gains: Buffer,
  at: { readonly dtype: string; readonly channel: number; readonly factor: number },
): void {
  const { dtype, channel, factor } = at;
  if (dtype === "F32") {
    gains.writeFloatLE(gains.readFloatLE(4 * channel) * factor, 4 * channel);
    return;
  }
  assert.equal(dtype, "F16");
  const [gain = 0] = float16ToFloat32(Uint16Array.of(gains.readUInt16LE(2 * channel)));
  gains.writeUInt16LE(float32ToFloat16(Float32Array.of(gain * factor))[0]!, 2 * channel);
}

async function runIn(checkpoint: string, precision: string): Promise<DemoRun> {
  const out = path.join(await temporaryFolder(), "model");
  await convertModel({ checkpoint, out, precision });
  return runDemo(out, (await demoQuestions()).slice(0, 20));
}

describe("int8 with a few large channels behind the norms", () => {
  it("keeps the features of pictures", async () => {
    const checkpoint = await withLargeChannels(
      DEMO,
      /^vision_model\..*layer_norm[12]\.weight$/,
      50,
    );
    const exact = await runIn(checkpoint, "f32");
    const rounded = await runIn(checkpoint, "vision_encoder=int8:128");
    const error = relativeError(rounded.imageFeatures, exact.imageFeatures);
    // 0.08; without `foldNorm` 0.32.
    assert.ok(error < 0.16, `${error}`);
  });

  it("keeps the features of pictures when each position has a scale", async () => {
    const norms = /^vision_model\..*layer_norm[12]\.weight$/;
    const checkpoint = await withLargeChannels(DEMO, norms, 50);
    const exact = await runIn(checkpoint, "f32");
    const rounded = await runIn(checkpoint, "vision_encoder=w8a8");
    const error = relativeError(rounded.imageFeatures, exact.imageFeatures);
    assert.ok(error < 0.16, `${error}`);
  });

  it("keeps the logits of OPT", async () => {
    const checkpoint = await withLargeChannels(DEMO, /layers\.\d+\.\w*layer_norm\.weight$/, 50);
    const exact = await runIn(checkpoint, "f32");
    const rounded = await runIn(checkpoint, "decoder=int8:128");
    const error = relativeError(rounded.logits, exact.logits);
    // 0.04; without `foldNorm` 0.15 and more.
    assert.ok(error < 0.08, `${error}`);
  });

  it("keeps the logits of T5", async () => {
    const kit = fixturePath("kits", "t5", "checkpoint");
    const norms = /block\.\d+\.layer\.\d\.layer_norm\.weight$/;
    const checkpoint = await withLargeChannels(kit, norms, 10);
    const exact = await runIn(checkpoint, "f32");
    const rounded = await runIn(checkpoint, "text_encoder=int8:128,decoder=int8:128");
    const error = relativeError(rounded.logits, exact.logits);
    // 0.039; without `foldNorm` 0.081.
    assert.ok(error < 0.06, `${error}`);
  });
});
