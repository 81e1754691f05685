/** What fine-tuning for any task is given, and what it gives. */

import type { ModelFolder } from "../../engine/session/modelFolder";
import type { SessionFactory } from "../../engine/session/session";
import type { Device } from "../../model/ask/device";
import type { TrainingDevice } from "../grad/trainingGraph";
import type { Split } from "../data/pairs";
import type { Parameters } from "../parameters";
import type { Figures, TrainingTask } from "../run/trainingRun";
import type { Example } from "./examples";
import type { PictureFeatures } from "./pictureFeatures";

export interface FitTaskOptions extends TaskOptions {
  /** Which learns. */
  readonly model: ModelFolder;
  /** Folder of the work. */
  readonly work: string;
}

export interface TaskOptions {
  readonly parameters: Parameters;
  readonly examples: Split<Example>;
  readonly features: PictureFeatures;
  readonly factory: SessionFactory;
  /** Texts with their pictures in a step. */
  readonly batch: number;
  readonly seed: number;
  /** What computes the steps; what is held out is looked at on the CPU. @default "cpu" */
  readonly device?: Device;
}

/** Whose operators the graph of the steps is made of. */
export function graphDevice({ device = "cpu" }: Pick<TaskOptions, "device">): TrainingDevice {
  return device === "cpu" ? "cpu" : "accelerator";
}

export interface FitTask extends TrainingTask {
  readonly validate: () => Promise<Figures>;
  /** By what the held-out pictures say. */
  readonly isBetter: (figures: Figures, than: Figures) => boolean;
}
