/** What people call the devices; proper names, so they are the same in every language. */

import type { DeviceName } from "../base/device";

export const DEVICE_NAMES: Readonly<Record<DeviceName, string>> = {
  webgpu: "GPU (WebGPU)",
  cuda: "GPU (CUDA)",
  dml: "GPU (DirectML)",
  coreml: "Core ML",
  cpu: "CPU",
};
