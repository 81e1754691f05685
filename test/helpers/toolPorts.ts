/** Ports of tools: a model that says what a test wants, pictures that are names, and a clock. */

import { AppError } from "../../src/base/errors";
import type { GenerateRequest, GenerateResult, ScoreResult } from "../../src/model/ask/request";
import type { ToolPorts, ToolRun } from "../../src/tools/callTool";
import type { ModelRun, ToolModel, ToolProgress } from "../../src/tools/tool";
import { FakeClock } from "./fakeClock";

export interface FakeModel extends Partial<ToolModel> {
  /** What it says to a request. */
  readonly says?: (request: GenerateRequest, run: Pick<ModelRun, "signal">) => Promise<string>;
}

/** Ports whose pictures are there unless their name says "missing" or "outside". */
export function fakePorts(
  given: FakeModel = {},
  more: Partial<Pick<ToolPorts, "documents" | "search">> = {},
): ToolPorts & { readonly clock: FakeClock } {
  const {
    says = ({ imageName }: GenerateRequest) => Promise.resolve(`text of ${imageName ?? ""}`),
    ...rest
  } = given;
  const model: ToolModel = {
    name: "fake",
    world: "everyday",
    open: () => Promise.resolve(),
    generate: async (request, run) => resultOf(await says(request, run)),
    score: ({ texts }) => Promise.resolve(scoresOf(texts)),
    ...rest,
  };
  return {
    clock: new FakeClock(),
    models: { modelFor: () => Promise.resolve(model) },
    pictures: {
      read: (path) => {
        if (path.includes("missing")) {
          return Promise.reject(new AppError("image.missing", `There is no file at ${path}.`));
        }
        if (path.includes("outside")) {
          return Promise.reject(new AppError("path.outside", `${path} is outside.`));
        }
        return Promise.resolve({ path: `/root/${path}`, bytes: new TextEncoder().encode(path) });
      },
    },
    documents: { find: () => Promise.resolve([]) },
    search: {
      folders: () => Promise.resolve(["/root"]),
      lookAt: () => Promise.resolve(),
      find: () => Promise.resolve({ model: "fake", matches: [] }),
    },
    ...more,
  };
}

/** A run of a call that collects what it is told. */
export function fakeRun(): ToolRun & {
  readonly told: ToolProgress[];
  readonly controller: AbortController;
} {
  const told: ToolProgress[] = [];
  const controller = new AbortController();
  return {
    told,
    controller,
    signal: controller.signal,
    onProgress: (progress) => void told.push(progress),
  };
}

/** A promise that rejects as a call does when its signal fires. */
export function untilAborted({ signal }: Pick<ModelRun, "signal">): Promise<never> {
  return new Promise((_, reject) => {
    const leave = (): void => {
      reject(new AppError("request.cancelled", "The request was cancelled."));
    };
    signal.addEventListener("abort", leave);
    if (signal.aborted) leave();
  });
}

function resultOf(text: string): GenerateResult {
  return {
    sequences: [{ text, tokenIds: [1, 2], finishReason: "eos" }],
    tokens: 2,
    timings: { preprocess: 0, vision: 0, qformer: 0, prefill: 0, decode: 0, total: 0 },
    cached: { imageFeatures: "computed", prefixTokens: 0 },
    droppedTurns: 0,
  };
}

function scoresOf(texts: readonly string[]): ScoreResult {
  const scores = texts.map((text, index) => ({ text, itm: index / 10, itc: 0.5 }));
  const timings = { preprocess: 0, vision: 0, qformer: 0, prefill: 0, decode: 0, total: 0 };
  return { scores, timings, cached: { imageFeatures: "computed" } };
}

/** Lets everything that waits for nothing outside of this process come to rest. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}
