/** A server as a load names it. */

import type { RemoteTarget } from "../../src/model/ask/models";

export const REMOTE_TARGET: RemoteTarget = {
  token: "secret",
  endpoint: {
    ...{ name: "gpu", url: "https://gpu.example", model: "blip2", dialect: "vllm" },
    ...{ family: "opt", imageSize: 224, maxParallel: 4, timeoutSeconds: 120 },
    tokens: { eos_token_id: 50118, pad_token_id: 1, bos_token_id: 2 },
  },
};
