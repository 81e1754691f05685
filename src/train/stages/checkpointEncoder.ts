/** The frozen image encoder of a checkpoint: what it gives before its last norm, which learns. */

import { defined } from "../../base/assert";
import { AppError } from "../../base/errors";
import { visionStates } from "../../convert/families/visionGraph";
import { DataFilePlan } from "../../convert/weights/dataFile";
import { cpuTensor, type SessionFactory } from "../../engine/session/session";
import type { Blip2Config } from "../../model/config/blip2Config";
import { parsePreprocessorConfig } from "../../model/config/preprocessorConfig";
import { TrainingGraph } from "../grad/trainingGraph";
import { PICTURE_INPUTS } from "../graphs/qformerPasses";
import { Parameters } from "../parameters";
import type { Encoder } from "../fit/pictureFeatures";

/** What LAVIS calls `ln_vision` is not part of it. */
const STATES = "states";

/** @param folder of the checkpoint, whose encoder is in memory until it is released. */
export async function checkpointEncoder(folder: string, factory: SessionFactory): Promise<Encoder> {
  const parameters = await Parameters.open(folder);
  const { checkpoint, weights } = parameters;
  const { vision } = blip2Of(parameters);
  const { imageSize: side } = vision;
  const g = new TrainingGraph("encoder", { batch: 1 });
  const pixels = g.fixedInput(PICTURE_INPUTS.pixelValues, "float32", [1, 3, side, side]);
  const data = new DataFilePlan("none");
  const spec = { config: vision, weights, precision: { kind: "f32" } as const, data };
  g.result(STATES, visionStates(g, pixels, spec));
  const names = [...g.parameters.keys()];
  await parameters.load(names);
  const session = await factory.open(g.encode(), { device: "cpu" });
  const feeds = Object.fromEntries(
    names.map((name) => [name, cpuTensor(parameters.values(name), parameters.shape(name))]),
  );
  return {
    preprocessor: parsePreprocessorConfig(checkpoint.preprocessorText, folder),
    encode: async ({ data: values, dims }) => {
      const image = { [PICTURE_INPUTS.pixelValues]: cpuTensor(values, dims) };
      const { [STATES]: states } = await session.run({ ...feeds, ...image });
      return defined(states, "What the encoder gives");
    },
    release: () => session.release(),
  };
}

/** @throws AppError `model.unsupported` for another family. */
export function blip2Of({ checkpoint }: Parameters): Blip2Config {
  const { config, folder } = checkpoint;
  if (config.family === "blip-2" && !config.qformer.readsInstruction) return config;
  throw new AppError("model.unsupported", `${folder} is no BLIP-2, and only that is trained.`, {
    detail: { file: folder },
  });
}
