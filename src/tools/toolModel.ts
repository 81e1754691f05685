/** What the tools share about the model that they ask. */

import { abortable } from "../base/abortable";
import { AppError } from "../base/errors";
import { cannotText } from "../model/ask/capabilities";
import { LIMITS, type World, worldOf } from "../model/folder/world";
import type { Doubt, ScoreRequest, ScoreResult } from "../model/ask/request";
import type { ToolContext, ToolEngine, ToolModel } from "./tool";

/** What is said of a picture whose answer may mean nothing. */
const DOUBT_WARNINGS: Readonly<Record<Doubt, string>> = {
  oneColor: "The picture shows one colour only. Do not rely on this answer.",
  outsideWorld: "The picture is outside what the model knows. Do not rely on this answer.",
};

/**
 * A model over whoever keeps the engine.
 * @param options `use` is called before the engine is asked. What is loaded by the call itself is not opened before.
 */
export function engineModel(
  engine: ToolEngine,
  {
    name,
    use = () => undefined,
    isLoadedByCall = false,
  }: { readonly name: string; readonly use?: () => void; readonly isLoadedByCall?: boolean },
): ToolModel {
  return {
    name,
    get world() {
      return worldOf({ model: name, world: engine.status.world });
    },
    open: async ({ signal, onLoad }) => {
      if (isLoadedByCall) return;
      use();
      // Without the signal: who gave up waiting asks again, and then it is loaded.
      const loaded = engine.warmUp({
        onProgress: ({ doneBytes, totalBytes }) => {
          if (totalBytes > 0) onLoad?.(doneBytes / totalBytes);
        },
      });
      loaded.catch(() => undefined);
      await abortable(loaded, signal);
    },
    generate: (request, { signal }) => {
      use();
      return abortable(engine.generate(request, { signal }), signal);
    },
    score: (request, { signal }) => {
      use();
      return abortable(engine.score(request, { signal }), signal);
    },
  };
}

/** Whoever compares beside the model that answers, and says by which model. */
export interface ToolComparer {
  score(
    request: ScoreRequest,
    run: { readonly signal: AbortSignal },
  ): Promise<{ readonly model: string; readonly result: ScoreResult }>;
}

/**
 * The model that finds pictures, which the first comparison loads.
 * @param expected its name, until it has compared.
 */
export function comparingToolModel(search: ToolComparer, expected: string): ToolModel {
  let name = expected;
  return {
    get name() {
      return name;
    },
    get world() {
      return worldOf({ model: name });
    },
    open: () => Promise.resolve(),
    generate: () =>
      Promise.reject(new AppError("model.unsupported", cannotText(name, "describes"))),
    score: async (request, { signal }) => {
      const { model, result } = await abortable(search.score(request, { signal }), signal);
      name = model;
      return result;
    },
  };
}

/** Why what a model said may mean nothing; empty where nothing is known against it. */
export function warningsOf(model: ToolModel, doubts: readonly Doubt[] = []): readonly string[] {
  return [...worldWarnings(model.world), ...doubtWarnings(doubts)];
}

/** Those about a model that knows no photographs. */
export function worldWarnings(world: World): readonly string[] {
  return world === "everyday" ? [] : [LIMITS[world]];
}

/** Those about the picture alone. */
export function doubtWarnings(doubts: readonly Doubt[]): readonly string[] {
  return doubts.map((doubt) => DOUBT_WARNINGS[doubt]);
}

/** The field `warnings`, where there is something to say. */
export function warned(warnings: readonly string[]): { warnings?: string[] } {
  const different = [...new Set(warnings)];
  return different.length === 0 ? {} : { warnings: different };
}

/**
 * Loads a model and tells how far that is.
 * @param total of the call's progress; loading counts as its begin.
 * @throws AppError as `ToolModel.open`; `request.cancelled` when the signal fires first.
 */
export async function openModel(
  model: ToolModel,
  { onProgress }: Pick<ToolContext, "onProgress">,
  { signal, total }: { readonly signal: AbortSignal; readonly total: number },
): Promise<void> {
  const tell = (percent: string): void => {
    onProgress({ done: 0, total, message: `Loading the model ${model.name}${percent}` });
  };
  tell("");
  const loaded = model.open({
    signal,
    onLoad: (fraction) => {
      tell(`, ${Math.round(fraction * 100)} %`);
    },
  });
  await abortable(loaded, signal);
}

/** The time was over before the call had anything to give. */
export function notInTime(what: string): AppError {
  return new AppError(
    "engine.timeout",
    `${what} took too long. It goes on in the background, so call again with the same input.`,
  );
}
