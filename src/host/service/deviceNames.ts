/** What people call the devices; proper names, so they are the same in every language. */

import type { Device } from "../../model/ask/device";

export const DEVICE_NAMES: Readonly<Record<Device, string>> = {
  webgpu: "GPU (WebGPU)",
  cuda: "GPU (CUDA)",
  dml: "GPU (DirectML)",
  coreml: "Core ML",
  cpu: "CPU",
};
