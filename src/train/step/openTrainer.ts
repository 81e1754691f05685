import type { Objectives } from "../session";
import { CpuTrainer } from "./cpuTrainer";
import { DeviceTrainer } from "./deviceTrainer";
import type { Trainer, TrainerOptions } from "./trainer";

/** @throws AppError as `TrainingSession.open`. */
export async function openTrainer(
  objectives: Objectives,
  options: TrainerOptions,
): Promise<Trainer> {
  return options.device === "webgpu"
    ? await DeviceTrainer.open(objectives, options)
    : await CpuTrainer.open(objectives, options);
}
